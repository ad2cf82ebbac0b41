import Disk
import Glibc

/// Copies a hand-over from another file system; a copy appears under its name when it is whole.
enum Copying {
    /// A copy in the making, in the folder it is made for; short, so that no name becomes too long by it.
    static let unfinished = ".copy"

    /// Copies a file or a folder of files out of `folder`, durable when the call returns.
    static func copy(_ name: String, of folder: borrowing OpenFolder, to: String, limit: Int) throws(DiskError) {
        guard let info = try folder.info(name) else { throw DiskError.missing("copy a file") }
        let beside = Files.parent(of: to) + "/" + unfinished
        try Clearing.clear(beside)
        if info.kind == .folder {
            try Folders.make(beside)
            let inner = try folder.folder(name)
            for entry in try inner.list().entries {
                try content(of: entry.name, in: inner, entry.info, beside + "/" + entry.name, limit)
            }
            try Folders.sync(beside)
        } else {
            try content(of: name, in: folder, info, beside, limit)
        }
        try Files.rename(beside, to: to)
        try Folders.sync(Files.parent(of: to))
    }

    private static func content(
        of name: String, in folder: borrowing OpenFolder, _ info: FileInfo, _ to: String, _ limit: Int
    ) throws(DiskError) {
        // Nobody reads links, devices and folders in folders: what is refused needs only to be of its kind.
        guard info.isOwnFile else {
            guard unsafe symlink(".", to) == 0 else { throw DiskError("note a link") }
            return
        }
        let source = try folder.readingOwn(name)
        let file = try Descriptor.creating(to)
        if info.bytes <= Int64(limit) {
            try copy(from: source, to: file)
        } else {
            // Too large to be taken, whatever it holds: its size is the reason why.
            guard ftruncate(file.number, off_t(info.bytes)) == 0 else { throw DiskError("note a size") }
        }
        try file.sync()
    }

    private static func copy(from source: borrowing Descriptor, to file: borrowing Descriptor) throws(DiskError) {
        var place: Int64 = 0
        while case let piece = try source.read(1 << 20, at: place), !piece.isEmpty {
            try file.write(piece)
            place += Int64(piece.count)
        }
    }
}
