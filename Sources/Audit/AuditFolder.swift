package import Disk

/// Where the audit log's files are.
package struct AuditFolder: Sendable, Hashable {
    /// Of the log: the lines, what is signed of them, the keys of subjects. Mode 0700.
    package let path: String
    /// The one file of the signing key. Mode 0600.
    package let key: String

    package init(path: String, key: String) {
        self.path = path
        self.key = key
    }

    /// What was signed last, and all that is needed to go on from there.
    var head: String { path + "/head.json" }
    var lock: String { path + "/lock" }
    var subjects: String { path + "/subjects" }

    private static let prefix = "log-"
    private static let suffix = ".jsonl"

    /// The name of the file that begins with this entry.
    static func log(from index: Int) -> String {
        let digits = String(index)
        return prefix + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + suffix
    }

    func place(_ name: String) -> String { path + "/" + name }

    /// The files of lines, in order; none where there is no log.
    package func logs() throws(DiskError) -> [(start: Int, name: String)] {
        guard Files.exists(path) else { return [] }
        return try Folders.list(path).entries.compactMap { entry in
            guard entry.name.hasPrefix(Self.prefix), entry.name.hasSuffix(Self.suffix) else { return nil }
            let digits = entry.name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let start = Int(digits) else { return nil }
            return (start, entry.name)
        }.sorted { $0.start < $1.start }
    }
}

/// Reads the lines of all files in order, about a megabyte at a time. A value: it can be handed from thread to thread.
package struct LogCursor: Sendable {
    /// One piece of a file: its whole lines, and what stands after the last newline where it was the file's end.
    package struct Piece: Sendable {
        package var lines: [[UInt8]]
        /// A line that has no end.
        package var rest: [UInt8]
        /// The index that the file's name says its first line has, where this is the file's beginning.
        package var start: Int?
    }

    private let folder: AuditFolder
    private var files: ArraySlice<(start: Int, name: String)>
    private var offset: Int64 = 0

    private static let piece = 1 << 20

    package init(_ folder: AuditFolder) throws(DiskError) {
        self.folder = folder
        files = try folder.logs()[...]
    }

    /// Nil after the last line of the last file.
    package mutating func next() throws(DiskError) -> Piece? {
        guard let file = files.first else { return nil }
        let bytes = try Descriptor.reading(folder.place(file.name)).read(Self.piece, at: offset)
        let isEnd = bytes.count < Self.piece
        let start = offset == 0 ? file.start : nil
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        // What follows the last newline belongs to the next piece, unless no newline came at all.
        let rest = lines.popLast() ?? []
        offset += Int64(bytes.count - rest.count)
        if isEnd || lines.isEmpty {
            files = files.dropFirst()
            offset = 0
            return Piece(lines: lines, rest: rest, start: start)
        }
        return Piece(lines: lines, rest: [], start: start)
    }
}

extension LogCursor {
    /// The first line of the first file; off the shared threads.
    static func begin(_ folder: AuditFolder) async throws(AuditError) -> LogCursor {
        do throws(DiskError) {
            return try await BlockingLane.disk.run { () throws(DiskError) in try LogCursor(folder) }
        } catch {
            throw .disk(error)
        }
    }

    /// What `next` gives; off the shared threads.
    mutating func read() async throws(AuditError) -> Piece? {
        let current = self
        do throws(DiskError) {
            let (piece, after) = try await BlockingLane.disk.run { () throws(DiskError) in
                var cursor = current
                return (try cursor.next(), cursor)
            }
            self = after
            return piece
        } catch {
            throw .disk(error)
        }
    }
}
