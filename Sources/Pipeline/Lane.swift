import Disk
import Domain
import Settings
import Synchronization

/// What one route lets through: at most `concurrency` calls at once, at most its pace a minute.
final class Lane: Sendable {
    private let turnstile: Turnstile
    private let bucket: Mutex<TokenBucket?>
    private let stopping: StopFlag

    init(_ route: Route, stopping: StopFlag) {
        turnstile = Turnstile(width: route.concurrency)
        bucket = Mutex(route.requestsPerMinute.map { TokenBucket(requestsPerMinute: $0, now: Self.now()) })
        self.stopping = stopping
    }

    /// Waits for a place and for the pace; false when the daemon stops first.
    func enter() async -> Bool {
        guard await turnstile.enter() else { return false }
        var wait = bucket.withLock { $0?.take(now: Self.now()) ?? 0 }
        while wait > 0 {
            let step = min(wait, 200)
            try? await Task.sleep(for: .milliseconds(step))
            wait -= step
            if stopping.isSet {
                bucket.withLock { $0?.giveBack() }
                turnstile.leave()
                return false
            }
        }
        return true
    }

    func leave() { turnstile.leave() }

    func close() { turnstile.close() }

    private static func now() -> Int64 {
        Monotonic.milliseconds()
    }
}

/// A flag that is set once: the daemon takes up nothing new.
package final class StopFlag: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isSet: Bool { flag.load(ordering: .acquiring) }
    package func set() { flag.store(true, ordering: .releasing) }
}
