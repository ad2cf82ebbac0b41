import Daemon
import Documents
import Domain
import Ledger
import Settings
import StatusPage

extension Program {
    static let statusVerb = Verb(
        name: "status", summary: "queue, routes and why any is paused, spend, next deletion",
        options: [Option("--watch", nil, "shows it anew every two seconds until interrupted"), .json],
        examples: ["darkroom status", "darkroom status --watch"]
    ) { invocation throws(CommandError) in
        let configuration = try invocation.configuration()
        let stores = try invocation.stores(configuration)
        while true {
            let status = try await JobListing.read { () throws(LedgerError) in
                try await SpoolStatus(stores.ledger, stores.spool, configuration)
            }
            if invocation.wantsJSON {
                Console.print(invocation.has("--watch") ? status.document.compact + "\n" : status.document.pretty)
            } else {
                // Home and clear, so that the same lines stay in the same place.
                let clear = invocation.has("--watch") && Console.isTerminal(1) ? "\u{1B}[H\u{1B}[2J" : ""
                Console.print(clear + status.text)
            }
            guard invocation.has("--watch") else { return ExitCode.fine.rawValue }
            try? await Task.sleep(for: .seconds(2))
        }
    }
}

extension SpoolStatus {
    private var flow: String {
        guard isRunning else { return "does not flow: no daemon runs" }
        guard let readiness else { return "not looked at yet" }
        if readiness.isReady { return "flows" }
        return "does not flow: " + readiness.obstacles.map { "\($0.message) (\($0.code))" }.joined(separator: "; ")
    }

    private var stuckWorkers: String {
        guard let stuck = readiness?.stuckWorkers, stuck > 0 else { return "" }
        return "; \(stuck) stuck: with a picture, and nothing done for seconds"
    }

    /// As tables for a terminal.
    var text: String {
        let jobs = JobState.allCases.compactMap { state in
            counts[state].map { count in
                let codes = waitCodes(in: state)
                return "\(count) \(state.rawValue)" + (codes.isEmpty ? "" : " (\(codes.joined(separator: ", ")))")
            }
        }
        let budget = configuration.budgetPerDay.map { " of " + Money.text($0) } ?? ""
        var heads = [
            ["daemon", isRunning ? "running" : "not running"], ["work", flow],
            ["jobs", jobs.isEmpty ? "none" : jobs.joined(separator: ", ")],
        ]
        heads += waits.map { ["waiting", $0.words] }
        heads += [
            ["inbox", (["\(inbox) waiting"] + inboxWaitsFor).joined(separator: "; ")],
            ["spent today", "\(Money.text(spent))\(budget) dollars (\(day), UTC)"],
            ["next deletion", retention.nextDeadline?.description ?? "none"], ["oldest overdue", "\(overdue) s"],
            ["requests", requests.first.map { "\(requests.count) open, the first due \($0.due)" } ?? "none open"],
            [
                "image workers",
                (configuration.workers.sandbox == .required ? "locked" : "not locked (workers.sandbox is off)")
                    + stuckWorkers,
            ],
        ]
        let rows = routes.map { line in
            [
                line.route.name, line.route.provider.rawValue, "\(line.underWay) of \(line.route.concurrency)",
                "\(line.waiting) of \(line.most)", Money.text(line.spent),
                line.pause.map { pause in
                    "paused: \(pause.code.rawValue), "
                        + (pause.until.map { "until \($0)" } ?? "until the daemon is started again")
                        + (line.route.fallback.map { "; \($0) takes over what it can" } ?? "")
                } ?? (line.isOutOfReach ? "out of reach: tried again by itself" : "open"),
            ]
        }
        return Console.table(heads) + "\n"
            + Console.table([["ROUTE", "PROVIDER", "CALLS", "WAITING", "DOLLARS", "STATE"]] + rows)
    }
}
