import Daemon
import Disk
import Documents
import Domain
import Ledger
import Settings
import Spool

/// Waits for outcome folders; asks the ledger as well where the caller may read it.
struct Waiting {
    /// A hand-over under an id that is taken: it settles under a fresh one.
    struct Repetition {
        let id: String
        /// Outcomes of earlier ones.
        let before: Set<String>
    }

    let spool: SpoolFolders
    private let wantsJSON: Bool
    private let door: Door
    /// Nil where only the outcome folders may be seen, or no daemon has made one yet.
    var ledger: (any JobLedger)? { door.ledger }

    /// Opens the ledger once it is there: a daemon that was started at the same time may still be making it.
    private final class Door {
        private let open: () -> (any JobLedger)?
        private var opened: (any JobLedger)?

        init(_ open: @escaping () -> (any JobLedger)?) { self.open = open }

        var ledger: (any JobLedger)? {
            if opened == nil { opened = open() }
            return opened
        }
    }

    init(_ invocation: Invocation, _ configuration: Configuration) {
        spool = SpoolFolders(root: configuration.spool)
        wantsJSON = invocation.wantsJSON
        door = Door { (try? invocation.stores(configuration))?.ledger }
    }

    /// - Parameter areNew: they were handed over a moment ago: none of the names is that of a batch.
    func wait(for jobs: [String], areNew: Bool = false) async throws(CommandError) -> Int32 {
        try await checkSpool()
        try await waitForSomebody { await areSettled(jobs) }
        let report = Report(wantsJSON: wantsJSON, total: jobs.count)
        defer { report.bar.end() }
        for job in jobs {
            if let ending = await ending(of: job, report.bar, mayBeBatch: !areNew) {
                report.add(ending)
            } else {
                report.bar.update { $0.total -= 1 }
                try await wait(for: Self.filter(ofBatch: job), report)
            }
        }
        return report.code
    }

    /// What `wait` prints as jobs settle, and what it comes to.
    final class Report {
        let bar: ProgressBar
        private let wantsJSON: Bool
        private var isWell = true

        init(wantsJSON: Bool, total: Int = 0) {
            self.wantsJSON = wantsJSON
            bar = ProgressBar(isLive: Console.isTerminal(2) && !wantsJSON)
            bar.update { $0.total = total }
        }

        var code: Int32 { (isWell ? ExitCode.fine : .notAllWell).rawValue }

        func add(_ ending: Ending) {
            let status = ending.status
            if ending.outcome != .done || status["partial"]?.bool == true { isWell = false }
            if wantsJSON {
                Console.print(status)
            } else {
                let reason = status["reason"]?["code"]?.string.map { "  \($0)" } ?? ""
                bar.print("\(ending.outcome.rawValue)  \(ending.place)\(reason)\n")
            }
            bar.update { line in
                line.settled += 1
                line.failed += ending.outcome == .failed ? 1 : 0
                line.held += ending.outcome == .held ? 1 : 0
                line.pictures += status["outputs"]?.array?.count ?? 0
                line.spent += Waiting.cost(status)
            }
        }
    }

    /// Micro-dollars that the job of an outcome folder cost; 0 where it does not say.
    static func cost(ofOutcome path: String) -> Int64 {
        cost(status(ofOutcome: path) ?? .null)
    }

    /// Held within what jobs can cost: the folder may be anybody's by now.
    fileprivate static func cost(_ status: JSONValue) -> Int64 {
        Int64(min(max(0, status["cost"]?["micro_usd"]?.int ?? 0), Int(EffectRecord.mostCost)))
    }

    private static func status(ofOutcome path: String) -> JSONValue? {
        ((try? Files.read(path + "/status.json", limit: 1 << 20)) ?? nil).flatMap { try? JSONParser.parse($0) }
    }

    // MARK: ids that are taken

    /// What tells the outcome of a hand-over under `id` from earlier ones; nil where the id is free.
    func repetition(of id: String) async -> Repetition? {
        var isTaken = outcome(of: id) != nil
        if !isTaken, let ledger { isTaken = ((try? await ledger.job(id)) ?? nil) != nil }
        return isTaken ? Repetition(id: id, before: Set(descendants(of: id))) : nil
    }

