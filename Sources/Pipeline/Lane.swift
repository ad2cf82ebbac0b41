import Disk
package import Domain
package import Settings
import Synchronization

/// What one route lets through: at most `concurrency` calls at once, at most its pace a minute. Where more wait, the highest
/// priority goes first, and parties take turns.
package final class Lane: Sendable {
    private struct State {
        var free: Int
        var isClosed = false
        var line = FairLine<CheckedContinuation<Bool, Never>>()
        var bucket: TokenBucket?
    }

    private let state: Mutex<State>
    private let stopping: StopFlag

    package init(_ route: Route, stopping: StopFlag) {
        let bucket = route.requestsPerMinute.map { TokenBucket(requestsPerMinute: $0, now: Self.now()) }
        state = Mutex(State(free: max(1, route.concurrency), bucket: bucket))
        self.stopping = stopping
    }

    /// Waits for a place and for the pace; false when the daemon stops first.
    package func enter(priority: Int = 0, party: String? = nil) async -> Bool {
        guard await place(priority, party) else { return false }
        var wait = state.withLock { $0.bucket?.take(now: Self.now()) ?? 0 }
        while wait > 0 {
            let step = min(wait, 200)
            try? await Task.sleep(for: .milliseconds(step))
            wait -= step
            if stopping.isSet {
                state.withLock { $0.bucket?.giveBack() }
                leave()
                return false
            }
        }
        return true
    }

    private func place(_ priority: Int, _ party: String?) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.isClosed { return false }
                if state.free > 0, state.line.isEmpty {
                    state.free -= 1
                    return true
                }
                state.line.append(continuation, priority: priority, party: party)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Gives the place to whoever is next.
    package func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            let next = state.line.popFirst()
            if next == nil { state.free += 1 }
            return next
        }
        next?.resume(returning: true)
    }

    /// Turns away everybody who waits, and whoever comes after.
    package func close() {
        let turnedAway = state.withLock { state in
            state.isClosed = true
            return state.line.removeAll()
        }
        for one in turnedAway { one.resume(returning: false) }
    }

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

    /// Waits so long, or until it is set or the task is cancelled; a stop is kept waiting for a fifth of a second at most.
    package func pause(_ span: Span) async {
        let until = Monotonic.milliseconds() + span.milliseconds
        while !isSet, !Task.isCancelled, case let left = until - Monotonic.milliseconds(), left > 0 {
            try? await Task.sleep(for: .milliseconds(min(200, left)))
        }
    }
}
