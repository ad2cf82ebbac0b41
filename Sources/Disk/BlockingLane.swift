import Dispatch
import Synchronization

/// Threads of its own for calls that wait for the disk, so that none waits on the shared threads of Swift concurrency.
///
/// Calls beyond the width wait in a list, first come, first served; they hold no thread meanwhile.
package final class BlockingLane: Sendable {
    package static let disk = BlockingLane(label: "disk", width: 4)

    private typealias Call = @Sendable () -> Void

    private struct State {
        var running = 0
        /// Those that were taken are nil: what they hold may be pictures.
        var waiting: [Call?] = []
        /// How many of `waiting` were taken; the list is cut when half of it was.
        var taken = 0
    }

    private let queue: DispatchQueue
    private let width: Int
    private let state = Mutex(State())

    /// - Parameter width: most calls at a time.
    package init(label: String, width: Int) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
        self.width = width
    }

    /// Runs `work` here and comes back with what it gave or threw.
    package func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            submit {
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private func submit(_ call: @escaping Call) {
        let isNeeded = state.withLock { state in
            state.waiting.append(call)
            guard state.running < width else { return false }
            state.running += 1
            return true
        }
        if isNeeded { queue.async { @Sendable in self.serve() } }
    }

    private func serve() {
        while let call = next() { call() }
    }

    private func next() -> Call? {
        state.withLock { state in
            guard state.taken < state.waiting.count else {
                state.waiting = []
                state.taken = 0
                state.running -= 1
                return nil
            }
            let call = state.waiting[state.taken]
            state.waiting[state.taken] = nil
            state.taken += 1
            if state.taken > 64, state.taken * 2 > state.waiting.count {
                state.waiting.removeFirst(state.taken)
                state.taken = 0
            }
            return call
        }
    }
}
