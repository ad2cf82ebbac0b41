import Disk
import Glibc

/// Deletes what upstream made: names of any bytes and folders of any depth, links never followed.
enum Clearing {
    /// Deletes a file or a folder and all in it; one that is gone is no error.
    static func clear(_ path: String) throws(DiskError) {
        guard let info = try Files.info(path) else { return }
        guard info.kind == .folder else { return try Files.remove(path) }
        let top = try Descriptor.folder(path, followsLink: false)
        var lifted = 0
        // A folder in a folder is lifted to the top before it is opened: no path grows long, nothing calls itself.
        while case let folders = try emptied(top.number), !folders.isEmpty {
            for folder in folders {
                let number = unsafe openat(top.number, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                guard number >= 0 else { throw DiskError("open a folder") }
                let inner = Descriptor(adopting: number)
                for deeper in try emptied(inner.number) {
                    try lift(deeper, from: inner.number, to: top.number, &lifted)
                }
                guard unsafe unlinkat(top.number, folder, AT_REMOVEDIR) == 0 || errno == ENOENT else {
                    throw DiskError("delete a folder")
                }
            }
        }
        try clearEmpty(path)
    }

    /// Deletes a folder that holds nothing; one that is gone is no error.
    static func clearEmpty(_ path: String) throws(DiskError) {
        guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw DiskError("delete a folder") }
    }

    private static func lift(_ name: [CChar], from: Int32, to: Int32, _ lifted: inout Int) throws(DiskError) {
        while true {
            lifted += 1
            // Onto an empty folder of that name a rename would succeed: it is gone then, which is what is wanted.
            if unsafe renameat(from, name, to, "lifted-\(lifted)") == 0 { return }
            guard errno == EEXIST || errno == ENOTEMPTY else { throw DiskError("move a folder") }
        }
    }

    /// Deletes all but folders, and gives the names of those.
    private static func emptied(_ folder: Int32) throws(DiskError) -> [[CChar]] {
        // A stream of its own: `closedir` closes what it was given.
        let own = unsafe openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw DiskError("open a folder") }
        guard let stream = unsafe fdopendir(own) else {
            close(own)
            throw DiskError("list a folder")
        }
        defer { unsafe closedir(stream) }
        var names: [[CChar]] = []
        while let record = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &record.pointee.d_name) { field in
                unsafe field.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            if name == [46, 0] || name == [46, 46, 0] { continue }
            names.append(name)
        }
        var folders: [[CChar]] = []
        for name in names {
            if unsafe unlinkat(folder, name, 0) == 0 || errno == ENOENT { continue }
            guard errno == EISDIR else { throw DiskError("delete a file") }
            folders.append(name)
        }
        return folders
    }
}

extension DiskError {
    /// Something stands at the name.
    var isTaken: Bool { code == EEXIST || code == ENOTEMPTY }
    /// The file system has no such call.
    var isNotSupported: Bool { code == EINVAL || code == ENOSYS || code == EOPNOTSUPP }

    /// This user may not.
    var isForbidden: Bool { code == EACCES || code == EPERM }

    static func taken(_ operation: String) -> DiskError { DiskError(operation, code: EEXIST) }
}
