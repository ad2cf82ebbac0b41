import Glibc
import Synchronization

/// A folder's content a few names at a time, in no order: one of a million names takes no more memory than one of a hundred.
///
/// What is made or deleted meanwhile may be met or not; everything else is met once.
@safe package final class FolderWalk: Sendable {
    @safe private struct Stream: ~Copyable, @unchecked Sendable {
        let pointer: OpaquePointer
        var unreadable = 0

        deinit { unsafe closedir(pointer) }
    }

    private let path: String
    private let stream: Mutex<Stream>

    package init(_ path: String) throws(DiskError) {
        guard let pointer = unsafe opendir(path) else { throw DiskError("list a folder") }
        self.path = path
        stream = Mutex(unsafe Stream(pointer: pointer))
    }

    /// Names met so far that are not UTF-8; they are not given.
    package var unreadableNames: Int { stream.withLock { $0.unreadable } }

    /// The next names, at most so many, without `.` and `..`; none at the end.
    package func next(_ most: Int) -> [Folders.Entry] {
        stream.withLock { stream in
            var entries: [Folders.Entry] = []
            while entries.count < most, let record = unsafe readdir(stream.pointer) {
                let name = unsafe withUnsafePointer(to: &record.pointee.d_name) { field in
                    unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) {
                        unsafe String(validatingCString: $0)
                    }
                }
                guard let name else {
                    stream.unreadable += 1
                    continue
                }
                if name == "." || name == ".." { continue }
                guard let info = try? Files.info(path + "/" + name) else { continue }
                entries.append(Folders.Entry(name: name, info: info))
            }
            return entries
        }
    }
}
