import CLinuxShim

/// How a worker process ends when it can not go on, as its exit code.
enum WorkerExit: Int32, CaseIterable {
    case done = 0
    /// Not started by a pool: no socket, or another parent.
    case notAWorker = 64
    case imaging = 70
    case kernel = 71
    case protocolBroken = 76

    // The parts of the lock, `LX_` in CLinuxShim.h.
    case notDetached = 80
    case moreThreads = 81
    case privilegesRefused = 82
    case noLandlock = 83
    case landlockRefused = 84
    case landlockUnproved = 85
    case seccompRefused = 86
    case seccompUnproved = 87
    case limitRefused = 88

    /// Whether the next worker would end the same way: this machine gives no lock, or has no libvips.
    var isForGood: Bool { self == .imaging || self == .kernel || rawValue >= Self.notDetached.rawValue }

    /// What is missing, for the operator.
    var words: String {
        switch self {
        case .done: "it ended by itself"
        case .notAWorker: "it was not started by a pool (64)"
        case .imaging: "libvips.so.42 can not be loaded or started; Debian's package is libvips42 (70)"
        case .kernel: "the kernel refused to tie it to its parent or to hide its memory, prctl (71)"
        case .protocolBroken: "it was spoken to in nonsense (76)"
        case .notDetached: "it can not be locked: its standard descriptors are not /dev/null (80)"
        case .moreThreads: "it can not be locked: it had more than one thread, or /proc is missing (81)"
        case .privilegesRefused: "it can not be locked: no_new_privs or non-dumpable, prctl, is refused (82)"
        case .noLandlock: "it can not be locked: this kernel has no Landlock, or has it switched off (83)"
        case .landlockRefused: "it can not be locked: landlock_restrict_self is refused (84)"
        case .landlockUnproved: "it can not be locked: Landlock did not take effect (85)"
        case .seccompRefused: "it can not be locked: a seccomp filter is refused (86)"
        case .seccompUnproved: "it can not be locked: the seccomp filter did not take effect (87)"
        case .limitRefused: "a resource limit, setrlimit, is refused (88)"
        }
    }

    /// Why a worker that ended with `code` before its first word can not be had.
    static func refusal(for code: Int32) -> WorkerError {
        guard let end = WorkerExit(rawValue: code) else {
            return .refusedToStart(detail: "it ended with code \(code)", isForGood: false)
        }
        return .refusedToStart(detail: end.words, isForGood: end.isForGood)
    }
}
