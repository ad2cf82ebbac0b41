import Domain
import Ledger
import Providers
import Settings
import Transport
import Vault

/// What an earlier run left in a call.
extension Calls {
    /// Outputs that were in a call when the daemon died: a durable answer is read, anything else is unknown.
    ///
    /// No request is made here that could cost.
    func recover() async throws {
        guard let adapter = shop.adapters[route.name] else {
            throw StepEnd.refused(Reason(.internalFault, "the route has no adapter"))
        }
        let effects = try await shop.ledger.effects(of: job.id)
        for output in try await shop.ledger.outputs(of: job.id)
        where output.state == .calling && output.route(of: job) == route.name {
            guard let effect = effects.last(where: { $0.output == output.index }) else { continue }
            if effect.state == .answered, let status = effect.httpStatus {
                _ = try await judge(AnswerHead(status: status, headers: [:], bodyBytes: 0), effect, output, adapter)
            } else if let found = try await lateAnswer(effect, adapter) {
                _ = try await judge(AnswerHead(status: 200, headers: [:], bodyBytes: 0), found, output, adapter)
            } else {
                var verdict = Verdict(.outcomeUnknown)
                verdict.requestID = effect.requestID
                _ = try await ended(verdict, effect, output, billed: .possible, fault: "restart", changes: [])
            }
        }
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
        let isPicture = adapter.read(AnswerHead(status: 200, headers: [:], bodyBytes: body.count), body: body).1 != nil
        let parts = try await partsBeside(id, of: effect.output)
        var found = effect
        if isPicture {
            found.state = .answered
            found.httpStatus = 200
        }
        try await shop.ledger.write(job.hold, nil, [.effect(found), .addBlob(blob)] + parts.map { .addBlob($0) })
        return isPicture ? found : nil
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
