import Domain
import Ledger
import Settings

/// The page for people: what flows where, what it costs, what is due. Nothing from elsewhere, nothing personal; its figures need no
/// script.
struct Page {
    private let status: SpoolStatus
    private let hour: HourHistory.Picture
    private let deadlines: [Deadline]
    private let workers: [WorkerLine]
    /// The newest ones; nil where no picture is to be shown.
    private let outputs: [OutputRecord]?

    init(
        _ status: SpoolStatus, _ hour: HourHistory.Picture, _ deadlines: [Deadline], _ workers: [WorkerLine],
        _ outputs: [OutputRecord]? = nil
    ) {
        self.outputs = outputs
        self.status = status
        self.hour = hour
        self.deadlines = deadlines
        self.workers = workers
    }

    func html(_ readiness: Readiness) -> String {
        let flows = readiness.isReady
        return HTML.document(
            title: flows ? "Darkroom" : "Darkroom: work does not flow", renews: true,
            header: """
                <h1>Darkroom</h1><p class="state \(flows ? "good" : "bad")">\
                \(flows ? "work flows" : "work does not flow")</p>
                """,
            main: [
                Self.obstacles(readiness), large, flow, pictures, plots, failures, routes, deletions,
                workerTable(readiness.stuckWorkers),
            ].joined(separator: "\n"),
            footer: """
                <p>As of \(HTML.escaped(status.now.description)). Looks anew every 5 seconds.</p>
                <nav aria-label="More"><a href="/jobs.json">jobs</a> <a href="/metrics">metrics</a> \
                <a href="/readyz">readiness</a></nav>
                """)
    }

    // MARK: sections

    private static func obstacles(_ readiness: Readiness) -> String {
        guard !readiness.isReady else { return "" }
        let items = readiness.obstacles.map {
            "<li>\(HTML.escaped($0.message)) <code>\(HTML.escaped($0.code))</code></li>"
        }
        return """
            <section class="obstacles" role="alert"><h2>Why work does not flow</h2><ul>\(items.joined())</ul></section>
            """
    }

    private var large: String {
        let late = status.overdue
        let next = status.retention.nextDeadline
        let holding = Words.count(status.retention.holding, "job holds", "jobs hold")
        return """
            <section class="large" aria-label="At a glance">
            <div><b class="\(late == 0 ? "good" : "bad")">\(Words.duration(.seconds(late)))</b>\
            <span>oldest overdue deletion</span></div>
            <div><b>\(next.map { Words.away($0, status.now) } ?? "none")</b>\
            <span>next deletion of inputs; \(holding) inputs</span></div>
            <div><b>\(Words.dollars(status.spent))</b><span>spent today (UTC)\(budget)</span>\(meter)</div>
            </section>
            """
    }

    private var budget: String { status.configuration.budgetPerDay.map { " of " + Words.dollars($0) } ?? "" }

    private var meter: String {
        guard let most = status.configuration.budgetPerDay, most > 0 else { return "" }
        let share = min(1, Double(status.spent) / Double(most))
        return
            "<meter min=\"0\" max=\"1\" high=\"0.9\" value=\"\(share)\" aria-label=\"share of the day's budget\"></meter>"
    }

