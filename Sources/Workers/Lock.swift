import CLinuxShim
import Domain
import Glibc
import Imaging

/// What a worker does between its start and its first word to the pool, in this order: nothing that opens files or makes
/// executable memory may come after the lock, and no byte of a picture before it.
enum Lock {
    /// The environment variable that names the `SandboxLevel`; whatever is not known is `required`.
    static let variable = "DARKROOM_WORKER_SANDBOX"

    static var level: SandboxLevel {
        guard let text = unsafe getenv(variable) else { return .required }
        return unsafe SandboxLevel(rawValue: String(cString: text)) ?? .required
    }

    /// Nil when this process is as locked as it was told to be.
    static func prepare(keptErrorOutput: Bool) -> WorkerExit? {
        switch Equipment.told {
        case .light: Vips.bar()
        case .full:
            do { try Vips.start(threads: 1) } catch { return .imaging }
            Vips.makeVectorCode()
        }
        var refused = lx_limit_worker()
        if refused == 0, level == .required { refused = lx_lock_worker(keptErrorOutput ? 1 : 0) }
        return refused == 0 ? nil : WorkerExit(rawValue: refused) ?? .kernel
    }
}
