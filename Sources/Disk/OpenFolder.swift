import CDiskShim
import Glibc

/// A folder that is held open. Everything is resolved beneath it, one name at a time, and no link is followed: whatever
/// somebody puts in the place of a name meanwhile, nothing outside of the folder is opened, read, moved or deleted.
package struct OpenFolder: ~Copyable, Sendable {
    private let file: Descriptor

    /// Opens the folder at `path`; links in that are the operator's own and are followed.
    package init(_ path: String) throws(DiskError) { file = try Descriptor.folder(path) }

    private init(adopting file: consuming Descriptor) { self.file = file }

    // MARK: looking

    package borrowing func info() throws(DiskError) -> FileInfo { try file.info() }

    /// What stands at the name; nil when nothing does.
    package borrowing func info(_ name: String) throws(DiskError) -> FileInfo? {
        var status = stat()
        if unsafe fstatat(file.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return FileInfo(status) }
        guard errno == ENOENT || errno == ENOTDIR else { throw DiskError("look at a file") }
        return nil
    }

    /// As `Folders.list`.
    package borrowing func list() throws(DiskError) -> (entries: [Folders.Entry], unreadableNames: Int) {
        var entries: [Folders.Entry] = []
        var unreadable = 0
        try eachName { (name) throws(DiskError) in
            let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                unreadable += 1
                return
            }
            var status = stat()
            guard unsafe fstatat(file.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
            entries.append(Folders.Entry(name: text, info: FileInfo(status)))
        }
        return (entries.sorted { $0.name < $1.name }, unreadable)
    }

    private borrowing func eachName(_ body: ([CChar]) throws(DiskError) -> Void) throws(DiskError) {
        // A stream of its own: `closedir` closes what it was given.
        let own = unsafe openat(file.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw DiskError("open a folder") }
        guard let stream = unsafe fdopendir(own) else {
            close(own)
            throw DiskError("list a folder")
        }
        defer { unsafe closedir(stream) }
        while let record = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &record.pointee.d_name) { field in
                unsafe field.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            if name == [46, 0] || name == [46, 46, 0] { continue }
            try body(name)
        }
    }

    // MARK: opening

    /// The folder of that name; `ELOOP` or `ENOTDIR` where it is none.
    package borrowing func folder(_ name: String) throws(DiskError) -> OpenFolder {
        OpenFolder(adopting: try open(name, O_RDONLY | O_DIRECTORY))
    }

    private borrowing func open(_ name: String, _ flags: Int32) throws(DiskError) -> Descriptor {
        let number = unsafe dk_open_beneath(file.number, name, flags)
        guard number >= 0 else { throw DiskError("open a file") }
        return Descriptor(adopting: number)
    }

    /// Opens a regular file with one name for reading, without waiting for anybody; `ELOOP` for anything else.
    package borrowing func readingOwn(_ name: String) throws(DiskError) -> Descriptor {
        let found = try open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        guard try found.info().isOwnFile else { throw DiskError("open a file", code: ELOOP) }
        return found
    }

    /// The whole of a regular file with one name; nil when it has more than `limit` bytes.
    package borrowing func readOwn(_ name: String, limit: Int) throws(DiskError) -> [UInt8]? {
        try readingOwn(name).readAll(limit: limit)
    }

    // MARK: changing

    /// Makes a folder that must not exist yet, and opens it.
    package borrowing func makeFolder(_ name: String) throws(DiskError) -> OpenFolder {
        guard unsafe mkdirat(file.number, name, 0o700) == 0 else { throw DiskError("make a folder") }
        return try folder(name)
    }

    /// Moves a name, whatever it stands for, into another folder.
    package borrowing func move(_ name: String, to other: borrowing OpenFolder) throws(DiskError) {
        guard unsafe renameat(file.number, name, other.file.number, name) == 0 else { throw DiskError("rename a file") }
    }

    /// Deletes a file or link, or a folder and all in it, at most so many levels deep; one that is gone is no error.
    package borrowing func remove(_ name: String, levels: Int = 16) throws(DiskError) {
        try remove(Array(name.utf8CString), levels)
    }

    private borrowing func remove(_ name: [CChar], _ levels: Int) throws(DiskError) {
        if unsafe unlinkat(file.number, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw DiskError("delete a file") }
        guard levels > 0 else { throw DiskError("delete a folder this deep", code: ELOOP) }
        let number = unsafe dk_open_beneath(file.number, name, O_RDONLY | O_DIRECTORY)
        guard number >= 0 else {
            if errno == ENOENT { return }
            throw DiskError("open a folder")
        }
        let inner = OpenFolder(adopting: Descriptor(adopting: number))
        try inner.eachName { (below) throws(DiskError) in try inner.remove(below, levels - 1) }
        guard unsafe unlinkat(file.number, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw DiskError("delete a folder")
        }
    }

    /// Makes names in the folder durable.
    package borrowing func sync() throws(DiskError) { try file.sync() }
}
