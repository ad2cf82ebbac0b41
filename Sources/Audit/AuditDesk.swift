import Digests
import Disk
import Domain
import Ledger

/// The log as one move finds it: key, head, and what stands after it. Every call blocks on the disk, under the log's lock.
struct AuditDesk: Sendable {
    let folder: AuditFolder
    let key: SigningKey
    var head: AuditHead
    /// The bytes that nothing was signed for, and the head in the file that they stand in.
    var tail: [UInt8] = []
    var tailHead: AuditHead
    /// The last entry that was signed for.
    private(set) var lastEntry: AuditEntry?
    /// Whether this is the first move of all.
    var isNew = false

    /// More than the longest batch.
    private static let longestTail = 64 << 20

    var checkpoint: Checkpoint { head.checkpoint(of: key.verifier) }

    /// Opens the log, or begins it where there is none.
    init(_ folder: AuditFolder, ledger: String) throws(AuditError) {
        self.folder = folder
        if let key = try Self.readKey(folder), let head = try AuditHead.load(from: folder, with: key.verifier) {
            (self.key, self.head, tailHead) = (key, head, head)
            try lookBehind()
            lastEntry = try last()
            return
        }
        let logs = try Self.onDisk { () throws(DiskError) in try folder.logs() }
        guard logs.isEmpty, !Files.exists(folder.head) else {
            throw .alarm(
                Files.exists(folder.head) ? "the audit log's key is gone" : "what was signed of the audit log is gone")
        }
        let found = try Self.readKey(folder)
        let key = if let found { found } else { try Self.makeKey(folder) }
        let head = AuditHead(ledger: ledger)
        (self.key, self.head, tailHead) = (key, head, head)
        isNew = true
        try Self.onDisk { () throws(DiskError) in try head.save(in: folder, with: key) }
    }

    // MARK: key

    static func readKey(_ folder: AuditFolder) throws(AuditError) -> SigningKey? {
        let key = try onDisk { () throws(DiskError) in try existing(folder.key, limit: 1024) }
        guard var text = key else { return nil }
        defer { for index in text.indices { text[index] = 0 } }
        return try SigningKey(text: text)
    }

    private static func makeKey(_ folder: AuditFolder) throws(AuditError) -> SigningKey {
        // Random: the name of a machine or of whom it belongs to is nobody's business.
        let key = SigningKey.make(name: "darkroom/" + hexadecimal(randomBytes(8)))
        var text = key.text
        defer { for index in text.indices { text[index] = 0 } }
        try onDisk { [text] () throws(DiskError) in try Files.writeDurably(text, to: folder.key) }
        return key
    }

    /// The key that others verify with; nil where nothing was ever signed here.
    static func verifier(_ folder: AuditFolder) throws(AuditError) -> VerifierKey? { try readKey(folder)?.verifier }

    // MARK: what a crash left

    private mutating func lookBehind() throws(AuditError) {
        let (folder, head) = (folder, head)
        let length = try Self.onDisk { () throws(DiskError) in try Files.info(folder.place(head.file))?.bytes ?? 0 }
        guard length >= head.bytes else { throw .alarm("the audit log is shorter than what was signed of it") }
        if length > head.bytes {
            tail = try read(head.file, from: head.bytes, to: length)
            return
        }
        // A batch that began a new file.
        let next = AuditFolder.log(from: head.tree.size)
        let info = try Self.onDisk { () throws(DiskError) in try Files.info(folder.place(next)) }
        guard next != head.file, let info else { return }
        (tailHead.file, tailHead.bytes) = (next, 0)
        tail = try read(next, from: 0, to: info.bytes)
    }

    /// Nil where there is no entry; alarm where it is not the one that was signed for.
    private func last() throws(AuditError) -> AuditEntry? {
        guard head.tree.size > 0 else { return nil }
        let bytes = try read(head.file, from: max(0, head.bytes - Int64(AuditEntry.longest) - 1), to: head.bytes)
        let line = Array(
            bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last ?? [])
        guard bytes.last == UInt8(ascii: "\n"), TreeHash(leaf: line) == head.last, let entry = AuditEntry(line: line)
        else {
            throw .alarm("the last entry of the audit log is not the one that was signed for")
        }
        return entry
    }

