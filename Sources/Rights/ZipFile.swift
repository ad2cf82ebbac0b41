import CArchiveShim
import Disk
import Synchronization

/// A zip file on its way out: entries are stored one after the other as they come, and nothing of them is kept in memory.
final class ZipFile: Sendable {
    @safe private struct Handle: ~Copyable, @unchecked Sendable {
        private var pointer: OpaquePointer?

        init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

        func use(_ work: (OpaquePointer) -> Int32) throws(DiskError) {
            guard let pointer = unsafe pointer else { throw DiskError("write a finished package", code: 9) }
            let code = unsafe work(pointer)
            guard code == 0 else { throw DiskError("write a package", code: code) }
        }

        mutating func take() throws(DiskError) -> OpaquePointer {
            guard let taken = unsafe pointer else { throw DiskError("write a finished package", code: 9) }
            unsafe pointer = nil
            return unsafe taken
        }

        deinit { if let pointer = unsafe pointer { unsafe ax_zip_abandon(pointer) } }
    }

    private let handle: Mutex<Handle>

    /// - Parameter descriptor: open for writing; stays the caller's.
    init(to descriptor: Int32) throws(DiskError) {
        guard let pointer = unsafe ax_zip_begin(descriptor) else { throw DiskError("begin a package", code: 12) }
        handle = Mutex(unsafe Handle(pointer))
    }

    /// One entry that is whole in memory.
    func add(_ name: String, _ bytes: [UInt8], modified: Int64) throws(DiskError) {
        try begin(name, count: Int64(bytes.count), modified: modified)
        try write(bytes)
    }

    /// One entry from a regular file, a piece at a time; how many bytes it has, nil where there is no such file any more.
    func add(_ name: String, file path: String) throws(DiskError) -> Int64? {
        let file: Descriptor
        do throws(DiskError) { file = try Descriptor.reading(path) } catch {
            if error.isMissing { return nil }
            throw error
        }
        let info = try file.info()
        guard info.kind == .file else { return nil }
        try begin(name, count: info.bytes, modified: info.modified / 1_000_000_000)
        var offset: Int64 = 0
        while offset < info.bytes {
            let piece = try file.read(Int(min(Self.piece, info.bytes - offset)), at: offset)
            guard !piece.isEmpty else { throw DiskError("read a file that became shorter", code: 5) }
            try write(piece)
            offset += Int64(piece.count)
        }
        return info.bytes
    }

    func end() throws(DiskError) {
        try handle.withLock { (handle) throws(DiskError) in
            let pointer = unsafe try handle.take()
            let code = unsafe ax_zip_end(pointer)
            guard code == 0 else { throw DiskError("write a package", code: code) }
        }
    }

    private static let piece: Int64 = 256 << 10

    private func begin(_ name: String, count: Int64, modified: Int64) throws(DiskError) {
        try handle.withLock { (handle) throws(DiskError) in
            try unsafe handle.use { unsafe ax_zip_entry($0, name, count, modified) }
        }
    }

    private func write(_ bytes: [UInt8]) throws(DiskError) {
        try handle.withLock { (handle) throws(DiskError) in
            try unsafe handle.use { pointer in
                unsafe bytes.withUnsafeBytes { buffer in
                    unsafe buffer.baseAddress.map { unsafe ax_zip_write(pointer, $0, buffer.count) } ?? 0
                }
            }
        }
    }
}
