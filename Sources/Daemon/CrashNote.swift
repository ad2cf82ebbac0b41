import CLinuxShim
import Disk

/// A file that says whether the last run ended by a fault of its own, rather than by a kill, a power cut, or in order.
struct CrashNote: ~Copyable {
    /// Whether the run before this one crashed.
    let wasCrash: Bool
    private let file: Descriptor

    /// Reads what the last run left at `path`, and has this run write there.
    init(_ path: String) throws(DiskError) {
        wasCrash = ((try? Files.info(path)) ?? nil).map { $0.bytes > 0 } ?? false
        try Files.remove(path)
        file = try Descriptor.creating(path)
        lx_note_crashes(file.number)
    }
}