    private func read(_ name: String, from start: Int64, to end: Int64) throws(AuditError) -> [UInt8] {
        guard end - start <= Self.longestTail else {
            throw .alarm("the audit log is longer than what was signed of it by more than a batch")
        }
        let place = folder.place(name)
        return try Self.onDisk { () throws(DiskError) in
            try Descriptor.reading(place).read(Int(end - start), at: start)
        }
    }

    /// Cuts what was torn, and signs for what was whole.
    func mended(to head: AuditHead) throws(AuditError) -> AuditDesk {
        var next = self
        (next.head, next.tailHead, next.tail) = (head, head, [])
        // What it was compared with when it was read.
        next.lastEntry = nil
        let (folder, key) = (folder, key)
        try Self.onDisk { () throws(DiskError) in
            let file = try Descriptor.overwriting(folder.place(head.file))
            try file.truncate(to: head.bytes)
            try file.sync()
            try Folders.sync(folder.path)
            try head.save(in: folder, with: key)
        }
        return next
    }

    // MARK: lines

    /// The entries of `events`, in order, without their places.
    func entries(of events: [RecordedEvent]) throws(AuditError) -> [AuditEntry] {
        let keys = SubjectKeys(folder)
        var entries: [AuditEntry] = []
        for recorded in events {
            let subject = try Self.onDisk { () throws(DiskError) in
                try recorded.subjectRef.map { (reference) throws(DiskError) in try keys.pseudonym(of: reference) }
            }
            entries.append(
                AuditEntry(
                    index: 0, at: recorded.wall.description, event: recorded.event.name, number: recorded.number,
                    job: recorded.event.job, subject: subject, facts: recorded.event.facts, previous: .empty))
        }
        return entries
    }

    /// Writes entries after the last one, makes them durable, then signs.
    func appending(_ entries: [AuditEntry], _ limits: Auditor.Limits) throws(AuditError) -> AuditDesk {
        var next = self
        let isFull = head.bytes >= limits.fileBytes
        if isFull { (next.head.file, next.head.bytes) = (AuditFolder.log(from: head.tree.size), 0) }
        var bytes: [UInt8] = []
        for var entry in entries {
            (entry.index, entry.previous) = (next.head.tree.size, next.head.last)
            let line = entry.line
            next.head.take(line, entry)
            bytes += line
            bytes.append(UInt8(ascii: "\n"))
        }
        let (folder, key, head, isFirst) = (folder, key, next.head, isFull || self.head.bytes == 0)
        try Self.onDisk { [bytes] () throws(DiskError) in
            let file = try Descriptor.appending(folder.place(head.file), makes: true)
            do throws(DiskError) {
                try file.write(bytes)
                try file.sync()
            } catch {
                // A full disk leaves half a batch: it is written again when there is room, without a word of a crash.
                try? file.truncate(to: head.bytes - Int64(bytes.count))
                throw error
            }
            if isFirst { try Folders.sync(folder.path) }
            try head.save(in: folder, with: key)
        }
        next.tailHead = next.head
        return next
    }

    /// The entry after which events are those of the ledger `id`, from the one after `event` on.
    func changing(to id: String, event: Int64, _ limits: Auditor.Limits) throws(AuditError) -> AuditDesk {
        var desk = self
        desk.head.ledger = id
        guard head.tree.size > 0 else {
            desk.head.event = event
            return desk
        }
        let entry = AuditEntry(
            index: 0, at: Timestamp(milliseconds: Monotonic.wall()).description, event: LedgerChange.event,
            facts: [
                "why": head.ledger == id ? "older" : "other", "from": String(head.event), "to": String(event),
            ], previous: .empty)
        return try desk.appending([entry], limits)
    }

    // MARK: disk

    static func onDisk<Value>(_ work: () throws(DiskError) -> Value) throws(AuditError) -> Value {
        do throws(DiskError) { return try work() } catch { throw .disk(error) }
    }

    /// Nil where there is no such file.
    private static func existing(_ path: String, limit: Int) throws(DiskError) -> [UInt8]? {
        do throws(DiskError) { return try Files.read(path, limit: limit) } catch {
            if error.isMissing { return nil }
            throw error
        }
    }
}
