import Disk
import Sealing
import Synchronization

/// One sealed file being written, under another name until it is whole.
final class FileBlobWriter: BlobWriter {
    let id: String
    private let path: String
    private let recipient: Recipient
    private let state: Mutex<SealedFile?>
    private let written = Mutex(0)

    init(id: String, path: String, recipient: Recipient) throws(VaultError) {
        self.id = id
        self.path = path
        self.recipient = recipient
        do throws(DiskError) {
            state = Mutex(SealedFile(file: try Descriptor.creating(path + FileBlobs.unfinished), recipient: recipient))
        } catch {
            throw .disk(error)
        }
    }

    var count: Int { written.withLock { $0 } }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        try state.withLock { (state) throws(VaultError) in
            guard state != nil else { throw .disk(DiskError("write a finished file", code: 9)) }
            try unsafe state?.write(bytes.bytes)
        }
        written.withLock { $0 += bytes.count }
    }

    func beside(_ number: Int) throws(VaultError) -> any BlobWriter {
        try FileBlobWriter(id: BlobID.beside(id, number), path: BlobID.beside(path, number), recipient: recipient)
    }

    func close() throws(VaultError) {
        try state.withLock { (state) throws(VaultError) in try state?.close() }
    }

    func finish() throws(VaultError) {
        do throws(VaultError) {
            try state.withLock { (state) throws(VaultError) in try state.take()?.finish() }
            do throws(DiskError) {
                try Files.rename(path + FileBlobs.unfinished, to: path)
                try Folders.sync(Files.parent(of: path))
            } catch {
                throw .disk(error)
            }
        } catch {
            abandon()
            throw error
        }
    }

    func abandon() {
        state.withLock { $0 = nil }
        try? Files.remove(path + FileBlobs.unfinished)
    }
}

/// An open file and what seals its bytes.
private struct SealedFile: ~Copyable {
    let file: Descriptor
    let recipient: Recipient
    /// Made with the first bytes: a thousand calls may wait for theirs.
    var sealer: Sealer?
    var isClosed = false

    init(file: consuming Descriptor, recipient: Recipient) {
        self.file = file
        self.recipient = recipient
    }

    mutating func write(_ bytes: RawSpan) throws(VaultError) {
        guard !isClosed else { throw .disk(DiskError("write a finished file", code: 9)) }
        try prepare()
        try Self.write(bytes, &sealer, file)
    }

    mutating func close() throws(VaultError) {
        guard !isClosed else { return }
        isClosed = true
        try prepare()
        try Self.end(sealer.take(), file)
    }

    consuming func finish() throws(VaultError) {
        try close()
        do throws(DiskError) { try file.sync() } catch { throw .disk(error) }
    }

    private mutating func prepare() throws(VaultError) {
        guard sealer == nil else { return }
        do throws(SealingError) { sealer = try Sealer(to: [recipient]) } catch { throw .unopened(error) }
    }

    private static func write(_ bytes: RawSpan, _ sealer: inout Sealer?, _ file: borrowing Descriptor)
        throws(VaultError)
    {
        do throws(DiskError) {
            try sealer?.add(bytes) { (sealed) throws(DiskError) in try put(sealed, file) }
        } catch {
            throw .disk(error)
        }
    }

    private static func end(_ sealer: consuming Sealer?, _ file: borrowing Descriptor) throws(VaultError) {
        do throws(DiskError) {
            try sealer.take()?.finish { (sealed) throws(DiskError) in try put(sealed, file) }
        } catch {
            throw .disk(error)
        }
    }

    private static func put(_ sealed: RawSpan, _ file: borrowing Descriptor) throws(DiskError) {
        try unsafe sealed.withUnsafeBytes { (sealed) throws(DiskError) in try unsafe file.write(sealed) }
    }
}
