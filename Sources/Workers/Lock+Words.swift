import CLinuxShim

extension WorkerPool {
    /// What the lock of a worker is made of on this machine, for people.
    package static var lockWords: String {
        "no_new_privs, seccomp, Landlock \(lx_landlock_version()), limits of memory and time"
    }
}
