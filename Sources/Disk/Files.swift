import CDiskShim
import Glibc

/// Files: write beside, make durable, rename over; never in place.
package enum Files {
    /// What stands at `path`, links not followed; nil when nothing does.
    package static func info(_ path: String) throws(DiskError) -> FileInfo? {
        var status = stat()
        if unsafe lstat(path, &status) == 0 { return FileInfo(status) }
        guard errno == ENOENT || errno == ENOTDIR else { throw DiskError("look at a file") }
        return nil
    }

    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Whether somebody has the regular file open for writing, or mapped into memory so; false where the kernel does not say.
    package static func isBeingWritten(_ path: String) -> Bool { unsafe dk_has_writer(path) == 1 }

    /// What somebody may want to do with a name.
    package enum Use: Int32, Sendable {
        case enter = 1
        case write = 2
        case read = 4
    }

    /// Why this process may not use what stands at `path` so, links followed; nil when it may (`faccessat`).
    package static func refusal(to use: Use, _ path: String) -> DiskError? {
        guard unsafe faccessat(AT_FDCWD, path, use.rawValue, Int32(AT_EACCESS)) != 0 else { return nil }
        return DiskError("use a file or folder")
    }

    /// The whole of a regular file; nil when it has more than `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(DiskError) -> [UInt8]? {
        try Descriptor.reading(path).readAll(limit: limit)
    }

    /// The whole of a regular file with one name, whatever stood there when it was looked at; nil when it has more bytes.
    package static func readOwn(_ path: String, limit: Int) throws(DiskError) -> [UInt8]? {
        try OpenFolder(parent(of: path)).readOwn(name(of: path), limit: limit)
    }

    /// The first bytes of a file, at most `count`.
    package static func readStart(_ path: String, count: Int) throws(DiskError) -> [UInt8] {
        try Descriptor.reading(path).readStart(count)
    }

    /// Puts `bytes` at `path`, durable with its name when the call returns.
    package static func writeDurably(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(DiskError) {
        let beside = path + ".tmp"
        try? remove(beside)
        do throws(DiskError) {
            let file = try Descriptor.creating(beside)
            guard fchmod(file.number, mode) == 0 else { throw DiskError("set a file's mode") }
            try file.write(bytes)
            try file.sync()
        } catch {
            try? remove(beside)
            throw error
        }
        try rename(beside, to: path)
        try Folders.sync(parent(of: path))
    }

    /// Puts zeros in the place of a file's bytes, durable when the call returns. One that is gone is no error.
    package static func overwrite(_ path: String) throws(DiskError) {
        // A key of ours may be read-only.
        _ = unsafe chmod(path, 0o600)
        let file: Descriptor
        do throws(DiskError) {
            file = try Descriptor.overwriting(path)
        } catch {
            if error.isMissing { return }
            throw error
        }
        let count = try file.info().bytes
        try file.write([UInt8](repeating: 0, count: Int(clamping: min(count, 1 << 20))))
        try file.sync()
    }

    /// Overwrites a small file, a key as a rule, before it is unlinked; the caller syncs the folder. What a file system keeps of
    /// bytes that are overwritten is its own: copies on write and flash may keep them.
    package static func shred(_ path: String) throws(DiskError) {
        try overwrite(path)
        try remove(path)
    }

    package static func rename(_ from: String, to: String) throws(DiskError) {
        guard unsafe Glibc.rename(from, to) == 0 else { throw DiskError("rename a file") }
    }

    /// Gives each of two names what the other had, at once (`renameat2`).
    package static func exchange(_ one: String, _ other: String) throws(DiskError) {
        guard unsafe dk_exchange(one, other) == 0 else { throw DiskError("exchange two folders") }
    }

    /// Renames, and fails with `EEXIST` where something already stands (`renameat2`).
    package static func renameToFree(_ from: String, to: String) throws(DiskError) {
        guard unsafe dk_rename_to_free(from, to) == 0 else { throw DiskError("rename a file") }
    }

    /// Gives a file a second name; false when there is no such file. A name that is there already is no error.
    package static func link(_ path: String, at second: String) throws(DiskError) -> Bool {
        if unsafe Glibc.link(path, second) == 0 || errno == EEXIST { return true }
        guard errno == ENOENT else { throw DiskError("link a file") }
        return false
    }

    /// Removes a name; one that is already gone is no error.
    package static func remove(_ path: String) throws(DiskError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw DiskError("delete a file") }
    }

    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// The path made absolute, links in it resolved; nil when it does not exist.
    package static func absolute(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
}

