import Disk
import Domain
import Journal
import Ledger
import Providers
import Settings
import Transport

/// A call without a whole answer, where the service tells afterwards what became of it.
extension Calls {
    /// Times to wait between two looks: the record is there some seconds after the call's end.
    private static let looks: [Span] = [.zero, .seconds(1), .seconds(2), .seconds(4)]

    /// What the service knows of the call; nil where nothing can be asked, or it does not know.
    ///
    /// The id is written down first, so that a daemon which dies here asks again.
    func lookedUp(_ verdict: Verdict, _ effect: EffectRecord) async throws -> GenerationEnd? {
        guard verdict.callClass == .outcomeUnknown,
            let adapter = shop.routes.adapter(of: effect.route) as? any Reconciling,
            let id = verdict.requestID, let request = adapter.lookUp(id)
        else { return nil }
        var known = effect
        known.requestID = id
        try await shop.ledger.write(job.hold, nil, [.effect(known)])
        var end: GenerationEnd?
        for wait in Self.looks where end == nil {
            try? await Task.sleep(for: wait.duration)
            end = await answer(to: request, adapter)
            // Whoever stops the daemon waits for paid calls, and not for their bills.
            if shop.stopping.isSet { break }
        }
        let word =
            switch end {
            case .free: "free"
            case .billed: "billed"
            case nil: "not_known"
            }
        await shop.recorder.record(
            "call.looked_up", job.id, ["output": String(effect.output), "route": effect.route, "end": word])
        return end
    }

    private func answer(to request: OutgoingRequest, _ adapter: any Reconciling) async -> GenerationEnd? {
        let body = Received()
        let result = await unsafe shop.client.exchange(request) { bytes in unsafe body.take(bytes) }
        guard case .answered(let head) = result else { return nil }
        return adapter.end(head, body: body.all)
    }
}
