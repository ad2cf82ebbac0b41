import Disk
package import Documents
package import Domain
package import Ledger

/// An outcome folder's `status.json`, read back: what a ledger that was lost, or came from a backup, no longer knows.
package struct FoundOutcome: Sendable {
    package let job: String
    package let outcome: Outcome
    package let batch: BatchID?
    package let requestedID: String?
    package let duplicateOf: String?
    package let accepted: Timestamp
    package let settled: Timestamp?
    package let inputsDeleteBy: Timestamp
    package let isSimulated: Bool
    package let reason: Reason?
    package let removed: [String]
    package let referenceCount: Int
    package let inputBytes: Int64
    package let outputs: [OutputRecord]
    package let attempts: [Attempt]

    /// One paid request.
    package struct Attempt: Sendable {
        package let output: Int
        package let route: String
        package let fallbackFrom: String?
        package let requestID: String?
        package let callClass: String
        package let billed: Billed
        package let cost: Int64
        package let costSource: String
    }

    /// A status is a few kilobytes: ten outputs, and at most some tries of each.
    private static let longest = 4 << 20

    /// Nil where the folder holds no whole status of a job of that name.
    package static func read(_ folder: String) -> FoundOutcome? {
        guard let bytes = (try? Files.read(folder + "/status.json", limit: longest)) ?? nil,
            let document = try? JSONParser.parse(bytes)
        else { return nil }
        return FoundOutcome(document, job: Files.name(of: folder))
    }

    package init?(_ document: JSONValue, job: String) {
        guard document["schema"]?.string == StatusDocument.schema, document["job"]?.string == job,
            let outcome = document["outcome"]?.string.flatMap(Outcome.init(rawValue:)),
            let accepted = document["times"]?["accepted"]?.string.flatMap({ Timestamp($0) }),
            let deleteBy = document["inputs"]?["delete_by"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.job = job
        self.outcome = outcome
        self.accepted = accepted
        inputsDeleteBy = deleteBy
        batch = document["batch"]?.string.flatMap { BatchID($0) }
        requestedID = document["requested_id"]?.string
        duplicateOf = document["duplicate_of"]?.string
        settled = document["times"]?["settled"]?.string.flatMap { Timestamp($0) }
        isSimulated = document["simulated"]?.bool ?? false
        reason = document["reason"].flatMap { Reason(json: $0) }
        removed = (document["inputs"]?["removed"]?.array ?? []).compactMap(\.string)
        referenceCount = max(0, document["inputs"]?["count"]?.int ?? 0)
        inputBytes = Int64(max(0, document["inputs"]?["bytes"]?.int ?? 0))
        let made = (document["outputs"]?.array ?? []).compactMap { Self.output($0, of: job) }
        let missing = (document["missing"]?.array ?? []).compactMap { Self.missing($0, of: job) }
        outputs = made + missing
        attempts = (document["attempts"]?.array ?? []).compactMap(Self.attempt)
    }

    private static func output(_ fields: JSONValue, of job: String) -> OutputRecord? {
        guard let name = fields["name"]?.string, let index = index(of: name, job) else { return nil }
        var output = OutputRecord(job: job, index: index)
        output.state = .made
        output.billed = .yes
        output.file = name
        if let width = fields["width"]?.int, let height = fields["height"]?.int {
            output.size = PixelSize(width: width, height: height)
        }
        output.format = fields["format"]?.string
        output.bytes = fields["bytes"]?.int.map { Int64($0) }
        output.sha256 = fields["sha256"]?.string
        output.expiresAt = fields["expires_at"]?.string.flatMap { Timestamp($0) }
        return output
    }

    /// `JOB-1.png` is the first output.
    private static func index(of name: String, _ job: String) -> Int? {
        // A duplicate's outputs bear the name of the job that made them.
        guard let dash = name.lastIndex(of: "-") else { return nil }
        let digits = name[name.index(after: dash)...].prefix { $0 != "." }
        return Int(digits).flatMap { (1...JobSpec.mostOutputs).contains($0) ? $0 : nil }
    }

    private static func missing(_ fields: JSONValue, of job: String) -> OutputRecord? {
        guard let index = fields["index"]?.int, (1...JobSpec.mostOutputs).contains(index),
            let code = fields["code"]?.string.flatMap(ReasonCode.init(rawValue:))
        else { return nil }
        var output = OutputRecord(job: job, index: index)
        output.state = code == .outcomeUnknown ? .unknown : .failed
        output.billed = fields["billed"]?.string.flatMap(Billed.init(rawValue:)) ?? .possible
        output.reason = Reason(code, "this output was not made")
        return output
    }

    private static func attempt(_ fields: JSONValue) -> Attempt? {
        guard let output = fields["output"]?.int, (1...JobSpec.mostOutputs).contains(output),
            let route = fields["route"]?.string
        else { return nil }
        return Attempt(
            output: output, route: route, fallbackFrom: fields["fallback_from"]?.string,
            requestID: fields["request_id"]?.string, callClass: fields["class"]?.string ?? "",
            billed: fields["billed"]?.string.flatMap(Billed.init(rawValue:)) ?? .possible,
            cost: Int64(max(0, fields["cost"]?["micro_usd"]?.int ?? 0)),
            costSource: fields["cost"]?["source"]?.string ?? "estimate")
    }
}

// MARK: as the ledger keeps it

extension FoundOutcome {
    /// How many outputs were asked for, as far as the folder tells.
    package var count: Int {
        max(1, (outputs.map(\.index) + attempts.map(\.output)).max() ?? 1)
    }

    /// The job's end, with its paid requests: those in `known` first, in the order in which they left, as the folder lists them.
    ///
    /// - Parameters:
    ///   - known: of the same job, from the ledger and from the book of calls.
    ///   - now: by the age clock; nothing settled later than that.
    package func end(knowing known: [EffectRecord], now: Timestamp) -> FoundEnd {
        let moment = min(settled ?? accepted, now)
        var left = known.sorted { ($0.sentAt, $0.id) < ($1.sentAt, $1.id) }
        var effects: [EffectRecord] = []
        for (number, attempt) in attempts.enumerated() {
            var effect: EffectRecord
            if let index = left.firstIndex(where: { $0.output == attempt.output && $0.route == attempt.route }) {
                effect = left.remove(at: index)
            } else {
                effect = EffectRecord(
                    id: "found-\(job)-\(number + 1)", job: job, output: attempt.output, route: attempt.route,
                    provider: "", model: "", cost: attempt.cost, sentAt: moment)
                effect.day = String(moment.description.prefix(10))
            }
            attempt.close(&effect, at: moment)
            effects.append(effect)
        }
        // A call that the folder does not know was made after it: nobody knows how that ended.
        for var effect in left where effect.state == .intent {
            effect.state = .unknown
            effect.answerBlob = nil
            effects.append(effect)
        }
        return FoundEnd(
            outcome: outcome, reason: reason, isSimulated: isSimulated, settledAt: outcome == .held ? nil : moment,
            inputsDeleteBy: min(inputsDeleteBy, accepted.after(.hours(24)), now.after(.hours(24))),
            outputs: outcome == .done ? outputs : ended(outputs), effects: effects)
    }

    /// Of a job without any output that was made: each ended as its last request did.
    private func ended(_ outputs: [OutputRecord]) -> [OutputRecord] {
        (1...count).map { index in
            var output = outputs.first { $0.index == index } ?? OutputRecord(job: job, index: index)
            let last = attempts.last { $0.output == index }
            output.state = last?.callClass == ReasonCode.outcomeUnknown.rawValue ? .unknown : .failed
            output.billed = last?.billed ?? .no
            output.reason = reason
            return output
        }
    }
}

extension FoundOutcome.Attempt {
    fileprivate func close(_ effect: inout EffectRecord, at moment: Timestamp) {
        effect.state =
            switch callClass {
            case "success": .answered
            case ReasonCode.outcomeUnknown.rawValue: .unknown
            default: .failed
            }
        effect.callClass = callClass
        (effect.billed, effect.cost, effect.costSource) = (billed, cost, costSource)
        effect.requestID = requestID
        effect.fallbackFrom = fallbackFrom
        effect.endedAt = moment
        effect.answerBlob = nil
    }
}
