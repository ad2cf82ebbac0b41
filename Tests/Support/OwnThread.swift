import Foundation

/// Runs blocking work on a thread of its own.
package func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = Thread { @Sendable in continuation.resume(returning: work()) }
        thread.start()
    }
}
