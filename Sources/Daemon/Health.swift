import Disk
import Domain
import Intake
import Ledger
import Pipeline
import Settings
import Spool
import StatusPage
import Synchronization
import Workers

/// What the daemon knows of itself when it is asked whether work can flow.
struct Health: Sendable {
    let stores: Stores
    let watcher: InboxWatcher
    let intake: IntakeService
    let reserve: DiskReserve
    let workers: WorkerPool
    let stopping: StopFlag
    let workerWatch: WorkerWatch

    /// By how much a deletion may be late before it is said: the sweep runs at least every minute.
    private static let patience = Span.minutes(1)

    /// How long ago the inbox was looked at; zero before the first time.
    var inboxSilence: Span {
        let inbox = intake.state
        return inbox.hasLooked ? Span(milliseconds: Monotonic.milliseconds() - inbox.lookedAt) : .zero
    }

    func readiness() async -> Readiness {
        var found = Readiness()
        found.add("stopping", "the daemon is being stopped", where: stopping.isSet)
        found.add("watcher", "the inbox is not watched", where: watcher.mode == nil)
        found.hasEvents = watcher.mode == .events
        let inbox = intake.state
        found.add("inbox", "the inbox cannot be listed: \(inbox.trouble ?? "")", where: inbox.trouble != nil)
        let rescan = stores.configuration.inbox.rescan.milliseconds
        let age = Monotonic.milliseconds() - inbox.lookedAt
        found.scanAge = inbox.hasLooked ? Span(milliseconds: age) : nil
        found.add(
            "scan", "the inbox was looked at \(age / 1000) s ago, and should be every \(rescan / 1000) s",
            where: !inbox.hasLooked || age > 2 * rescan + 10_000)
        let shortage = reserve.shortage
        found.add("disk_full", shortage ?? "", where: shortage != nil)
        await lookAtDisk(&found)
        await lookAtLedger(&found)
        // Nothing here waits for a worker: one that does not come is what is to be said.
        found.add(
            "image_workers",
            workers.trouble.map { "no picture is opened: \($0)" } ?? "no image worker is ready yet",
            where: !workers.isReady)
        let stuck = workerWatch.stuck(workers)
        found.add(
            "image_workers", "every image worker is stuck: it has a picture, and has done nothing for seconds",
            where: stuck >= workers.count)
        found.stuckWorkers = stuck
        return found
    }

    /// One at a time: the page's clients and the daemon's own loop would take the file away from each other.
    private static let probing = Mutex(())

    private func lookAtDisk(_ found: inout Readiness) async {
        let path = stores.spool.probe
        do throws(DiskError) {
            try await BlockingLane.disk.run { () throws(DiskError) in
                try Self.probing.withLock { _ throws(DiskError) in
                    try Files.writeDurably([], to: path)
                    try Files.remove(path)
                }
            }
        } catch {
            found.add("disk", "the spool cannot be written: \(error.description)", where: true)
        }
    }

    private func lookAtLedger(_ found: inout Readiness) async {
        do throws(LedgerError) {
            try await stores.ledger.touch()
            let now = try await stores.ledger.now()
            let late = try await stores.ledger.retention().oldestOverdue.map { now.since($0) } ?? .zero
            found.add(
                "overdue_deletion", "a deletion is \(late.milliseconds / 1000) s late", where: late > Self.patience)
            let paused = Set(try await stores.ledger.pauses().map(\.route))
            let routes = Set(stores.configuration.routes.keys)
            let away = try await stores.ledger.outOfReach()
            let none =
                routes.isSubset(of: paused)
                ? "every route is paused" : "no route can be reached: its requests are not delivered"
            found.add("routes", none, where: routes.isSubset(of: paused.union(away)))
        } catch {
            found.add("ledger", error.description, where: true)
        }
    }
}