    /// From the inbox to the outcomes.
    private var flow: String {
        func jobs(_ states: JobState...) -> Int { states.reduce(0) { $0 + (status.counts[$1] ?? 0) } }
        func waits(_ state: JobState) -> String? {
            let codes = status.waitCodes(in: state)
            return codes.isEmpty ? nil : codes.joined(separator: ", ") + (state == .waiting ? "" : " waiting")
        }
        let calls = status.routes.reduce(0) { $0 + $1.underWay }
        let steps: [(name: String, count: Int, more: String, kind: String)] = [
            ("inbox", status.inbox, "names not taken yet", ""),
            ("queue", jobs(.accepted, .ready), waits(.accepted) ?? "accepted and ready", ""),
            (
                "waiting", jobs(.waiting),
                waits(.waiting) ?? "for pace, quota or room",
                jobs(.waiting) > 0 ? "warn" : ""
            ),
            ("calling", jobs(.calling), Words.count(calls, "call", "calls") + " under way", ""),
            ("finishing", jobs(.answered, .made), waits(.answered) ?? "enlarged and written", ""),
            ("done", jobs(.done), "outcomes in done/", ""),
            ("failed", jobs(.failed), "outcomes in failed/", ""),
            ("held", jobs(.held), "wait for a person", jobs(.held) > 0 ? "warn" : ""),
        ]
        let items = steps.map { step in
            "<li class=\"\(step.kind)\"><span>\(step.name)</span><b>\(step.count)</b><small>\(step.more)</small></li>"
        }
        let why = status.inboxWaitsFor.map { "<li>\(HTML.escaped($0))</li>" }.joined()
        let waiting = status.waits.map { "<li>\(HTML.escaped($0.words))</li>" }.joined()
        return """
            <section><h2>Jobs</h2><ol class="flow">\(items.joined())</ol>\
            \(waiting.isEmpty ? "" : "<p>Jobs wait:</p><ul>\(waiting)</ul>")\
            \(why.isEmpty ? "" : "<p>Hand-overs stay in the inbox:</p><ul>\(why)</ul>")</section>
            """
    }

    private var pictures: String {
        guard let outputs else { return "" }
        let shown = outputs.isEmpty ? "<p>None lies in done/.</p>" : HTML.pictures(outputs) { $0.job }
        return "<section><h2>Newest pictures</h2>\(shown)</section>"
    }

    private var plots: String {
        """
        <section><h2>The last hour</h2><div class="plots">
        \(Plot.throughput(hour))
        \(Plot.latency(hour))
        </div></section>
        """
    }

    private var failures: String {
        let rows = hour.failures.map { failure in
            [HTML.Cell(failure.reason), HTML.Cell(String(failure.jobs)), HTML.Cell(job: failure.newest)]
        }
        let table = HTML.table("Failures", ["Reason", "Jobs", "Last one"], rows, numbers: [1])
        return "<section><h2>Failures of the last hour</h2>\(rows.isEmpty ? "<p>None.</p>" : table)</section>"
    }

    private var routes: String {
        let rows = status.routes.map { line in
            [
                line.route.name, line.route.provider.rawValue, "\(line.underWay) of \(line.route.concurrency)",
                "\(line.waiting) of \(line.most)", Words.dollars(line.spent),
                line.pause.map { pause in
                    "paused: \(pause.code.rawValue)" + (pause.until.map { ", until \(Words.clock($0)) UTC" } ?? "")
                } ?? (line.isOutOfReach ? "out of reach: tried again by itself" : "open"),
            ].map { HTML.Cell($0) }
        }
        return "<section><h2>Routes</h2>"
            + HTML.table(
                "Routes", ["Route", "Provider", "Calls", "Requests waiting", "Spent today", "State"], rows,
                numbers: [2, 3, 4]) + "</section>"
    }

    private var deletions: String {
        let rows = deadlines.map { deadline in
            [
                HTML.Cell(Words.clock(deadline.at)), HTML.Cell(Words.away(deadline.at, status.now)),
                HTML.Cell(deadline.output.map { "output \($0)" } ?? "inputs"), HTML.Cell(job: deadline.job),
            ]
        }
        let table = HTML.table("Next deletions", ["At (UTC)", "That is", "What", "Job"], rows)
        return
            "<section><h2>Next deletions</h2>\(rows.isEmpty ? "<p>Nothing waits to be deleted.</p>" : table)</section>"
    }

    private func workerTable(_ stuck: Int) -> String {
        let limit = status.configuration.workers.memory
        let rows = workers.map { worker in
            [String(worker.process), Words.megabytes(worker.memory), Words.megabytes(worker.most)].map { HTML.Cell($0) }
        }
        let still =
            stuck == 0 ? "" : "<p class=\"warn\">\(stuck) stuck: with a picture, and nothing done for seconds.</p>"
        let table = HTML.table("Image workers", ["Process", "Memory", "At most so far"], rows, numbers: [1, 2])
        return """
            <section><h2>Image workers</h2><p>Sandbox \(status.configuration.workers.sandbox.rawValue), \
            \(limit.description) for the pictures of all of them.</p>\(still)\(rows.isEmpty ? "<p>None has been needed yet.</p>" : table)</section>
            """
    }
}
