import Disk
package import Documents
package import Domain
package import Ledger
package import Settings
package import Spool

/// What stands in the queue, what is spent and what is due, at one moment.
package struct SpoolStatus: Sendable {
    package struct RouteLine: Sendable {
        package let route: Route
        package let pause: RoutePause?
        package let underWay: Int
        /// Micro-dollars of this UTC day.
        package let spent: Int64
        /// Requests that lie before it, and how many it can serve inside `queue.max_wait`.
        package let waiting: Int
        package let most: Int
        /// Whether requests are not delivered to it; they are tried again by themselves.
        package let isOutOfReach: Bool
    }

    package let now: Timestamp
    package let day: String
    package let isRunning: Bool
    /// Whether work flows, as the running daemon sees it; nil where none runs, or it has not looked yet.
    package let readiness: Readiness?
    package let counts: [JobState: Int]
    /// What jobs wait for, the most frequent first.
    package let waits: [WaitGroup]
    package let routes: [RouteLine]
    package let configuration: Configuration
    package let retention: RetentionState
    /// What people asked for and has not come to its end, in the order in which it is due.
    package let requests: [RightsRequest]
    /// Names in the inbox that nobody has taken, and why nothing more is taken; empty where all is.
    package let inbox: Int
    package let inboxWaitsFor: [String]

    package init(
        _ ledger: any JobLedger, _ spool: SpoolFolders, _ configuration: Configuration
    ) async throws(LedgerError) {
        now = try await ledger.now()
        day = try await ledger.budgetDay().day
        isRunning = FolderLock.isHeld(spool.lock)
        let note = isRunning ? (try? Files.read(spool.readiness, limit: 1 << 20)) ?? nil : nil
        readiness = note.flatMap { try? JSONParser.parse($0) }.flatMap { Readiness($0) }
        counts = try await ledger.counts()
        waits = try await ledger.waits()
        retention = try await ledger.retention()
        // What a hold keeps of an erasure was answered for.
        requests = try await ledger.openRequests().filter { $0.state != .held }
        self.configuration = configuration
        let pauses = try await ledger.pauses()
        let underWay = try await ledger.callsUnderWay()
        let spending = try await ledger.spending(on: day)
        let loads = try await ledger.loads()
        let away = try await ledger.outOfReach()
        var lines: [RouteLine] = []
        for route in configuration.routes.values.sorted(by: { $0.name < $1.name }) {
            let load = loads[route.name] ?? RouteLoad()
            lines.append(
                RouteLine(
                    route: route, pause: pauses.first { $0.route == route.name },
                    underWay: underWay[route.name] ?? 0, spent: spending[route.name] ?? 0, waiting: load.requests,
                    most: route.requests(within: configuration.maxWait, callTakes: load.callTakes),
                    isOutOfReach: away.contains(route.name)))
        }
        routes = lines
        inbox = await BlockingLane.disk.run { (try? Folders.count(spool.inbox) { !IgnoredNames.contains($0) }) ?? 0 }
        let open = counts.filter { !$0.key.isSettled }.values.reduce(0, +)
        inboxWaitsFor = inbox == 0 ? [] : Self.obstacles(open, lines, configuration)
    }

    /// What keeps hand-overs in the inbox.
    private static func obstacles(_ open: Int, _ lines: [RouteLine], _ configuration: Configuration) -> [String] {
        var why: [String] = []
        if open >= configuration.maxAccepted { why.append("queue.max_accepted is reached") }
        if let free = try? Folders.free(configuration.spool), free.bytes < Int64(configuration.minFree.bytes) {
            why.append(
                "\(free.bytes / 1_000_000) MB are free on the disk, less than disk.min_free (\(configuration.minFree))")
        }
        for line in lines where line.waiting >= line.most {
            why.append("\(line.route.name) has as many requests waiting as it can serve in queue.max_wait")
        }
        return why
    }

    /// What jobs of one state, or of all, wait for: `2 over_budget`, the most frequent first.
    package func waitCodes(in state: JobState? = nil) -> [String] {
        let groups = waits.filter { state == nil || $0.state == state }
        let counts = Dictionary(groups.map { ($0.reason.code.rawValue, $0.jobs) }, uniquingKeysWith: +)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
    }

    /// Seconds by which the oldest deletion is late; 0 where all is well.
    package var overdue: Int64 { retention.oldestOverdue.map { max(0, now.since($0).milliseconds / 1000) } ?? 0 }
    /// Micro-dollars of the day, over all routes.
    package var spent: Int64 { routes.reduce(0) { $0 + $1.spent } }

    package var document: JSONValue {
        .fields([
            "schema": "darkroom.spool-status/1", "running": .bool(isRunning),
            "ready": readiness.map { .bool($0.isReady) },
            "obstacles": readiness?.document["obstacles"], "stuck_workers": readiness.map { .integer($0.stuckWorkers) },
            "jobs": .object(
                JobState.allCases.map { .init(key: $0.rawValue, value: .integer(counts[$0] ?? 0)) }),
            "waits_for": .array(waitCodes().map { .string($0) }), "waits": .array(waits.map(\.document)),
            "inbox": .fields([
                "waiting": .integer(inbox), "waits_for": .array(inboxWaitsFor.map { .string($0) }),
            ]),
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
                        "out_of_reach": .bool(line.isOutOfReach), "fallback": .text(line.route.fallback),
                        "calls_under_way": .integer(line.underWay),
                        "concurrency": .integer(line.route.concurrency),
                        "requests_waiting": .integer(line.waiting), "most_waiting": .integer(line.most),
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
            "requests": .fields([
                "open": .integer(requests.count), "next_due": .text(requests.first?.due.description),
            ]),
        ])
    }
}

extension WaitGroup {
    /// For programs.
    package var document: JSONValue {
        .fields([
            "code": .string(reason.code.rawValue), "state": .string(state.rawValue), "jobs": .integer(jobs),
            "message": .string(reason.message), "hint": .string(reason.hint ?? reason.code.remedy),
            "until": .string(until.description),
        ])
    }

    /// For people: how many jobs, why, until when, and what to do.
    package var words: String {
        (jobs == 1 ? "1 job" : "\(jobs) jobs")
            + ": \(reason.code.rawValue): \(reason.message); tried again \(until); what to do: "
            + (reason.hint ?? reason.code.remedy)
    }
}
