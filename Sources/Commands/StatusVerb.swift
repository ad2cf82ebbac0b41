import Daemon
import Disk
import Documents
import Domain
import Ledger
import Settings
import Spool

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
                try await SpoolStatus(stores, configuration)
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

/// What stands in the queue, what is spent and what is due, at one moment.
struct SpoolStatus {
    struct RouteLine {
        let route: Route
        let pause: RoutePause?
        let underWay: Int
        /// Micro-dollars of this UTC day.
        let spent: Int64
    }

    let now: Timestamp
    let day: String
    let isRunning: Bool
    let counts: [JobState: Int]
    let routes: [RouteLine]
    let configuration: Configuration
    let retention: RetentionState

    init(_ stores: Stores, _ configuration: Configuration) async throws(LedgerError) {
        let ledger = stores.ledger
        now = try await ledger.now()
        day = String(Timestamp(milliseconds: Monotonic.wall()).description.prefix(10))
        isRunning = FolderLock.isHeld(stores.spool.lock)
        counts = try await ledger.counts()
        retention = try await ledger.retention()
        self.configuration = configuration
        let pauses = try await ledger.pauses()
        let underWay = try await ledger.callsUnderWay()
        let spending = try await ledger.spending(on: day)
        var lines: [RouteLine] = []
        for route in configuration.routes.values.sorted(by: { $0.name < $1.name }) {
            lines.append(
                RouteLine(
                    route: route, pause: pauses.first { $0.route == route.name },
                    underWay: underWay[route.name] ?? 0, spent: spending[route.name] ?? 0))
        }
        routes = lines
    }

    private var overdue: Int64 { retention.oldestOverdue.map { max(0, now.since($0).milliseconds / 1000) } ?? 0 }
    private var spent: Int64 { routes.reduce(0) { $0 + $1.spent } }

    var document: JSONValue {
        .fields([
            "schema": "darkroom.status/1", "running": .bool(isRunning),
            "jobs": .object(
                JobState.allCases.map { .init(key: $0.rawValue, value: .integer(counts[$0] ?? 0)) }),
            "routes": .array(
                routes.map { line in
                    .fields([
                        "route": .string(line.route.name), "provider": .string(line.route.provider.rawValue),
                        "paused": line.pause.map { pause in
                            .fields([
                                "code": .string(pause.code.rawValue), "since": .string(pause.since.description),
                                "until": .text(pause.until?.description),
                            ])
                        },
                        "fallback": .text(line.route.fallback), "calls_under_way": .integer(line.underWay),
                        "concurrency": .integer(line.route.concurrency),
                        "requests_per_minute": line.route.requestsPerMinute.map { .integer($0) },
                        "spent_today": .fields(["micro_usd": .integer(line.spent)]),
                    ])
                }),
            "spend": .fields([
                "day": .string(day), "micro_usd": .integer(spent),
                "per_day_micro_usd": configuration.budgetPerDay.map { .integer($0) },
            ]),
            "workers": .fields([
                "sandbox": .string(configuration.workers.sandbox.rawValue),
                "memory": .string(configuration.workers.memory.description),
            ]),
            "inputs": .fields([
                "held_by_jobs": .integer(retention.holding),
                "next_deadline": .text(retention.nextDeadline?.description),
                "oldest_overdue": .integer(overdue),
            ]),
        ])
    }

    var text: String {
        let jobs = JobState.allCases.compactMap { state in
            counts[state].map { "\($0) \(state.rawValue)" }
        }
        let budget = configuration.budgetPerDay.map { " of " + Money.text($0) } ?? ""
        let heads = [
            ["daemon", isRunning ? "running" : "not running"],
            ["jobs", jobs.isEmpty ? "none" : jobs.joined(separator: ", ")],
            ["spent today", "\(Money.text(spent))\(budget) dollars (\(day), UTC)"],
            ["next deletion", retention.nextDeadline?.description ?? "none"], ["oldest overdue", "\(overdue) s"],
            [
                "image workers",
                configuration.workers.sandbox == .required ? "locked" : "not locked (workers.sandbox is off)",
            ],
        ]
        let rows = routes.map { line in
            [
                line.route.name, line.route.provider.rawValue, "\(line.underWay) of \(line.route.concurrency)",
                Money.text(line.spent),
                line.pause.map { pause in
                    "paused: \(pause.code.rawValue), "
                        + (pause.until.map { "until \($0)" } ?? "until the daemon is started again")
                        + (line.route.fallback.map { "; \($0) takes over what it can" } ?? "")
                } ?? "open",
            ]
        }
        return Console.table(heads) + "\n" + Console.table([["ROUTE", "PROVIDER", "CALLS", "DOLLARS", "STATE"]] + rows)
    }
}
