import Domain
import Journal
import Ledger
import Pipeline
import Settings

/// Routes that are opened again, and those that stay closed.
extension Service {
    /// Ends every pause but an operator's own, and pauses the routes whose model family its provider has ended.
    func openRoutes() async throws(LedgerError) {
        try await stores.ledger.endPauses()
        let paused = Set(try await stores.ledger.pauses().map(\.route))
        let now = try await stores.ledger.now()
        for route in stores.configuration.routes.values where !paused.contains(route.name) {
            guard let retirement = route.retirement else { continue }
            let pause = RoutePause(route: route.name, code: .modelNotFound, since: now, until: nil)
            try await stores.ledger.pause(pause)
            await stores.recorder.record(
                LedgerEvent(
                    "route.paused",
                    [
                        "route": route.name, "class": pause.code.rawValue, "ended": retirement.day ?? "",
                        "successor": retirement.successor, "remedy": retirement.remedy,
                    ]), level: .error)
        }
    }

    /// Reads keys and tokens once more, and opens paused routes: what SIGHUP asks for.
    package func reload() {
        Task {
            routes.reload()
            do throws(LedgerError) {
                try await openRoutes()
                await stores.recorder.record("daemon.reloaded", nil)
            } catch {
                stores.recorder.log.error("paused routes could not be opened", ["why": error.description])
            }
            conductor.poke()
        }
    }
}
