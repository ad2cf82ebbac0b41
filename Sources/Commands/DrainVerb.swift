import Daemon
import Documents
import Domain
import Journal
import Ledger
import Settings
import StatusPage
import Synchronization

extension Program {
    static let drainVerb = Verb(
        name: "drain", summary: "processes inbox and queue until everything has settled, then exits",
        options: [.json], examples: ["darkroom drain --spool /srv/pictures"]
    ) { invocation throws(CommandError) in
        Machine.forbidCoreFiles()
        let configuration = try invocation.configuration()
        let log = invocation.log(configuration, least: .warning)
        let progress = Progress(isLive: Console.isTerminal(2) && !invocation.wantsJSON, spool: configuration.spool)
        let rest: Service.Rest
        do throws(StartError) {
            let service = try await Service(configuration, log: log, watch: progress.note)
            let signals = StopSignals { service.stop() }
            rest = try await service.drain()
            signals.end()
        } catch {
            throw CommandError(error)
        }
        progress.end()
        let waiting = rest.counts.reduce(0) { $1.key.isSettled || $1.key == .held ? $0 : $0 + $1.value }
        let tally = progress.tally
        if invocation.wantsJSON {
            Console.print(
                .fields([
                    "schema": "darkroom.drain/1", "done": .integer(tally.done), "failed": .integer(tally.failed),
                    "held": .integer(tally.held), "waiting": .integer(waiting), "left_in_inbox": .integer(rest.left),
                    "jobs": .array(tally.jobs.map { .string($0) }), "waits": .array(rest.waits.map(\.document)),
                    "stuck": .bool(rest.isStuck),
                ]))
        } else {
            Console.remark(
                "\(tally.done) done, \(tally.failed) failed, \(tally.held) held"
                    + (waiting > 0 ? ", \(waiting) waiting" : "")
                    + (rest.left > 0 ? ", \(rest.left) left in the inbox" : ""))
            for line in rest.reasons(of: waiting) { Console.remark(line) }
        }
        let isWell = tally.failed == 0 && tally.partial == 0 && waiting == 0 && (rest.counts[.held] ?? 0) == 0
        return (isWell ? ExitCode.fine : .notAllWell).rawValue
    }
}

extension Service.Rest {
    /// Why a drain ended although `waiting` jobs had not settled, a line each.
    fileprivate func reasons(of waiting: Int) -> [String] {
        let explained = waits.reduce(0) { $0 + $1.jobs }
        var lines = waits.map { "waiting: " + $0.words }
        if isStuck {
            lines.append("ended because nothing had moved for minutes; what waits goes on with the next drain or run")
        } else if waiting > explained {
            let left = waiting - explained
            lines.append(
                "stopped before \(left == 1 ? "1 job" : "\(left) jobs") had settled; the next drain or run goes on")
        }
        return lines
    }
}

/// What a drain shows: a bar on a terminal, and one line a job.
private final class Progress: Sendable {
    struct Tally: Sendable {
        var accepted = 0
        var done = 0
        var failed = 0
        var held = 0
        var partial = 0
        var outputs = 0
        /// Micro-dollars, as the status of each job says.
        var spent: Int64 = 0
        var jobs: [String] = []

        var settled: Int { done + failed + held }
    }

    private let bar: ProgressBar
    private let spool: String
    private let state = Mutex(Tally())

    init(isLive: Bool, spool: String) {
        bar = ProgressBar(isLive: isLive)
        self.spool = spool
    }

    var tally: Tally { state.withLock { $0 } }

    /// Called for every event, from any thread.
    var note: @Sendable (LedgerEvent) -> Void {
        { event in
            let (line, tally) = self.state.withLock { tally in (self.take(event, &tally), tally) }
            if let line { self.bar.print(line) }
            self.bar.update { bar in
                bar.settled = tally.settled
                bar.total = max(tally.accepted, tally.settled)
                bar.failed = tally.failed
                bar.held = tally.held
                bar.pictures = tally.outputs
                bar.spent = tally.spent
            }
        }
    }

    private func take(_ event: LedgerEvent, _ tally: inout Tally) -> String? {
        switch event.name {
        case "job.accepted": tally.accepted += 1
        case "output.made": tally.outputs += 1
        case "output.failed": tally.partial += 1
        case "job.settled":
            guard let job = event.job, let outcome = event.facts["outcome"] else { return nil }
            switch outcome {
            case "done": tally.done += 1
            case "failed": tally.failed += 1
            default: tally.held += 1
            }
            if event.facts["partial"] == "yes" { tally.partial += 1 }
            tally.jobs.append(job)
            if bar.isLive { tally.spent += Waiting.cost(ofOutcome: "\(spool)/\(outcome)/\(job)") }
            let reason = event.facts["reason"].map { "  \($0)" } ?? ""
            return "\(outcome)  \(spool)/\(outcome)/\(job)\(reason)\n"
        default: break
        }
        return nil
    }

    func end() { bar.end() }
}
