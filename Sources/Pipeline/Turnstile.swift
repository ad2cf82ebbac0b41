import Domain
import Synchronization

/// Lets at most `width` callers in at a time, first come, first in; `close` turns the waiting ones away.
package final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var isClosed = false
        var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var next = 0
    }

    private let state: Mutex<State>

    package init(width: Int) {
        state = Mutex(State(free: max(1, width)))
    }

    /// Waits for a place; false when the turnstile is closed.
    package func enter() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.isClosed { return false }
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.next += 1
                state.waiting.append((state.next, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Gives the place to the next one.
    package func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    /// Turns away everybody who waits, and whoever comes after.
    package func close() {
        let turnedAway = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in turnedAway { one.continuation.resume(returning: false) }
    }
}

/// A token bucket of one: requests are spread evenly, so that no minute sees more than the pace.
///
/// A larger bucket would let twice the pace through in its first minute, and providers answer that with 429.
package struct TokenBucket: Sendable {
    private let perMinute: Double
    private var tokens = 1.0
    private var filled: Int64

    /// - Parameters:
    ///   - requestsPerMinute: the pace, at least 1.
    ///   - now: milliseconds of a monotonic clock.
    package init(requestsPerMinute: Int, now: Int64) {
        perMinute = Double(max(1, requestsPerMinute))
        filled = now
    }

    /// Takes a token, and says how many milliseconds to wait before it may be used.
    package mutating func take(now: Int64) -> Int64 {
        tokens = min(1, tokens + Double(max(0, now - filled)) * perMinute / 60_000)
        filled = max(filled, now)
        tokens -= 1
        return tokens >= 0 ? 0 : Int64((-tokens * 60_000 / perMinute).rounded(.up))
    }

    /// Gives back a token that was not used.
    package mutating func giveBack() { tokens = min(1, tokens + 1) }
}
