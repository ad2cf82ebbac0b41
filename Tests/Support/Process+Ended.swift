import Foundation

extension Process {
    /// Blocks until the process has ended, in the kernel: `waitUntilExit` alone turns in a run loop that has nothing to wait for,
    /// and takes a whole processor from the other tests.
    package func blockUntilEnded() {
        var facts = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(processIdentifier), &facts, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        waitUntilExit()
    }
}
