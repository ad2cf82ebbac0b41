import Documents
package import Domain
package import Ledger

/// What is asked for a subject, checked: the same from the command line and from a request file.
package struct RightsOrder: Sendable, Hashable {
    package enum Verb: String, Sendable, CaseIterable {
        case export, erase, restrict, unrestrict, amend, object, hold, suspend, resume, show
    }

    /// Why a subject is erased.
    package enum Cause: String, Sendable, CaseIterable {
        case request, minor, consent, account, legal, error
    }

    /// One field of the sealed record that is put right.
    package struct Amendment: Sendable, Hashable {
        package let key: String
        /// Empty takes the field out.
        package let value: String
    }

    package struct HoldTerms: Sendable, Hashable {
        package let reason: String
        package let lasts: Span
        package let job: String?
    }

    package let verb: Verb
    package let subject: String
    package private(set) var cause = Cause.request
    package private(set) var purpose: Purpose?
    package private(set) var isWithdrawn = false
    package private(set) var hold: HoldTerms?
    package private(set) var endsHold: String?
    package private(set) var amendments: [Amendment] = []

    /// What stands beside verb and subject, as it was written.
    package struct Fields: Sendable {
        package var reason: String?
        package var expires: String?
        package var job: String?
        package var end: String?
        package var purpose: String?
        package var withdraw = false
        /// `KEY=VALUE`.
        package var set: [String] = []

        package init() {}

        /// Those that are there, by name.
        fileprivate var names: [String] {
            [
                reason.map { _ in "reason" }, expires.map { _ in "expires" }, job.map { _ in "job" },
                end.map { _ in "end" }, purpose.map { _ in "purpose" }, withdraw ? "withdraw" : nil,
                set.isEmpty ? nil : "set",
            ].compactMap { $0 }
        }
    }

    private static let known: [Verb: Set<String>] = [
        .erase: ["reason"], .object: ["purpose", "withdraw"], .hold: ["reason", "expires", "job", "end"],
        .amend: ["set"],
    ]

    /// - Parameter wall: the wall clock, for a hold that ends on a day.
    package init(
        _ verb: String, subject: String, _ fields: Fields = Fields(), wall: Timestamp
    ) throws(RightsError) {
        guard let verb = Verb(rawValue: verb) else {
            let known = Verb.allCases.map(\.rawValue)
            throw .order(
                field: "verb", message: "is one of \(known.joined(separator: ", "))",
                hint: NearestName.of(verb, among: known).map { "did you mean \($0)?" })
        }
        guard JobName.isValidSubject(subject) else {
            throw .order(field: "subject", message: "is [A-Za-z0-9._:@-]{1,128}", hint: nil)
        }
        self.verb = verb
        self.subject = subject
        for name in fields.names where Self.known[verb]?.contains(name) != true {
            throw .order(field: name, message: "does not belong to \(verb.rawValue)", hint: nil)
        }
        switch verb {
        case .erase: try readErase(fields)
        case .object: try readObject(fields)
        case .hold: try readHold(fields, wall)
        case .amend: amendments = try Self.amendments(fields.set)
        default: break
        }
    }

    private mutating func readErase(_ fields: Fields) throws(RightsError) {
        guard let reason = fields.reason else { return }
        guard let cause = Cause(rawValue: reason) else {
            let known = Cause.allCases.map(\.rawValue)
            throw .order(
                field: "reason", message: "is one of \(known.joined(separator: ", "))",
                hint: NearestName.of(reason, among: known).map { "did you mean \($0)?" })
        }
        self.cause = cause
    }

    private mutating func readObject(_ fields: Fields) throws(RightsError) {
        let known = Purpose.allCases.map(\.rawValue)
        guard let purpose = fields.purpose.flatMap(Purpose.init(rawValue:)) else {
            throw .order(
                field: "purpose", message: "is one of \(known.joined(separator: ", "))",
                hint: fields.purpose.flatMap { NearestName.of($0, among: known) }.map { "did you mean \($0)?" })
        }
        self.purpose = purpose
        isWithdrawn = fields.withdraw
    }

    private mutating func readHold(_ fields: Fields, _ wall: Timestamp) throws(RightsError) {
        if let end = fields.end {
            guard fields.names == ["end"] else {
                throw .order(field: "end", message: "stands alone", hint: "a hold is begun or ended")
            }
            guard JobName.isValidID(end) else {
                throw .order(field: "end", message: "takes the id of a hold", hint: "subject show lists them")
            }
            endsHold = end
            return
        }
        guard let reason = fields.reason, Self.isLabel(reason) else {
            throw .order(
                field: "reason", message: "is a short public label, [A-Za-z0-9._-]{1,64}",
                hint: "a file number, for instance, and never a name")
        }
        guard let expires = fields.expires else {
            throw .order(
                field: "expires", message: "is missing", hint: "a hold needs an end, such as 180d or 2027-06-30")
        }
        guard let lasts = Self.span(expires, wall), lasts > .zero else {
            throw .order(
                field: "expires",
                message: "is a duration such as 180d, or a day such as 2027-06-30, at most ten years ahead",
                hint: nil)
        }
        if let job = fields.job, !JobName.isValidID(job) {
            throw .order(field: "job", message: "is no id of a job", hint: nil)
        }
        hold = HoldTerms(reason: reason, lasts: lasts, job: fields.job)
    }

    private static func isLabel(_ text: String) -> Bool { JobName.isValidID(text) && text.utf8.count <= 64 }

    private static let longest = Span.hours(3653 * 24)

    /// How long until then; deadlines hang on the age clock, so that the way there is what counts.
    private static func span(_ text: String, _ wall: Timestamp) -> Span? {
        let span: Span?
        if let day = Timestamp(day: text) {
            // The day belongs to it.
            span = day.after(.hours(24)).since(wall)
        } else {
            span = Span(text) ?? Timestamp(text)?.since(wall)
        }
        return span.flatMap { $0 <= longest ? $0 : nil }
    }

    // MARK: amendments

    private static let longestValue = 1000
    private static let mostAmendments = 64

    private static func amendments(_ texts: [String]) throws(RightsError) -> [Amendment] {
        guard !texts.isEmpty else {
            throw .order(
                field: "set", message: "is missing", hint: "KEY=VALUE: label, contact or preferences.NAME")
        }
        guard texts.count <= mostAmendments else {
            throw .order(field: "set", message: "stands more than \(mostAmendments) times", hint: nil)
        }
        var found: [Amendment] = []
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, SubjectCard.isKey(parts[0]) else {
                throw .order(
                    field: "set", message: "takes KEY=VALUE, where KEY is label, contact or preferences.NAME",
                    hint: "NAME is [a-z0-9_]{1,64}; nothing after the = takes the field out")
            }
            guard parts[1].unicodeScalars.count <= longestValue else {
                throw .order(field: parts[0], message: "has more than \(longestValue) characters", hint: nil)
            }
            guard !found.contains(where: { $0.key == parts[0] }) else {
                throw .order(field: parts[0], message: "stands twice", hint: nil)
            }
            found.append(Amendment(key: parts[0], value: parts[1]))
        }
        return found
    }
}
