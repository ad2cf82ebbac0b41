import Digests
import Disk
import Documents

/// Where the log stood when it was last signed: the checkpoint, and what is needed to go on without reading the log again.
///
/// The tree's part of it is only believed where its root is the one that was signed.
package struct AuditHead: Sendable, Hashable {
    package var tree = TreeFrontier()
    /// Hash of the last entry.
    var last = AuditEntry.first
    /// The file that the last entry stands in, and where it ends.
    var file = AuditFolder.log(from: 0)
    var bytes: Int64 = 0
    /// The ledger whose events it took, and the last one of them.
    package var ledger: String
    package var event: Int64 = 0

    init(ledger: String) {
        self.ledger = ledger
    }

    /// Adds an entry that stands next in the file.
    mutating func take(_ line: [UInt8], _ entry: AuditEntry) {
        let leaf = TreeHash(leaf: line)
        tree.add(leaf)
        last = leaf
        bytes += Int64(line.count) + 1
        if let number = entry.number { event = number }
        if let change = LedgerChange(entry) { event = change.to }
    }

    func checkpoint(of key: VerifierKey) -> Checkpoint {
        Checkpoint(origin: key.name, size: tree.size, root: tree.root)
    }

    // MARK: its file

    private static let schema = "darkroom.audit-head/1"

    func document(signedWith key: SigningKey) -> JSONValue {
        .fields([
            "schema": .string(Self.schema),
            "checkpoint": .string(checkpoint(of: key.verifier).signed(with: key).description),
            "frontier": .array(tree.roots.map { .string($0.base64) }), "last": .string(last.description),
            "file": .string(file), "bytes": .integer(bytes), "ledger": .string(ledger), "event": .integer(event),
        ])
    }

    func save(in folder: AuditFolder, with key: SigningKey) throws(DiskError) {
        try Files.writeDurably(Array(document(signedWith: key).pretty.utf8), to: folder.head)
    }

    /// The signed checkpoint alone; nil where the log has none.
    package static func note(in folder: AuditFolder) throws(AuditError) -> String? {
        try document(in: folder).map { document throws(AuditError) in
            guard let note = document["checkpoint"]?.string else { throw damaged }
            return note
        }
    }

    /// Nil where nothing was ever signed.
    static func load(from folder: AuditFolder, with key: VerifierKey) throws(AuditError) -> AuditHead? {
        guard let document = try document(in: folder) else { return nil }
        guard let note = document["checkpoint"]?.string, let roots = document["frontier"]?.array,
            let last = document["last"]?.string.flatMap({ TreeHash(hexadecimal: $0) }),
            let file = document["file"]?.string, !file.contains("/"), let bytes = document["bytes"]?.int, bytes >= 0,
            let ledger = document["ledger"]?.string, let event = document["event"]?.int
        else { throw damaged }
        let checkpoint = try Checkpoint.open(note, with: key)
        let hashes = roots.compactMap { $0.string.flatMap { TreeHash(base64: $0) } }
        guard let tree = TreeFrontier(size: checkpoint.size, roots: hashes), tree.root == checkpoint.root else {
            throw damaged
        }
        var head = AuditHead(ledger: ledger)
        (head.tree, head.last, head.file) = (tree, last, file)
        (head.bytes, head.event) = (Int64(bytes), Int64(event))
        return head
    }

    private static let damaged = AuditError.alarm("the audit log's head.json is damaged")

    private static func document(in folder: AuditFolder) throws(AuditError) -> JSONValue? {
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes = try Files.read(folder.head, limit: 1 << 20)
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
        guard let bytes, let document = try? JSONParser.parse(bytes) else { throw damaged }
        return document
    }
}

/// An entry that says that the events after it come from another ledger than those before it, or from an older copy.
struct LedgerChange: Sendable, Hashable {
    static let event = "audit.ledger_changed"

    /// The last event that both have.
    let to: Int64

    init(to: Int64) {
        self.to = to
    }

    init?(_ entry: AuditEntry) {
        guard entry.event == Self.event, entry.number == nil, let to = entry.facts["to"].flatMap({ Int64($0) }) else {
            return nil
        }
        self.to = to
    }
}
