/// How far a process that opens pictures is locked up.
package enum SandboxLevel: String, Sendable, CaseIterable {
    /// No file, no network, no other process, or no picture is opened at all.
    case required
    /// A process of its own with limits of memory and time, and nothing more: for machines whose kernel has no lock.
    case off
}
