import Documents
package import Domain

/// One paid request as the book of calls names it: enough to know that it may have been made when the ledger no longer does.
///
/// Ids, money and times only: no prompt, no name of a file.
package struct CallEntry: Sendable, Hashable {
    /// As it was when it was written down: on its way, its cost estimated.
    package let effect: EffectRecord
    /// The token of the claim that its job came from.
    package let token: String
    /// The batch that its job is a line of.
    package let batch: BatchID?
    /// How it ended, where the book tells.
    package var end: CallEnd?

    package init(_ effect: EffectRecord, token: String, batch: BatchID? = nil) {
        self.effect = effect
        self.token = token
        self.batch = batch
    }

    var line: [UInt8] {
        let document = JSONValue.fields([
            "call": .string(effect.id), "job": .string(effect.job), "token": .string(token),
            "batch": .text(batch?.description), "output": .integer(effect.output), "route": .string(effect.route),
            "for": .text(effect.fallbackFrom),
            "provider": .string(effect.provider), "model": .string(effect.model), "cost": .integer(effect.cost),
            "at": .integer(effect.sentAt.milliseconds), "day": .string(effect.day),
            "subject": .text(effect.subjectRef), "answer": .text(effect.answerBlob),
        ])
        return Array((document.compact + "\n").utf8)
    }

    /// Nil for what is no entry: a heading, or a line that a power cut tore.
    init?(line document: JSONValue) {
        guard let id = document["call"]?.string,
            let job = document["job"]?.string, let token = document["token"]?.string,
            let output = document["output"]?.int, let at = document["at"]?.int, let cost = document["cost"]?.int,
            (1...JobSpec.mostOutputs).contains(output), cost >= 0
        else { return nil }
        var effect = EffectRecord(
            id: id, job: job, output: output, route: document["route"]?.string ?? "",
            provider: document["provider"]?.string ?? "", model: document["model"]?.string ?? "", cost: Int64(cost),
            sentAt: Timestamp(milliseconds: Int64(at)))
        effect.day = document["day"]?.string ?? ""
        effect.subjectRef = document["subject"]?.string
        effect.answerBlob = document["answer"]?.string
        effect.fallbackFrom = document["for"]?.string
        self.init(effect, token: token, batch: document["batch"]?.string.flatMap { BatchID($0) })
    }
}

/// How a paid request ended, as the book of calls tells.
package struct CallEnd: Sendable, Hashable {
    package let call: String
    package let callClass: String
    package let billed: Billed
    package let cost: Int64
    package let costSource: String
    package let httpStatus: Int?

    /// Nil for one whose end is not written down yet.
    init?(_ effect: EffectRecord) {
        guard effect.state != .intent, let callClass = effect.callClass else { return nil }
        call = effect.id
        self.callClass = callClass
        billed = effect.billed
        cost = effect.cost
        costSource = effect.costSource
        httpStatus = effect.httpStatus
    }

    var line: [UInt8] {
        let document = JSONValue.fields([
            "end": .string(call), "class": .string(callClass), "billed": .string(billed.rawValue),
            "cost": .integer(cost), "source": .string(costSource), "status": httpStatus.map { .integer($0) },
        ])
        return Array((document.compact + "\n").utf8)
    }

    init?(line document: JSONValue) {
        guard let call = document["end"]?.string, let callClass = document["class"]?.string,
            let billed = document["billed"]?.string.flatMap(Billed.init(rawValue:)),
            let cost = document["cost"]?.int, cost >= 0
        else { return nil }
        self.call = call
        self.callClass = callClass
        self.billed = billed
        self.cost = Int64(cost)
        costSource = document["source"]?.string ?? "estimate"
        httpStatus = document["status"]?.int
    }
}
