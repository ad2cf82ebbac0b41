import Disk
import Domain
import Journal
import Ledger
import Pipeline
import Settings
import Spool

/// The operator's commands, which are told of jobs that settled and of jobs that are held: one after the other, in the order in which
/// that happened, each at least once. What a kill left untold is told after the next start.
struct Hooks: Sendable {
    /// Longest that a command may take.
    static let patience = Span.seconds(30)
    /// What such a program needs to find itself; no key of ours.
    private static let inherited = ["PATH", "HOME", "USER", "TZ", "LANG"]
    private static let every = Span(milliseconds: 500)
    private static let batch = 200

    private let commands: [Outcome: [String]]
    private let ledger: SQLiteLedger
    private let recorder: Recorder
    private let spool: SpoolFolders
    private let stopping: StopFlag
    /// Commands wait here, and take no thread from anybody else.
    private static let lane = BlockingLane(label: "hooks", width: 1)

    init(_ stores: Stores, stopping: StopFlag) {
        let configuration = stores.configuration
        var commands: [Outcome: [String]] = [:]
        commands[.held] = configuration.onHeld
        commands[.done] = configuration.onSettled
        commands[.failed] = configuration.onSettled
        self.commands = commands
        ledger = stores.ledger
        recorder = stores.recorder
        spool = stores.spool
        self.stopping = stopping
    }

    /// Before anything settles in this run: commands that are new here hear of what comes, not of what was.
    func begin() async throws(LedgerError) {
        if commands.isEmpty {
            if try await ledger.hookMark() != nil { try await ledger.setHookMark(nil) }
        } else if try await ledger.hookMark() == nil {
            try await ledger.setHookMark(try await ledger.lastEvent())
        }
    }

    /// Whether there is nobody left to tell.
    func isDone() async -> Bool {
        guard !commands.isEmpty else { return true }
        do throws(LedgerError) { return try await ledger.hookMark() ?? 0 >= ledger.lastEvent() } catch { return false }
    }

    func run() async {
        guard !commands.isEmpty else { return }
        while !stopping.isSet {
            do throws(LedgerError) {
                if try await !tellSome() { await stopping.pause(Self.every) }
            } catch {
                recorder.log.error("commands could not be told of jobs", ["why": error.description])
                await stopping.pause(.seconds(10))
            }
        }
    }

    /// Tells of the next few; false where there was nothing.
    private func tellSome() async throws(LedgerError) -> Bool {
        guard let mark = try await ledger.hookMark() else { return false }
        let events = try await ledger.events(after: mark, limit: Self.batch)
        var (last, marked) = (mark, mark)
        for recorded in events where !stopping.isSet {
            last = recorded.number
            guard await tell(of: recorded.event) else { continue }
            try await ledger.setHookMark(last)
            marked = last
        }
        if last > marked { try await ledger.setHookMark(last) }
        return !events.isEmpty
    }

    /// Runs what has to be told of this event; false where nothing has.
    private func tell(of event: LedgerEvent) async -> Bool {
        guard event.name == "job.settled", let job = event.job,
            let outcome = event.facts["outcome"].flatMap(Outcome.init), let words = commands[outcome]
        else { return false }
        let program = Program(
            words,
            environment: Program.inherited(Self.inherited) + [
                "DARKROOM_JOB=\(job)", "DARKROOM_OUTCOME=\(outcome.rawValue)",
                "DARKROOM_REASON=\(event.facts["reason"] ?? "")", "DARKROOM_PARTIAL=\(event.facts["partial"] ?? "no")",
                "DARKROOM_FOLDER=\(spool.outcome(outcome, of: job))",
            ])
        let trouble: String? = await Self.lane.run {
            do throws(Program.Failure) {
                let code = try program.run(patience: Self.patience).code
                return code == 0 ? nil : "ended with exit code \(code)"
            } catch {
                return error.description
            }
        }
        if let trouble {
            // The outcome stands in its folder whatever became of the command: it is told of once.
            let hook = outcome == .held ? "on_held" : "on_settled"
            await recorder.record(
                LedgerEvent("hook.failed", job: job, ["hook": hook, "why": trouble]), level: .warning)
        }
        return true
    }
}
