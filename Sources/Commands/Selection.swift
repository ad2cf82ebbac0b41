import Daemon
import Digests
import Documents
import Domain
import Ledger
import Settings

extension Option {
    /// What jobs can be found by; every verb that takes one of these takes them all.
    static func filters(limit: String = "the newest N of them") -> [Option] {
        [
            Option(
                "--state", "STATE", JobState.allCases.map(\.rawValue).joined(separator: ", "), repeats: true,
                choices: JobState.allCases.map(\.rawValue)),
            Option("--subject", "SUBJECT", "jobs of this subject"),
            Option(
                "--reason", "CODE", "jobs that failed, wait, or lack an output for this reason", repeats: true,
                choices: ReasonCode.allCases.map(\.rawValue)),
            Option("--batch", "NAME", "jobs of all batches of this name, or of the one batch NAME-XXXXXXXX"),
            Option("--route", "ROUTE", "jobs of this route"),
            Option("--since", "WHEN", "accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339"),
            Option("--until", "WHEN", "accepted before; a day counts to its end"), Option("--limit", "N", limit),
        ]
    }

    static let yes = Option("--yes", nil, "with filters: do it without asking")
}

/// The jobs that a command line means: those it names, or those its filters find.
struct Selection {
    private static let names = Option.filters().map(\.name)
    /// More jobs than a ledger holds.
    static let all = 100_000_000

    let invocation: Invocation
    /// Whether jobs are found by what they have in common.
    let isFilter: Bool

    /// Refuses names beside filters.
    init(_ invocation: Invocation) throws(CommandError) {
        self.invocation = invocation
        isFilter = Self.names.contains(where: invocation.has)
        if isFilter, !invocation.words.isEmpty {
            throw CommandError(
                .usage, "\(invocation.verb.name) takes names or filters, not both", hint: Self.help(invocation))
        }
    }

    /// Refuses a command line that means no job at all, or whose filters say something wrong.
    @discardableResult
    static func check(_ invocation: Invocation) throws(CommandError) -> Selection {
        let selection = try Selection(invocation)
        _ = try selection.filter()
        guard !selection.isFilter, invocation.words.isEmpty else { return selection }
        throw CommandError(
            .usage, "\(invocation.verb.name) needs a job, or a filter such as --batch NAME", hint: help(invocation))
    }

    private static func help(_ invocation: Invocation) -> String { "darkroom \(invocation.verb.name) --help" }

    var batch: String? { invocation.value("--batch").map { JobName.isValidID($0) ? $0 : JobName.label(from: $0) } }

    /// Whether a batch is all that it asks for.
    var isWholeBatch: Bool {
        batch != nil && Self.names.allSatisfy { $0 == "--batch" || !invocation.has($0) }
    }

    /// What the filters say, read before anything is opened.
    ///
    /// - Parameter limit: how many jobs are meant where the command line does not say.
    func filter(limit: Int = Selection.all) throws(CommandError) -> JobFilter {
        var filter = JobFilter()
        for name in invocation.all("--state") {
            guard let state = JobState(rawValue: name) else {
                throw CommandError(
                    .usage, "there is no state \"\(JSONParser.shown(name))\"",
                    hint: "one of " + JobState.allCases.map(\.rawValue).joined(separator: ", "))
            }
            filter.states.append(state)
        }
        for code in invocation.all("--reason") {
            guard let reason = ReasonCode(rawValue: code) else {
                let nearest = NearestName.of(code, among: ReasonCode.allCases.map(\.rawValue))
                throw CommandError(.usage, "there is no such reason", hint: nearest.map { "did you mean \($0)?" })
            }
            filter.reasons.append(reason)
        }
        filter.batch = batch
        filter.route = invocation.value("--route")
        filter.limit = try PictureFiles.number(invocation, "--limit", 1...1_000_000, default: limit)
        // Read twice, so that a wrong one is said before a ledger is asked for the time.
        _ = try times(now: SystemClock().wall())
        return filter
    }

    /// The same filter with what only the ledger knows: its time, and who is meant by a subject.
    func completed(_ filter: JobFilter, _ ledger: any JobLedger) async throws(CommandError) -> JobFilter {
        var filter = filter
        let now = try await JobListing.read { () throws(LedgerError) in try await ledger.now() }
        (filter.since, filter.until) = try times(now: now)
        guard let subject = invocation.value("--subject") else { return filter }
        filter.subjectRef = try await JobListing.read { () throws(LedgerError) in
            let key = try await ledger.installationSecret(SubjectRecord.secret) { randomBytes(32) }
            return SubjectRecord.reference(to: subject, key: key)
        }
        return filter
    }

    // MARK: times

    private func times(now: Timestamp) throws(CommandError) -> (since: Timestamp?, until: Timestamp?) {
        let since = try time("--since", now: now, day: .zero)
        let until = try time("--until", now: now, day: .hours(24))
        if let since, let until, since >= until {
            throw CommandError(.usage, "--since does not lie before --until: no job can fit both")
        }
        return (since, until)
    }

    /// - Parameter day: what is added to the midnight at which a day begins.
    private func time(_ option: String, now: Timestamp, day: Span) throws(CommandError) -> Timestamp? {
        guard let text = invocation.value(option) else { return nil }
        if let midnight = Timestamp(day: text) { return midnight.after(day) }
        if let span = Span(text) { return now.after(Span(milliseconds: -span.milliseconds)) }
        if let moment = Timestamp(rfc3339: text) { return moment }
        throw CommandError(
            .usage, "\(option) takes no \"\(JSONParser.shown(text))\"",
            hint: "2h (that long ago), 2026-11-21 (a UTC day), or 2026-11-21T08:16:00Z")
    }
}
