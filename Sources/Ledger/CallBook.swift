import Digests
package import Disk
import Documents
package import Domain

/// A list of paid requests beside the ledger, durable before the write that lets them leave: what was bought is known also
/// when the ledger comes back from a backup, or is gone.
///
/// Two files: `calls`, which is appended to, and the one before it, `calls.old`. A file is written on for 26 hours, longer than a
/// job or a day's budget lives; so a call is named for that long at least, and for twice as long at most.
final class CallBook {
    private let folder: String
    private var waiting: [CallEntry] = []
    private var ends: [CallEnd] = []
    private var open: Open

    /// The file that is appended to.
    private final class Open {
        let id: String
        let began: Timestamp
        let file: Descriptor
        var length: Int64
        /// Bytes that are known to be durable.
        var durable: Int64

        init(id: String, began: Timestamp, file: consuming Descriptor, length: Int64) {
            self.id = id
            self.began = began
            self.file = file
            self.length = length
            durable = length
        }
    }

    private static let life = Span.hours(26)

    /// - Parameter isAnew: begins a file in any case; else the one that is there is written on.
    init(folder: String, isAnew: Bool, now: Timestamp) throws(DiskError) {
        self.folder = folder
        if !isAnew, case let found = try CallBookFile.look(folder), let current = found.current {
            open = try Self.reopen(current)
        } else {
            open = try Self.begin(folder, now)
        }
    }

    /// Which file is written on, and how much of it no power cut can take.
    var place: (id: String, offset: Int64) { (open.id, open.durable) }

    func note(_ entry: CallEntry) { waiting.append(entry) }
    func note(_ end: CallEnd) { ends.append(end) }

    /// Forgets what was noted and not written: it was undone.
    func forget() {
        waiting = []
        ends = []
    }

    /// Writes what was noted, calls durably; false where there were none. What it throws leaves the file as it was.
    func write() throws(DiskError) -> Bool {
        if waiting.isEmpty, ends.isEmpty { return false }
        let bytes = waiting.flatMap(\.line) + ends.flatMap(\.line)
        let first = waiting.first
        forget()
        if let now = first?.effect.sentAt, now.since(open.began) > Self.life { open = try Self.begin(folder, now) }
        do throws(DiskError) {
            try open.file.write(bytes)
            // An end that is lost leaves a call in doubt where the ledger is lost too, and no more.
            if first != nil { try open.file.sync() }
        } catch {
            // A sync is never tried again on a descriptor that failed.
            try? open.file.truncate(to: open.length)
            if let current = (try? CallBookFile.look(folder))?.current, current.id == open.id {
                let length = open.length
                if let again = try? Self.reopen(current) {
                    again.length = min(length, again.length)
                    open = again
                }
            }
            throw error
        }
        open.length += Int64(bytes.count)
        guard first != nil else { return false }
        open.durable = open.length
        return true
    }

    private static func reopen(_ file: CallBookFile) throws(DiskError) -> Open {
        Open(id: file.id, began: file.began, file: try Descriptor.appending(file.path), length: file.length)
    }

    /// Begins a file; the one that was written on until now becomes the old one.
    private static func begin(_ folder: String, _ now: Timestamp) throws(DiskError) -> Open {
        let path = folder + "/" + CallBookFile.currentName
        let beside = path + ".new"
        try Files.remove(beside)
        let file = try Descriptor.creating(beside)
        let id = hexadecimal(randomBytes(8))
        let heading = CallBookFile.heading(id: id, began: now, born: file.born())
        try file.write(heading)
        try file.sync()
        if Files.exists(path) { try Files.rename(path, to: folder + "/" + CallBookFile.oldName) }
        try Files.rename(beside, to: path)
        try Folders.sync(folder)
        return Open(id: id, began: now, file: try Descriptor.appending(path), length: Int64(heading.count))
    }
}

