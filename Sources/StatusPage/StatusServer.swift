import Documents
package import Domain
package import HTTPServer
package import Ledger
package import Settings
package import Spool

/// Answers whoever looks at the daemon: `/`, `/healthz`, `/readyz`, `/metrics`, `/jobs.json`. Nothing here changes anything.
package struct StatusServer: Sendable {
    private let ledger: any JobLedger
    private let spool: SpoolFolders
    private let configuration: Configuration
    private let tally: Tally
    private let readiness: @Sendable () async -> Readiness

    private static let mostJobs = 1000

    /// - Parameter readiness: asked at each `/readyz`, `/metrics` and page.
    package init(
        ledger: any JobLedger, spool: SpoolFolders, configuration: Configuration, tally: Tally,
        readiness: @escaping @Sendable () async -> Readiness
    ) {
        self.ledger = ledger
        self.spool = spool
        self.configuration = configuration
        self.tally = tally
        self.readiness = readiness
    }

    /// Listens until it is stopped.
    package func listen(on address: ListenAddress) throws(ServerError) -> Listener {
        try Listener(address: address.host, port: address.port, bodyLimit: 0) { request in await answer(request) }
    }

    private func answer(_ request: IncomingRequest) async -> Reply {
        guard ["GET", "HEAD"].contains(request.method) else {
            return Self.reply(405, "text/plain", "only GET\n", [("Allow", "GET, HEAD")])
        }
        do throws(LedgerError) {
            switch request.path {
            case "/healthz": return Self.reply(200, "text/plain", "ok\n")
            case "/readyz":
                let readiness = await readiness()
                return Self.reply(readiness.isReady ? 200 : 503, "application/json", readiness.document.pretty)
            case "/metrics":
                let metrics = Metrics(try await status(), tally, await readiness())
                return Self.reply(200, "text/plain; version=0.0.4", metrics.text)
            case "/jobs.json":
                var filter = JobFilter()
                filter.limit = Self.mostJobs
                return Self.reply(200, "application/json", JobList.document(try await ledger.jobs(filter)).pretty)
            case "/": return Self.reply(200, "text/html", Page(try await status(), tally, await readiness()).html)
            case "/style.css": return Self.reply(200, "text/css", Page.style)
            default: return Self.reply(404, "text/plain", "there is no such page\n")
            }
        } catch {
            return Self.reply(503, "text/plain", "the ledger could not be read: \(error)\n")
        }
    }

    private func status() async throws(LedgerError) -> SpoolStatus {
        try await SpoolStatus(ledger, spool, configuration)
    }

    private static func reply(
        _ status: Int, _ type: String, _ text: String, _ more: [(String, String)] = []
    ) -> Reply {
        Reply(
            status: status,
            headers: [
                ("Content-Type", type.contains(";") ? type : type + "; charset=utf-8"), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                ("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
            ] + more, body: Array(text.utf8))
    }
}
