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
    package var hasRoom: Bool { shortage == nil }

    /// Why nothing new may be taken in, with what is free and what has to be; nil where there is room.
    package var shortage: String? {
        guard let free = try? Folders.free(folder) else { return "it can not be told how much is free on the disk" }
        if free.bytes < minFree {
            let least = minFree / 1_000_000
            return "\(free.bytes / 1_000_000) MB are free on the disk, less than disk.min_free (\(least) MB): make room"
        }
        guard free.inodes <= Self.fewestInodes else { return nil }
        return
            "\(free.inodes) more files fit on the disk's inodes, and more than \(Self.fewestInodes) have to: remove files"
    }
}
