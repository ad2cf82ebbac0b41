import Dispatch

/// Threads of its own for calls that wait for the disk, so that none waits on the shared threads of Swift concurrency.
package final class BlockingLane: Sendable {
    package static let disk = BlockingLane(label: "disk", width: 4)

    private let queue: DispatchQueue
    private let slots: DispatchSemaphore

    /// - Parameter width: most calls at a time.
    package init(label: String, width: Int) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
        slots = DispatchSemaphore(value: width)
    }

    /// Runs `work` here and comes back with what it gave or threw.
    package func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async { @Sendable [slots] in
                slots.wait()
                defer { slots.signal() }
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