/// Folders, and what they hold.
package enum Folders {
    package struct Entry: Sendable, Hashable {
        package let name: String
        package let info: FileInfo
    }

    /// Makes the folder and those above it; one that stands already is no error.
    package static func make(_ path: String, mode: UInt32 = 0o700) throws(DiskError) {
        if unsafe mkdir(path, mode) == 0 { return }
        if errno == EEXIST {
            if try Files.info(path)?.kind == .file { throw DiskError("make a folder", code: ENOTDIR) }
            return
        }
        guard errno == ENOENT, path.contains("/") else { throw DiskError("make a folder") }
        try make(Files.parent(of: path), mode: mode)
        guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else { throw DiskError("make a folder") }
    }

    /// Gives the folder to a group, which what is made in it inherits: `mode` should have the set-group-id bit.
    package static func share(_ path: String, with group: UInt32, mode: UInt32) throws(DiskError) {
        guard unsafe chown(path, uid_t.max, group) == 0 else { throw DiskError("give a folder to its group") }
        try setMode(path, mode)
    }

    /// Lets the group write to all that is made in the folder, whatever the umask of who makes it (a default ACL, POSIX 1003.1e).
    ///
    /// A file system without them leaves it to the umask.
    package static func letGroupWrite(in path: String) throws(DiskError) {
        guard unsafe dk_share_with_group(path) == 0 || errno == EOPNOTSUPP else {
            throw DiskError("set a folder's ACL")
        }
    }

    /// Sets the mode whatever the caller's umask.
    package static func setMode(_ path: String, _ mode: UInt32) throws(DiskError) {
        guard unsafe chmod(path, mode) == 0 else { throw DiskError("set a mode") }
    }

    /// Sets when the folder counts as changed, milliseconds since 1970.
    package static func setModified(_ path: String, _ milliseconds: Int64) throws(DiskError) {
        let time = timespec(
            tv_sec: time_t(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000 * 1_000_000))
        let times = [time, time]
        guard unsafe utimensat(AT_FDCWD, path, times, 0) == 0 else { throw DiskError("set a time") }
    }

    /// Makes names in the folder durable (`fsync` on the folder).
    package static func sync(_ path: String) throws(DiskError) {
        try Descriptor.folder(path).sync()
    }

    /// Everything in the folder but `.` and `..`, sorted by name; names that are not UTF-8 are counted, not listed.
    package static func list(_ path: String) throws(DiskError) -> (entries: [Entry], unreadableNames: Int) {
        let walk = try FolderWalk(path)
        let entries = walk.next(.max)
        return (entries.sorted { $0.name < $1.name }, walk.unreadableNames)
    }

    /// How many names the folder holds that `isCounted`, those that begin with a dot left out.
    package static func count(_ path: String, where isCounted: (String) -> Bool) throws(DiskError) -> Int {
        guard let stream = unsafe opendir(path) else { throw DiskError("list a folder") }
        defer { unsafe closedir(stream) }
        var count = 0
        while let record = unsafe readdir(stream) {
            guard unsafe record.pointee.d_name.0 != CChar(UInt8(ascii: ".")) else { continue }
            let name = unsafe withUnsafePointer(to: &record.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if isCounted(name) { count += 1 }
        }
        return count
    }

    /// Deletes the folder and all in it, links not followed, at most 16 levels deep; one that is gone is no error.
    package static func removeTree(_ path: String, levels: Int = 16) throws(DiskError) {
        let parent: OpenFolder
        do throws(DiskError) {
            parent = try OpenFolder(Files.parent(of: path))
        } catch {
            if error.isMissing { return }
            throw error
        }
        try parent.remove(Files.name(of: path), levels: levels)
    }

    /// Free bytes and free inodes of the file system below `path`, as far as this user may use them.
    package static func free(_ path: String) throws(DiskError) -> (bytes: Int64, inodes: Int64) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw DiskError("ask for free space") }
        let inodes = status.f_files == 0 ? Int64.max : Int64(clamping: status.f_favail)
        // What a file system says of itself may be anything.
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return (overflow ? .max : Int64(clamping: bytes), inodes)
    }
}

extension Folders {
    /// Whether other machines can change the file system of `path` without a word to this one.
    package static func isShared(_ path: String) -> Bool { unsafe dk_is_shared(path) == 1 }
}

/// A lock on a file that ends with the process (`flock`).
package struct FolderLock: ~Copyable {
    private let file: Descriptor

    private init(_ file: consuming Descriptor) {
        self.file = file
    }

    /// Takes the lock; nil when somebody else holds it.
    package static func take(_ path: String) throws(DiskError) -> FolderLock? {
        let number = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode_t(0o600))
        guard number >= 0 else { throw DiskError("open a lock file") }
        let file = Descriptor(adopting: number)
        if flock(number, LOCK_EX | LOCK_NB) == 0 {
            // Who it is stands in the file, so that others can ask without touching the lock.
            guard ftruncate(number, 0) == 0 else { throw DiskError("write a lock file") }
            try file.write(Array("\(getpid())\n".utf8))
            return FolderLock(file)
        }
        guard errno == EWOULDBLOCK else { throw DiskError("lock a file") }
        return nil
    }

    /// Whether a process that took the lock is alive, as far as this user can tell; the lock is not touched.
    package static func isHeld(_ path: String) -> Bool {
        let text: [UInt8]?
        do throws(DiskError) {
            text = try Files.read(path, limit: 64)
        } catch {
            // A lock that is not ours to read belongs to another user's process.
            return !error.isMissing
        }
        let digits = String(decoding: text ?? [], as: UTF8.self).prefix { $0.isNumber }
        guard let holder = Int32(digits), holder > 0 else { return false }
        return kill(holder, 0) == 0 || errno == EPERM
    }
}
