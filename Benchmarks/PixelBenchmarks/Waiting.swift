import Dispatch
import Synchronization

/// Waits on the calling thread for work that suspends; this program has nothing else to do meanwhile.
func waited<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) throws -> Result {
    let done = DispatchSemaphore(value: 0)
    let box = Box<Result>()
    Task {
        let made: Swift.Result<Result, any Error>
        do { made = .success(try await work()) } catch { made = .failure(error) }
        box.outcome.withLock { $0 = made }
        done.signal()
    }
    done.wait()
    guard let made = box.outcome.withLock({ $0 }) else { throw Unmeasured("the work ended without a result") }
    return try made.get()
}

private final class Box<Value: Sendable>: Sendable {
    let outcome = Mutex<Result<Value, any Error>?>(nil)
}
