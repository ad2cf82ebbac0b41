import Glibc

/// What a worker has at hand when it locks itself: afterwards nothing more can be had.
enum Equipment: String, Sendable {
    /// Our own code only. It is ready at once, and answers `WorkerError.needsLibrary` where that is not enough.
    case light
    /// libvips too, started, with its modules.
    case full

    /// The environment variable that tells a worker; whatever is not known is `full`.
    static let variable = "DARKROOM_WORKER_EQUIPMENT"

    /// What this process was told.
    static var told: Equipment {
        guard let text = unsafe getenv(variable) else { return .full }
        return unsafe Equipment(rawValue: String(cString: text)) ?? .full
    }
}
