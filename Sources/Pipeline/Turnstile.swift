import Domain
import Synchronization

/// Lets callers in as long as what they weigh together is at most `width`: first come, first in, so that a heavy one is not
/// passed for ever by light ones. `close` turns the waiting ones away.
package final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var isClosed = false
        var waiting: [(weight: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state: Mutex<State>
    private let width: Int

    package init(width: Int) {
        self.width = max(1, width)
        state = Mutex(State(free: self.width))
    }

    /// Waits for room; false when the turnstile is closed. Whoever weighs more than all there is goes in alone.
    package func enter(_ weight: Int = 1) async -> Bool {
        let weight = bounded(weight)
        return await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.isClosed { return false }
                if state.waiting.isEmpty, state.free >= weight {
                    state.free -= weight
                    return true
                }
                state.waiting.append((weight, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func bounded(_ weight: Int) -> Int { min(max(weight, 1), width) }

    /// Gives the room to those who are next; `weight` as it was at `enter`.
    package func leave(_ weight: Int = 1) {
        let next = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.free += bounded(weight)
            var next: [CheckedContinuation<Bool, Never>] = []
            while let first = state.waiting.first, first.weight <= state.free {
                state.free -= first.weight
                next.append(state.waiting.removeFirst().continuation)
            }
            return next
        }
        for one in next { one.resume(returning: true) }
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
