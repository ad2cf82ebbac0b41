import Glibc

/// Runs `work` on a thread of its own until it returns.
package func startThread(_ work: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(ThreadWork(work))
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, threadBody, box.toOpaque())
    guard code == 0 else { fatalError("no thread could be started: \(DiskError.text(of: code))") }
    pthread_detach(thread)
}

private final class ThreadWork {
    let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) {
        self.work = work
    }
}

private func threadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let box = unsafe Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue()
    box.work()
    return nil
}
