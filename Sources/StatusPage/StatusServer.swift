import Documents
package import Domain
package import HTTPServer
package import Ledger
package import Settings
package import Spool

/// Answers whoever looks at the daemon: `/`, `/jobs/ID`, `/pictures/ID/N`, `/healthz`, `/readyz`, `/metrics`, `/jobs.json`. Nothing here changes
/// anything.
package struct StatusServer: Sendable {
    private let ledger: any JobLedger
    private let spool: SpoolFolders
    private let configuration: Configuration
    private let tally: Tally
    private let readiness: @Sendable () async -> Readiness
    private let workers: @Sendable () -> [Int32]
    private let hour = HourHistory()
    private let pictures: PictureShelf?

    private static let mostJobs = 1000
    private static let mostDeadlines = 6
    private static let mostPictures = 12

    /// - Parameters:
    ///   - workers: the processes of the image workers.
    ///   - small: makes a JPEG to look at of a picture's file, nil where it can not; without it no picture is shown.
    ///   - readiness: asked at each `/readyz`, `/metrics` and page.
    package init(
        ledger: any JobLedger, spool: SpoolFolders, configuration: Configuration, tally: Tally,
        workers: @escaping @Sendable () -> [Int32], small: PictureShelf.Maker? = nil,
        readiness: @escaping @Sendable () async -> Readiness
    ) {
        pictures = small.map(PictureShelf.init)
        self.ledger = ledger
        self.spool = spool
        self.configuration = configuration
        self.tally = tally
        self.readiness = readiness
        self.workers = workers
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
                let metrics = Metrics(try await status(), tally, await readiness(), lines())
                return Self.reply(200, "text/plain; version=0.0.4", metrics.text)
            case "/jobs.json":
                var filter = JobFilter()
                filter.limit = Self.mostJobs
                return Self.reply(200, "application/json", JobList.document(try await ledger.jobs(filter)).pretty)
            case "/": return Self.reply(200, "text/html", try await page())
            case "/style.css": return Self.reply(200, "text/css", PageStyle.sheet)
            case "/page.js": return Self.reply(200, "text/javascript", PageStyle.script)
            case "/icon.svg": return Self.reply(200, "image/svg+xml", PageStyle.icon)
            default:
                if let page = try await jobPage(request.path) { return Self.reply(200, "text/html", page) }
                if let jpeg = try await picture(request.path) { return Self.reply(200, "image/jpeg", jpeg) }
                return Self.reply(404, "text/plain", "there is no such page\n")
            }
        } catch {
            return Self.reply(503, "text/plain", "the ledger could not be read: \(error)\n")
        }
    }

    private func page() async throws(LedgerError) -> String {
        let status = try await status()
        let hour = try await hour.picture(ledger, now: status.now)
        let deadlines = try await ledger.deadlines(limit: Self.mostDeadlines)
        let outputs = try await shown(of: nil)
        return Page(status, hour, deadlines, lines(), outputs).html(await readiness())
    }

    /// Outputs that pages show; nil where no picture is to be shown.
    private func shown(of job: String?) async throws(LedgerError) -> [OutputRecord]? {
        pictures == nil ? nil : try await ledger.outputsToLookAt(of: job, limit: Self.mostPictures)
    }

    /// An output, small; nil where there is none that may be looked at.
    private func picture(_ path: String) async throws(LedgerError) -> [UInt8]? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let pictures, parts.count == 4, parts[1] == "pictures", let index = Int(parts[3]) else { return nil }
        let job = String(parts[2])
        let found = try await ledger.outputsToLookAt(of: job, limit: .max).first { $0.index == index }
        guard let file = found?.file else { return nil }
        return await pictures.picture(spool.outcome(.done, of: job) + "/" + file)
    }

    /// The page of a job; nil where there is none.
    private func jobPage(_ path: String) async throws(LedgerError) -> String? {
        guard path.hasPrefix("/jobs/"), let job = try await ledger.job(String(path.dropFirst(6))) else { return nil }
        return JobPage(
            job: job, outputs: try await ledger.outputs(of: job.id), effects: try await ledger.effects(of: job.id),
            events: try await ledger.events(of: job.id), now: try await ledger.now(),
            pictures: try await shown(of: job.id)
        ).html
    }

    private func lines() -> [WorkerLine] { workers().compactMap { WorkerLine($0) } }

    private func status() async throws(LedgerError) -> SpoolStatus {
        try await SpoolStatus(ledger, spool, configuration)
    }

    private static let security =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"

    private static func reply(
        _ status: Int, _ type: String, _ text: String, _ more: [(String, String)] = []
    ) -> Reply {
        reply(status, type.contains(";") ? type : type + "; charset=utf-8", Array(text.utf8), more)
    }

    private static func reply(
        _ status: Int, _ type: String, _ body: [UInt8], _ more: [(String, String)] = []
    ) -> Reply {
        Reply(
            status: status,
            headers: [
                ("Content-Type", type), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                ("Content-Security-Policy", Self.security),
            ] + more, body: body)
    }
}
