import Digests
import Disk
import Synchronization

/// Blobs as files of one private folder, each named by 128 random bits.
package struct FileBlobs: BlobStore {
    private static let unfinished = ".part"
    private let folder: String

    /// - Parameter folder: exists, on the spool's file system, mode 0700.
    package init(folder: String) {
        self.folder = folder
    }

    package func begin() async throws(VaultError) -> any BlobWriter {
        let id = hexadecimal(randomBytes(16))
        let path = folder + "/" + id
        return try await Self.onDisk { () throws(DiskError) in
            FileBlobWriter(id: id, path: path, file: try Descriptor.creating(path + Self.unfinished))
        }
    }

    package func get(_ id: String, limit: Int) async throws(VaultError) -> [UInt8] {
        let path = folder + "/" + id
        let bytes: [UInt8]?
        do throws(VaultError) {
            bytes = try await Self.onDisk { () throws(DiskError) in try Files.read(path, limit: limit) }
        } catch .disk(let error) where error.isMissing {
            throw .missing
        }
        guard let bytes else { throw .tooLarge(limit: limit) }
        return bytes
    }

    package func head(_ id: String, count: Int) async throws(VaultError) -> [UInt8] {
        let path = folder + "/" + id
        do throws(VaultError) {
            return try await Self.onDisk { () throws(DiskError) in try Files.readStart(path, count: count) }
        } catch .disk(let error) where error.isMissing {
            throw .missing
        }
    }

    package func size(_ id: String) async throws(VaultError) -> Int {
        let path = folder + "/" + id
        let info = try await Self.onDisk { () throws(DiskError) in try Files.info(path) }
        guard let info else { throw .missing }
        return Int(clamping: info.bytes)
    }

    package func destroy(_ id: String) async throws(VaultError) {
        let path = folder + "/" + id
        let folder = folder
        try await Self.onDisk { () throws(DiskError) in
            try Files.remove(path)
            try Folders.sync(folder)
        }
    }

    package func list() async throws(VaultError) -> [(id: String, changed: Int64)] {
        let folder = folder
        return try await Self.onDisk { () throws(DiskError) in
            try Folders.list(folder).entries.map { ($0.name, $0.info.changed / 1_000_000) }
        }
    }

    private static func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws(DiskError) -> Value
    ) async throws(VaultError) -> Value {
        do throws(DiskError) {
            return try await BlockingLane.disk.run(work)
        } catch {
            throw .disk(error)
        }
    }

    private final class FileBlobWriter: BlobWriter {
        private struct State: ~Copyable {
            var file: Descriptor?
            var count = 0
        }

        let id: String
        private let path: String
        private let state: Mutex<State>

        init(id: String, path: String, file: consuming Descriptor) {
            self.id = id
            self.path = path
            state = Mutex(State(file: file))
        }

        var count: Int { state.withLock { $0.count } }

        func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
            do throws(DiskError) {
                try state.withLock { (state) throws(DiskError) in
                    guard state.file != nil else { throw DiskError("write a finished file", code: 9) }
                    try unsafe state.file?.write(bytes)
                    state.count += bytes.count
                }
            } catch {
                throw .disk(error)
            }
        }

        func beside(_ number: Int) throws(VaultError) -> any BlobWriter {
            let path = BlobID.beside(path, number)
            do throws(DiskError) {
                let file = try Descriptor.creating(path + FileBlobs.unfinished)
                return FileBlobWriter(id: BlobID.beside(id, number), path: path, file: file)
            } catch {
                throw .disk(error)
            }
        }

        func finish() throws(VaultError) {
            do throws(DiskError) {
                try state.withLock { (state) throws(DiskError) in
                    try state.file?.sync()
                    state.file = nil
                }
                try Files.rename(path + FileBlobs.unfinished, to: path)
                try Folders.sync(Files.parent(of: path))
            } catch {
                abandon()
                throw .disk(error)
            }
        }

        func abandon() {
            state.withLock { $0.file = nil }
            try? Files.remove(path + FileBlobs.unfinished)
        }
    }
}
