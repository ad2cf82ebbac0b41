import Disk
package import Domain
import Synchronization

/// Room on the spool's disk that is spoken for: an answer is only asked for when there is room for it and its output.
package final class DiskReserve: Sendable {
    /// With no more free inodes than these nothing is begun, however many bytes are free: an outcome needs a handful of files.
    package static let fewestInodes: Int64 = 1000

    private let folder: String
    private let minFree: Int64
    private let reserved = Mutex<Int64>(0)

    /// - Parameters:
    ///   - folder: on the file system that is meant.
    ///   - minFree: bytes that must stay free beside what is reserved.
    package init(folder: String, minFree: ByteCount) {
        self.folder = folder
        self.minFree = Int64(minFree.bytes)
    }

    /// Sets `bytes` aside until `release`; false when they are not there.
    package func reserve(_ bytes: Int64) -> Bool {
        guard let free = try? Folders.free(folder), free.inodes > Self.fewestInodes else { return false }
        return reserved.withLock { reserved in
            guard free.bytes - reserved - minFree >= bytes else { return false }
            reserved += bytes
            return true
        }
    }

    package func release(_ bytes: Int64) { reserved.withLock { $0 -= bytes } }

    /// Whether anything new may be taken in.
    package var hasRoom: Bool {
        guard let free = try? Folders.free(folder) else { return false }
        return free.bytes >= minFree && free.inodes > Self.fewestInodes
    }
}
