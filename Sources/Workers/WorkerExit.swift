/// How a worker process ends when it can not go on, as its exit code.
enum WorkerExit: Int32, CaseIterable {
    case done = 0
    /// Not started by a pool: no socket, or another parent.
    case notAWorker = 64
    case imaging = 70
    case kernel = 71
    case protocolBroken = 76

    static func words(for code: Int32) -> String {
        switch WorkerExit(rawValue: code) {
        case .notAWorker: "it was not started by a pool (64)"
        case .imaging: "libvips could not be started (70)"
        case .kernel: "the kernel refused a protection (71)"
        default: "it ended with code \(code)"
        }
    }
}
