import Disk
import Domain
import Journal
import Ledger
import Settings
import Synchronization

/// Claims jobs that can go on and runs each in a task of its own, at most `mostInFlight` at a time.
package final class Conductor: Sendable {
    private let shop: Workshop
    private let owner: String
    private let mostInFlight: Int
    private let running = Atomic<Int>(0)
    private let isIdle = Atomic(false)
    /// Jobs that nobody works on although the ledger says so, for it could not be written, and when to try again.
    private let stranded = Mutex<[(hold: Hold, after: Int64)]>([])
    private let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    private static let lease = Span.hours(1)
    /// Longest time between two looks at the ledger: other processes write to it too.
    private static let longestSleep = Span.seconds(5)

    /// Jobs under way beside those whose calls the routes let through: in preparation, being finished, or waiting for a lane.
    private static let beside = 256

    /// - Parameter owner: name of this run, new at every start.
    package init(_ shop: Workshop, owner: String) {
        self.shop = shop
        self.owner = owner
        mostInFlight = shop.configuration.routes.values.reduce(Self.beside) { $0 + $1.concurrency }
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that there may be something to do.
    package func poke() {
        isIdle.store(false, ordering: .releasing)
        continuation.yield()
    }

    /// Jobs under way.
    package var inFlight: Int { running.load(ordering: .acquiring) }

    /// Whether nothing is under way and nothing could be claimed when last tried.
    package var isResting: Bool { isIdle.load(ordering: .acquiring) && inFlight == 0 }

    /// Runs until `stop`; what is under way then is awaited.
    package func run() async {
        poke()
        await tryAlone()
        await withDiscardingTaskGroup { group in
            var alarm: Task<Void, Never>?
            for await _ in wakes {
                if shop.stopping.isSet { break }
                // Before the claim: a job that is claimed and not yet counted must not look like rest.
                isIdle.store(false, ordering: .releasing)
                let claimed = await claim()
                for job in claimed ?? [] {
                    running.add(1, ordering: .acquiringAndReleasing)
                    group.addTask {
                        if !(await JobRunner(self.shop).run(job)) { self.strand(job) }
                        self.running.subtract(1, ordering: .acquiringAndReleasing)
                        self.poke()
                    }
                }
                if claimed?.isEmpty ?? true { isIdle.store(true, ordering: .releasing) }
                alarm?.cancel()
                let sleep = await sleep(after: claimed)
                alarm = Task {
                    try? await Task.sleep(for: sleep.duration)
                    if !Task.isCancelled { self.continuation.yield() }
                }
            }
            alarm?.cancel()
        }
    }

    /// Claims nothing more; `run` returns when what is under way has come to a stop.
    package func stop() {
        shop.stop()
        continuation.yield()
        continuation.finish()
    }

    /// Jobs that were under way when the daemon died go one at a time, as far as their next paid call: one that ends the daemon
    /// again was alone then, and no other is taken for it.
    private func tryAlone() async {
        while !shop.stopping.isSet {
            do throws(LedgerError) {
                guard let job = try await shop.ledger.claimSuspect(for: owner, lease: Self.lease) else { return }
                shop.recorder.log.info("a job that was under way when the daemon died goes on alone", ["job": job.id])
                running.add(1, ordering: .acquiringAndReleasing)
                if !(await JobRunner(shop).run(job, alone: true)) { strand(job) }
                running.subtract(1, ordering: .acquiringAndReleasing)
            } catch {
                shop.recorder.log.error("no job could be claimed", ["why": error.description])
                try? await Task.sleep(for: .seconds(1))
            }
            await freeStranded()
        }
    }

    private func strand(_ job: JobRecord) {
        stranded.withLock { $0.append((job.hold, Monotonic.milliseconds() + Self.longestSleep.milliseconds)) }
    }

    /// Gives back what could not be given back before: a disk that was full must not keep jobs until the next start.
    private func freeStranded() async {
        let now = Monotonic.milliseconds()
        let due = stranded.withLock { stranded in
            let due = stranded.filter { $0.after <= now }
            stranded.removeAll { $0.after <= now }
            return due
        }
        for (place, one) in due.enumerated() {
            do throws(LedgerError) {
                try await shop.ledger.release(one.hold)
            } catch {
                return stranded.withLock { $0 += due[place...].map { ($0.hold, now + Self.longestSleep.milliseconds) } }
            }
        }
    }

    /// Nil where nothing may be claimed or nothing could be.
    private func claim() async -> [JobRecord]? {
        await freeStranded()
        let room = mostInFlight - inFlight
        guard room > 0 else { return nil }
        do throws(LedgerError) {
            return try await shop.ledger.claim(min(room, 32), for: owner, lease: Self.lease)
        } catch {
            shop.recorder.log.error("no job could be claimed", ["why": error.description])
            return nil
        }
    }

    private func sleep(after claimed: [JobRecord]?) async -> Span {
        // Whatever is due is due still: looking at once would be looking all the time. A job that ends pokes.
        guard let claimed else { return .seconds(1) }
        guard claimed.isEmpty else { return .zero }
        guard let now = try? await shop.ledger.now(), let wake = try? await shop.ledger.nextWake() else {
            return Self.longestSleep
        }
        return min(Self.longestSleep, max(Span(milliseconds: 10), wake.since(now)))
    }
}