    /// The id that a repeated hand-over settled under.
    func job(of repetition: Repetition) async throws(CommandError) -> String {
        try mayLook()
        try await waitForSomebody { false }
        while true {
            for job in descendants(of: repetition.id) where !repetition.before.contains(job) {
                guard let outcome = outcome(of: job) else { continue }
                let status = Self.status(ofOutcome: spool.outcome(outcome, of: job))
                if status?["requested_id"]?.string == repetition.id { return job }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Outcomes whose names go on from `id`.
    private func descendants(of id: String) -> [String] {
        var found: [String] = []
        for outcome in Outcome.allCases {
            guard let entries = (try? Folders.list(spool.outcomes(outcome)))?.entries else { continue }
            for entry in entries where entry.name.hasPrefix(id + "-") && entry.name.utf8.count == id.utf8.count + 9 {
                found.append(entry.name)
            }
        }
        return found
    }

    // MARK: how a job ends

    struct Ending {
        let outcome: Outcome
        let place: String
        let status: JSONValue
    }

    func outcome(of job: String) -> Outcome? {
        Outcome.allCases.first { Files.exists(spool.outcome($0, of: job)) }
    }

    /// Returns when the job has settled; nil where the name turns out to be that of a batch.
    func ending(of job: String, _ bar: ProgressBar, mayBeBatch: Bool = false) async -> Ending? {
        var round = 0
        var said: Reason?
        while true {
            if round % 20 == 0, mayBeBatch, await isBatch(job) { return nil }
            if let ending = published(job) { return ending }
            // Once a second: the folder appears a moment before or after the ledger knows, and is told from one that was taken away.
            if round % 20 == 19, let ending = await delivered(job) { return ending }
            if round == 39 { await sayUnknown(job, bar) }
            if round % 20 == 19, let (reason, until) = await reasonToWait(of: job), reason != said {
                bar.remark(
                    "\(job) waits: \(reason.code.rawValue), until \(until): \(reason.message); "
                        + "what to do: \(reason.hint ?? reason.code.remedy)")
                said = reason
            }
            round += 1
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func published(_ job: String) -> Ending? {
        guard let outcome = outcome(of: job) else { return nil }
        let place = spool.outcome(outcome, of: job)
        let bare = JSONValue.fields(["job": .string(job), "outcome": .string(outcome.rawValue)])
        return Ending(outcome: outcome, place: place, status: Self.status(ofOutcome: place) ?? bare)
    }

    /// The ending of a job whose outcome was taken away; nil for what is not settled, or not known.
    private func delivered(_ job: String) async -> Ending? { await delivered([job])[job] }

    /// The endings of those of these jobs whose outcomes were taken away.
    func delivered(_ jobs: [String]) async -> [String: Ending] {
        guard let ledger else { return [:] }
        var settled: [String: JobState] = [:]
        for job in jobs where outcome(of: job) == nil {
            guard let state = ((try? await ledger.job(job)) ?? nil)?.state, Outcome(rawValue: state.rawValue) != nil
            else { continue }
            settled[job] = state
        }
        guard !settled.isEmpty else { return [:] }
        // A person's word takes a folder away before the ledger knows of it.
        try? await Task.sleep(for: .milliseconds(500))
        var endings: [String: Ending] = [:]
        for (job, state) in settled where outcome(of: job) == nil {
            guard let record = (try? await ledger.job(job)) ?? nil, record.state == state,
                let outcome = Outcome(rawValue: state.rawValue)
            else { continue }
            let outputs = (try? await ledger.outputs(of: job)) ?? []
            endings[job] = Ending(
                outcome: outcome, place: "\(job), which was taken away from \(spool.outcomes(outcome))",
                status: .fields([
                    "schema": "darkroom.delivered/1", "job": .string(job), "outcome": .string(outcome.rawValue),
                    "partial": .bool(outcome == .done && outputs.contains { $0.state == .failed }),
                    "reason": record.reason.map { .fields(["code": .string($0.code.rawValue)]) },
                ]))
        }
        return endings
    }

    private func areSettled(_ names: [String]) async -> Bool {
        var open: [String] = []
        for name in names {
            if await isBatch(name) {
                if await !areSettled(Self.filter(ofBatch: name)) { return false }
            } else if outcome(of: name) == nil {
                open.append(name)
            }
        }
        return await delivered(open).count == open.count
    }

    /// What a job waits for that will not go on within seconds.
    private func reasonToWait(of job: String) async -> (Reason, Timestamp)? {
        guard let ledger, let record = (try? await ledger.job(job)) ?? nil, let reason = record.waitReason,
            let now = try? await ledger.now(),
            record.runAfter.since(now) > .seconds(5)
        else { return nil }
        return (reason, record.runAfter)
    }

    /// A job that nobody knows is waited for, it may still be handed over; but not in silence.
    private func sayUnknown(_ job: String, _ bar: ProgressBar) async {
        guard let ledger, ((try? await ledger.job(job)) ?? nil) == nil, !Files.exists(spool.inbox + "/" + job) else {
            return
        }
        var filter = JobFilter()
        filter.limit = 1000
        let nearest = NearestName.of(job, among: ((try? await ledger.jobs(filter)) ?? []).map(\.id))
        bar.remark(
            "no job \(JSONParser.shown(job)) is known yet: it is waited for until one is handed over"
                + (nearest.map { "; did you mean \($0)?" } ?? "; darkroom jobs lists those there are"))
    }

    func checkSpool() async throws(CommandError) {
        try mayLook()
        guard Files.exists(spool.inbox) || Files.exists(spool.outcomes(.done)) else {
            throw CommandError(.inputOutput, "there is no spool at \(spool.root)", hint: "name it with --spool")
        }
    }

    /// Whoever may not look into the outcome folders would wait for ever.
    private func mayLook() throws(CommandError) {
        for outcome in Outcome.allCases {
            let folder = spool.outcomes(outcome)
            guard let refusal = Files.refusal(to: .enter, folder), !refusal.isMissing else { continue }
            throw CommandError(
                .inputOutput, "\(folder): \(DiskError.text(of: refusal.code)): no outcome can be seen there",
                hint: "run it as the daemon's user, or as one of the spool's group (spool.group)")
        }
    }

    /// Without a daemon nothing would ever settle: that is said at once, and given up after ten seconds.
    func waitForSomebody(unless areSettled: () async -> Bool) async throws(CommandError) {
        for attempt in 0..<100 {
            if isSomebodyThere { return }
            if await areSettled() { return }
            if attempt == 0 {
                Console.remark("nobody works on this spool yet; start `darkroom run --spool \(spool.root)`")
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        throw CommandError(
            .unavailable, "nobody works on \(spool.root), so nothing was waited for",
            hint: "what was handed over stays in the inbox; `darkroom drain` or `darkroom run` takes it")
    }

    private var isSomebodyThere: Bool { FolderLock.isHeld(spool.lock) }
}
