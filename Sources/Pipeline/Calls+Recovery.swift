import Domain
import Journal
import Ledger
import Providers
import Settings
import Transport
import Vault

/// What an earlier run left in a call.
extension Calls {
    /// Outputs that were in a call when the daemon died: a durable answer is read, anything else is unknown.
    ///
    /// No request is made here that could cost. Gives the wait for a picture whose address cannot be reached yet.
    func recover() async throws -> End? {
        var wait: End?
        guard let adapter = shop.routes.adapter(of: route.name) else {
            throw StepEnd.refused(Reason(.internalFault, "the route has no adapter"))
        }
        let effects = try await shop.ledger.effects(of: job.id)
        for output in try await shop.ledger.outputs(of: job.id)
        where output.state == .calling && output.route(of: job) == route.name {
            guard let effect = effects.last(where: { $0.output == output.index }) else { continue }
            if effect.state == .answered, effect.callClass == nil, wasBeingReadAtCrash(effect) {
                try await setAside(effect, output)
            } else if effect.state == .answered, let status = effect.httpStatus {
                let end = try await judge(
                    AnswerHead(status: status, headers: [:], bodyBytes: 0), effect, output, adapter)
                if case .wait = end, try await isStillCalling(output) { wait = end }
            } else if let found = try await lateAnswer(effect, adapter) {
                let end = try await judge(AnswerHead(status: 200, headers: [:], bodyBytes: 0), found, output, adapter)
                if case .wait = end, try await isStillCalling(output) { wait = end }
            } else {
                var verdict = Verdict(.outcomeUnknown)
                verdict.requestID = effect.requestID
                _ = try await ended(verdict, effect, output, fault: "restart", changes: [])
            }
        }
        return wait
    }

    /// Whether the output's call has no end yet: what waits for its picture stays in the call, what is called again does not.
    private func isStillCalling(_ output: OutputRecord) async throws -> Bool {
        try await shop.ledger.outputs(of: job.id).contains { $0.index == output.index && $0.state == .calling }
    }

    private func wasBeingReadAtCrash(_ effect: EffectRecord) -> Bool {
        shop.crashedBefore.map { (effect.endedAt ?? effect.sentAt) < $0 } ?? false
    }

    /// An answer that was being read when Darkroom crashed is not read again: it may be what it crashed on. It stays sealed, and
    /// `release` reads it once more.
    private func setAside(_ effect: EffectRecord, _ output: OutputRecord) async throws {
        var held = output
        held.state = .unknown
        held.billed = .possible
        held.reason = Reason(
            .quarantined, "Darkroom crashed while it read the answer of this call",
            hint: "see the log; release reads the answer once more and pays for nothing, --give-up settles the job")
        try await shop.recorder.write(
            job.hold, nil, [.output(held)],
            LedgerEvent("answer.set_aside", job: job.id, ["output": String(output.index), "route": effect.route]))
    }

    /// An answer that was durable before the ledger could say so: whole, and a picture. It gets its row here.
    private func lateAnswer(_ effect: EffectRecord, _ adapter: any Adapter) async throws -> EffectRecord? {
        guard effect.state == .intent, let id = effect.answerBlob else { return nil }
        let body: [UInt8]
        do throws(VaultError) {
            body = try await shop.blobs.get(id, limit: Self.mostOfAnswer)
        } catch {
            // Only an answer that is not there is none. One that can not be read now was paid for: it is read later.
            switch error {
            case .disk, .rootKey: throw error
            default: break
            }
            if case .missing = error {
                // Half an answer is of no use to anybody, and no row would bring it to its deadline.
                try? await shop.blobs.destroyUnfinished(id, beside: AnswerStream.mostPictures)
            }
            return nil
        }
        let blob = BlobRecord(
            id: id, job: job.id, kind: .answer, position: effect.output, bytes: Int64(body.count))
        let parts = try await partsBeside(id, of: effect.output)
        // Written before it is read: where reading it ends the daemon, the next start sets it aside.
        var found = effect
        found.state = .answered
        found.httpStatus = 200
        try await shop.ledger.write(job.hold, nil, [.effect(found), .addBlob(blob)] + parts.map { .addBlob($0) })
        if adapter.read(AnswerHead(status: 200, headers: [:], bodyBytes: body.count), body: body).1 != nil {
            return found
        }
        try await shop.ledger.write(job.hold, nil, [.effect(effect)])
        return nil
    }

    /// The pictures of an answer whose rows were not written: they were durable before it.
    private func partsBeside(_ answer: String, of output: Int) async throws -> [BlobRecord] {
        var parts: [BlobRecord] = []
        for number in 0..<AnswerStream.mostPictures {
            let id = BlobID.beside(answer, number)
            do throws(VaultError) {
                parts.append(part(id, of: output, bytes: try await shop.blobs.size(id)))
            } catch .missing {
                break
            }
        }
        return parts
    }
}