/// One file of the book, as its heading tells of it.
package struct CallBookFile: Sendable {
    package let path: String
    package let id: String
    /// By the age clock.
    package let began: Timestamp
    package let length: Int64
    /// It was copied since it was begun, as out of a backup: what was written after the copy is not in it.
    package let isCopy: Bool

    static let currentName = "calls"
    static let oldName = "calls.old"
    private static let schema = "darkroom.calls/1"
    private static let longestLine = 16 << 10

    /// The two files of the book in the private folder; nil for one that is not there, or is no such file.
    package static func look(_ folder: String) throws(DiskError) -> (current: CallBookFile?, old: CallBookFile?) {
        (try read(folder + "/" + currentName), try read(folder + "/" + oldName))
    }

    private static func read(_ path: String) throws(DiskError) -> CallBookFile? {
        guard let info = try Files.info(path), info.isOwnFile else { return nil }
        guard case (.whole(let line), _)? = try LineReader(path, longest: longestLine).next(),
            let heading = try? JSONParser.parse(line), heading["schema"]?.string == schema,
            let id = heading["book"]?.string, let began = heading["began"]?.int
        else { return nil }
        let born = heading["born"]?.int.map { Int64($0) }
        let isCopy = born.map { $0 != (try? Descriptor.reading(path))?.born() } ?? false
        return CallBookFile(
            path: path, id: id, began: Timestamp(milliseconds: Int64(began)), length: info.bytes, isCopy: isCopy)
    }

    static func heading(id: String, began: Timestamp, born: Int64?) -> [UInt8] {
        let document = JSONValue.fields([
            "schema": .string(schema), "book": .string(id), "began": .integer(began.milliseconds),
            "born": born.map { .integer($0) },
        ])
        return Array((document.compact + "\n").utf8)
    }

    /// What stands behind `offset`, some hundred entries or ends at a time. A torn line is none of both: its call never left.
    package func read(
        from offset: Int64, _ take: ([CallEntry], [CallEnd]) async throws -> Void
    ) async throws {
        let reader = try LineReader(path, from: offset, longest: Self.longestLine)
        var entries: [CallEntry] = []
        var ends: [CallEnd] = []
        while let (text, _) = try reader.next() {
            guard case .whole(let line) = text, let document = try? JSONParser.parse(line) else { continue }
            if let entry = CallEntry(line: document) { entries.append(entry) }
            if let end = CallEnd(line: document) { ends.append(end) }
            guard entries.count + ends.count >= 500 else { continue }
            try await take(entries, ends)
            (entries, ends) = ([], [])
        }
        if entries.count + ends.count > 0 { try await take(entries, ends) }
    }
}

extension CallBookFile {
    /// Puts `other`, which is as long, over every place of `text` in the book's files: places and lengths stay as they are, for whoever
    /// writes on them meanwhile.
    package static func replace(_ text: String, with other: String, in folder: String) throws(DiskError) {
        let (old, new) = (Array(text.utf8), Array(other.utf8))
        guard old.count == new.count, !old.isEmpty else { throw DiskError("write over a book of calls", code: 22) }
        var done: Set<UInt64> = []
        // A file that became the old one meanwhile is met under its other name.
        while true {
            let before = done
            for name in [currentName, oldName] {
                let path = folder + "/" + name
                guard let info = try Files.info(path), info.isOwnFile, !done.contains(info.inode) else { continue }
                let reader = try Descriptor.reading(path)
                let writer = try Descriptor.overwriting(path)
                guard try reader.info().inode == writer.info().inode else { continue }
                try replace(old, with: new, from: reader, in: writer)
                done.insert(try reader.info().inode)
            }
            if done == before { return }
        }
    }

    private static func replace(
        _ old: [UInt8], with new: [UInt8], from reader: borrowing Descriptor, in file: borrowing Descriptor
    ) throws(DiskError) {
        let portion = 1 << 20
        var (offset, hits) = (Int64(0), 0)
        while true {
            let bytes = try reader.read(portion, at: offset)
            var place = 0
            while place + old.count <= bytes.count {
                if bytes[place] == old[0], bytes[place..<(place + old.count)].elementsEqual(old) {
                    try file.write(new, at: offset + Int64(place))
                    hits += 1
                    place += old.count
                } else {
                    place += 1
                }
            }
            guard bytes.count == portion else { break }
            // What stands across the end of this portion is met in the next.
            offset += Int64(portion - old.count + 1)
        }
        if hits > 0 { try file.sync() }
    }
}
