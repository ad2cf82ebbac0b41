import CDiskShim
import Glibc

/// An open file with one owner; closed when the value ends.
package struct Descriptor: ~Copyable, Sendable {
    package let number: Int32

    package init(adopting number: Int32) {
        self.number = number
    }

    deinit { close(number) }

    /// Gives the descriptor to a new owner.
    package consuming func surrender() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Opens for reading without following a link and without waiting for a FIFO's writer.
    package static func reading(_ path: String) throws(DiskError) -> Descriptor {
        try open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, "open a file")
    }

    /// Makes a file that must not exist yet, with mode 0600.
    package static func creating(_ path: String) throws(DiskError) -> Descriptor {
        try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, "create a file")
    }

    /// Opens a file that is there for writing over what it holds.
    package static func overwriting(_ path: String) throws(DiskError) -> Descriptor {
        try open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, "overwrite a file")
    }

    /// Opens for writing at the end.
    ///
    /// - Parameter makes: makes the file, with mode 0600, where there is none.
    package static func appending(_ path: String, makes: Bool = false) throws(DiskError) -> Descriptor {
        let flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (makes ? O_CREAT : 0)
        return try open(path, flags, "open a file to go on with it")
    }

    package static func folder(_ path: String, followsLink: Bool = true) throws(DiskError) -> Descriptor {
        try open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW), "open a folder")
    }

    private static func open(_ path: String, _ flags: Int32, _ operation: String) throws(DiskError) -> Descriptor {
        let number = unsafe Glibc.open(path, flags, mode_t(0o600))
        guard number >= 0 else { throw DiskError(operation) }
        return Descriptor(adopting: number)
    }

    package borrowing func info() throws(DiskError) -> FileInfo {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw DiskError("look at a file") }
        return FileInfo(status)
    }

    /// Writes all of `bytes`, going on after short writes.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let count = unsafe Glibc.write(number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw DiskError("write a file") }
            unsafe rest = rest.dropFirst(count)
        }
    }

    package borrowing func write(_ bytes: [UInt8]) throws(DiskError) {
        var failure: DiskError?
        unsafe bytes.withUnsafeBytes { buffer in
            do throws(DiskError) { try unsafe write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Reads to the end, at most `limit` bytes; nil when there are more.
    package borrowing func readAll(limit: Int) throws(DiskError) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(limit, Int(try info().bytes)) + 1)
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw DiskError("read a file") }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { return nil }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Reads at most `count` bytes from where it stands.
    package borrowing func readStart(_ count: Int) throws(DiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe buffer.baseAddress.map { unsafe Glibc.read(number, $0 + filled, count - filled) } ?? 0
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw DiskError("read a file") }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes[..<filled])
    }

    /// Reads at most `count` bytes that stand at `offset`; fewer only at the end of the file.
    package borrowing func read(_ count: Int, at offset: Int64) throws(DiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe buffer.baseAddress.map {
                    unsafe pread(number, $0 + filled, count - filled, off_t(offset) + off_t(filled))
                } ?? 0
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw DiskError("read a file") }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Writes over what stands at `offset`.
    package borrowing func write(_ bytes: [UInt8], at offset: Int64) throws(DiskError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe buffer.baseAddress.map {
                    unsafe pwrite(number, $0 + written, buffer.count - written, off_t(offset) + off_t(written))
                } ?? 0
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw DiskError("write a file") }
            written += count
        }
    }

    /// Sets the mode whatever the caller's umask.
    package borrowing func setMode(_ mode: UInt32) throws(DiskError) {
        guard fchmod(number, mode) == 0 else { throw DiskError("set a file's mode") }
    }

    /// Cuts the file off after so many bytes.
    package borrowing func truncate(to bytes: Int64) throws(DiskError) {
        guard ftruncate(number, off_t(bytes)) == 0 else { throw DiskError("cut a file off") }
    }

    /// When the file was made, in nanoseconds since 1970: a copy has another time. Nil where the file system does not tell.
    package borrowing func born() -> Int64? {
        let time = dk_born(number)
        return time == 0 ? nil : time
    }

    /// Makes what was written durable (`fsync`). A failure is final for this file: it is never tried again.
    package borrowing func sync() throws(DiskError) {
        guard fsync(number) == 0 else { throw DiskError("make a file durable") }
    }
}

/// What the file system says of a name.
package struct FileInfo: Sendable, Hashable {
    package enum Kind: Sendable { case file, folder, link, other }

    package let kind: Kind
    package let bytes: Int64
    package let links: Int
    package let owner: UInt32
    package let group: UInt32
    /// Permissions, with the set-id and sticky bits: 0o7777 at most.
    package let mode: UInt32
    package let inode: UInt64
    package let device: UInt64
    /// Nanoseconds since 1970.
    package let modified: Int64
    /// Nanoseconds since 1970.
    package let changed: Int64

    /// A regular file with one name: nobody else's by another one.
    package var isOwnFile: Bool { kind == .file && links == 1 }

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        bytes = Int64(status.st_size)
        links = Int(status.st_nlink)
        owner = status.st_uid
        group = status.st_gid
        mode = status.st_mode & 0o7777
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }
}
