import Documents
import Domain
import Ledger
import Outcomes
import Spool
import StatusPage

/// Everything the ledger knows of one job.
struct JobStory {
    let job: JobRecord
    let outputs: [OutputRecord]
    let effects: [EffectRecord]
    let events: [(at: Timestamp, event: LedgerEvent)]
    let now: Timestamp
    var shown: [GalleryPicture] = []
    var deliveries: [Delivery] = []

    var document: JSONValue {
        let outcome: Outcome = job.state == .failed ? .failed : job.state == .held ? .held : .done
        let status = StatusDocument(
            job: job, outcome: outcome, reason: job.reason, outputs: outputs, effects: effects,
            settledAt: job.settledAt ?? now, inputsDeleteBy: job.inputsDeleteBy,
            shown: shown
        ).document
        let kept = ["visibility", "protect", "attempts", "cost", "inputs", "outputs"]
        let fields = JSONValue.fields([
            "schema": "darkroom.job-story/1"
        ])
        let facts = JobList.entry(job).members ?? []
        let parts = (status.members ?? []).filter { kept.contains($0.key) }
        let story = JSONValue.Member(
            key: "events",
            value: .array(
                events.map { at, event in
                    .object(
                        [
                            .init(key: "at", value: .string(at.description)),
                            .init(key: "event", value: .string(event.name)),
                        ] + event.facts.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) })
                }))
        let taken = JSONValue.Member(key: "deliveries", value: .array(deliveries.map(Self.delivery)))
        return .object((fields.members ?? []) + facts.filter { $0.key != "outputs" } + parts + [taken, story])
    }

    private static func delivery(_ delivery: Delivery) -> JSONValue {
        .fields([
            "output": .integer(delivery.index), "at": .string(delivery.at.description),
            "bytes": delivery.bytes.map { .integer($0) },
        ])
    }

    func text(_ spool: SpoolFolders) -> String {
        var rows = [["job", job.id], ["state", job.state.rawValue]]
        if let batch = job.batch { rows.append(["batch", batch.description]) }
        if let asked = job.requestedID { rows.append(["asked for id", asked]) }
        if let reason = job.reason {
            rows.append(["reason", "\(reason.code.rawValue): \(reason.message)"])
            if let field = reason.field { rows.append(["field", field]) }
            if let limit = reason.limit { rows.append(["limit", limit]) }
            if let value = reason.value { rows.append(["value", value]) }
            rows.append(["what to do", reason.hint ?? reason.code.remedy])
        }
        if let reason = job.waitReason {
            rows.append(["waits for", "\(reason.code.rawValue), until \(job.runAfter)"])
            rows.append(["why", reason.message])
            rows.append(["what to do", reason.hint ?? reason.code.remedy])
        }
        rows.append(["accepted", job.acceptedAt.description])
        if let settled = job.settledAt { rows.append(["settled", settled.description]) }
        rows.append(["route", job.route.isEmpty ? "-" : job.route + (job.simulated ? " (simulated)" : "")])
        rows.append(["references", "\(job.referenceCount), \(job.inputBytes) bytes"])
        if !job.removed.isEmpty { rows.append(["removed", job.removed.joined(separator: ", ")]) }
        rows.append([
            "inputs", job.inputsDeletedAt.map { "deleted \($0)" } ?? "deleted by \(job.inputsDeleteBy)",
        ])
        rows.append(["cost", "$" + Money.text(StatusDocument.cost(effects))])
        for output in outputs where !(job.state.isSettled && output.state == .pending) {
            rows.append(["output \(output.index)", Self.line(output, job, spool)])
            if let end = output.expiresAt, output.deletedAt == nil, job.state == .done {
                rows.append(["", "ends \(end)" + (output.rule.map { " (\($0.rawValue))" } ?? "")])
            }
            if let delivery = deliveries.last(where: { $0.index == output.index }) {
                rows.append(["", "taken away \(delivery.at)" + (delivery.bytes.map { ", \($0) bytes" } ?? "")])
            }
            guard let picture = shown.first(where: { $0.index == output.index }) else { continue }
            let word = picture.isListed ? "public" : "unlisted"
            rows.append(["", "\(spool.gallery)/\(picture.name), \(picture.size), \(word)"])
        }
        var text = Console.table(rows) + "\n"
        text += Console.table(
            events.map { at, event in
                let facts = event.facts.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
                    "\($0.key)=\($0.value)"
                }
                return [String(at.description.dropFirst(11).dropLast(1)), event.name, facts.joined(separator: " ")]
            })
        return text
    }

    private static func line(_ output: OutputRecord, _ job: JobRecord, _ spool: SpoolFolders) -> String {
        guard output.state == .made, let file = output.file, let size = output.size else {
            return output.state.rawValue + (output.reason.map { ", \($0.code.rawValue)" } ?? "")
        }
        guard job.state == .done, output.deletedAt == nil else { return "\(file), \(size)" }
        return "\(spool.outcome(.done, of: job.id))/\(file), \(size)"
    }
}
