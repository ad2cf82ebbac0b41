import CLinuxShim
import Disk
import Domain
import Glibc
import Ledger
import Pipeline
import Settings
import StatusPage
import Synchronization

/// The service manager that started the daemon, and what it is told (sd_notify(3)); without one nothing is told to nobody.
struct Supervisor: Sendable {
    /// Longest time between two words about how it goes.
    private static let longest = Span.seconds(30)

    /// How often a sign of life is given; nil where there is no service manager.
    let interval: Span?

    init() {
        guard Self.value("NOTIFY_SOCKET") != nil else {
            interval = nil
            return
        }
        // Three signs in the time that it allows: one may be late, and one may be lost.
        interval =
            Self.watchdog.map { min(Self.longest, max(Span(milliseconds: 20), Span(milliseconds: $0 / 3))) }
            ?? Self.longest
    }

    /// Work is taken from now on.
    func ready() { say("READY=1\nSTATUS=running") }

    /// It was asked to stop, and what is under way is awaited.
    func stopping() { say("STOPPING=1\nSTATUS=stopping: paid calls under way are awaited") }

    /// It lives, and nothing else is news.
    func beat() { say("WATCHDOG=1") }

    /// It lives; `isAlive` false says only how it goes, and the service manager then ends and starts it anew when its time is over.
    func report(_ status: String, isAlive: Bool) { say("STATUS=\(status)" + (isAlive ? "\nWATCHDOG=1" : "")) }

    private func say(_ state: String) { _ = unsafe lx_notify(state) }

    /// Milliseconds after which silence counts as death; nil where nobody watches this very process.
    private static var watchdog: Int64? {
        if let process = value("WATCHDOG_PID"), Int32(process) != getpid() { return nil }
        guard let microseconds = value("WATCHDOG_USEC").flatMap(Int64.init), microseconds > 0 else { return nil }
        return microseconds / 1000
    }

    private static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}

/// When a loop of the daemon last came round.
final class Pulse: Sendable {
    private let beaten = Atomic<Int64>(0)

    func beat() { beaten.store(Monotonic.milliseconds(), ordering: .relaxed) }

    /// How long ago that was; zero before the first time.
    var silence: Span {
        let last = beaten.load(ordering: .relaxed)
        return last == 0 ? .zero : Span(milliseconds: Monotonic.milliseconds() - last)
    }
}

/// Whether the daemon is stuck, which only a new start can end. A full disk, a paused route or a ledger that answers with an
/// error is no reason: a start would change nothing, and jobs under way would be cut short.
struct Vitality: Sendable {
    let health: Health
    let sweeps: Pulse

    /// How long a loop may take for one round: thousands of hand-overs or deletions on a slow disk take minutes.
    private static let patience = Span.minutes(15)

    /// Asks what work needs, and returns only when each has answered: the disk's lane and the ledger. What hangs keeps the sign of
    /// life back by itself.
    func examine() async -> (readiness: Readiness, status: String, isAlive: Bool) {
        let readiness = await health.readiness()
        if let stuckLoop {
            let minutes = Self.patience.milliseconds / 60_000
            return (readiness, "stuck: \(stuckLoop) has not ended for \(minutes) minutes", false)
        }
        let counts = try? await health.stores.ledger.openCounts()
        let open = counts.map { counts in
            JobState.allCases.compactMap { state in counts[state].map { "\($0) \(state.rawValue)" } }
        }
        let jobs = open.map { $0.isEmpty ? "no open jobs" : $0.joined(separator: ", ") } ?? "jobs unknown"
        let word = readiness.obstacles.first.map { "not ready: \($0.message); \(jobs)" } ?? "running: \(jobs)"
        return (readiness, word, true)
    }

    private var stuckLoop: String? {
        let rescan = health.stores.configuration.inbox.rescan
        let patience = max(Self.patience, Span(milliseconds: 3 * rescan.milliseconds))
        if health.inboxSilence > patience { return "the look at the inbox" }
        if sweeps.silence > patience { return "the sweep" }
        return nil
    }
}
