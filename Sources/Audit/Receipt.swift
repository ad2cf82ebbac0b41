import Digests
package import Documents

/// What was erased of jobs, when and how, what was not and why, and who had received it: signed, with the entries of the log that
/// say so and the proof that they stand in it. The published key is all that is needed to check it.
package struct Receipt: Sendable, Hashable {
    /// An entry of the log, as it stands there, and the hashes that lead from it to the tree's root.
    struct Proven: Sendable, Hashable {
        let index: Int
        let line: String
        let path: [TreeHash]
    }

    package let statement: JSONValue
    let entries: [Proven]
    /// The signed checkpoint that the paths lead to.
    let checkpoint: String
    /// A signed note over the statement's digest.
    let signature: String

    private static let schema = "darkroom.receipt/1"

    init(_ statement: JSONValue, _ entries: [Proven], checkpoint: String, signedWith key: SigningKey) {
        self.statement = statement
        self.entries = entries
        self.checkpoint = checkpoint
        signature = SignedNote(Self.text(of: statement, key.verifier), with: key).description
    }

    package init(_ document: JSONValue) throws(AuditError) {
        let entries = document["entries"]?.array?.compactMap(Proven.init)
        guard document["schema"]?.string == Self.schema, let statement = document["statement"],
            let entries, entries.count == document["entries"]?.array?.count,
            let checkpoint = document["checkpoint"]?.string, let signature = document["signature"]?.string
        else { throw .unreadable("that is no receipt of Darkroom") }
        self.statement = statement
        self.entries = entries
        self.checkpoint = checkpoint
        self.signature = signature
    }

    package var document: JSONValue {
        .fields([
            "schema": .string(Self.schema), "statement": statement,
            "entries": .array(entries.map(\.document)), "checkpoint": .string(checkpoint),
            "signature": .string(signature),
        ])
    }

    /// What is signed: a digest of the statement in its canonical form (RFC 8785).
    private static func text(of statement: JSONValue, _ key: VerifierKey) -> String {
        let digest = hexadecimal(SHA256Digest.of(Array(statement.canonical.utf8)))
        return "\(key.name)\nreceipt\n\(digest)\n"
    }

    // MARK: check

    /// What does not hold; nothing where the receipt is good.
    package func faults(for key: VerifierKey) -> [String] {
        guard let note = SignedNote(signature), note.text == Self.text(of: statement, key), note.isSigned(by: key)
        else {
            return ["the statement is not signed with the key"]
        }
        let root: Checkpoint
        do throws(AuditError) {
            root = try Checkpoint.open(checkpoint, with: key)
        } catch {
            return [error.description]
        }
        var faults: [String] = []
        for entry in entries {
            let leaf = TreeHash(leaf: Array(entry.line.utf8))
            if !TreeProof.includes(leaf, at: entry.index, size: root.size, path: entry.path, root: root.root) {
                faults.append("entry \(entry.index) is not in the log that was signed for")
            }
        }
        if statement["size"]?.int != root.size || statement["root"]?.string != root.root.description {
            faults.append("the statement speaks of another state of the log")
        }
        return faults + unfounded()
    }

    /// Statements about jobs that do not follow from the entries.
    private func unfounded() -> [String] {
        let entries = entries.compactMap { AuditEntry(line: Array($0.line.utf8)) }
        guard entries.count == self.entries.count, let jobs = statement["jobs"]?.array else {
            return ["the receipt holds no statement about jobs, or a line that is no entry"]
        }
        let byJob = Dictionary(grouping: entries) { $0.job ?? "" }
        let accounts = jobs.map { said in
            let job = said["job"]?.string ?? ""
            return JobAccount(job: job, entries: byJob[job] ?? [])
        }
        var faults = zip(jobs, accounts).compactMap { said, account in
            let held = JSONValue.object((said.members ?? []).filter { $0.key != "not_erased" })
            return held.canonical == account.document.canonical
                ? nil : "what is said of job \(account.job) does not follow from its entries"
        }
        // Whoever stored it in between may have put its members into another order.
        let processors = JSONValue.array(JobAccount.processors(of: accounts))
        if statement["processors"]?.canonical != processors.canonical {
            faults.append("the list of processors does not follow from the entries")
        }
        if let erasure = statement["erasure"] {
            faults += ErasureClaim.faults(erasure, jobs: jobs.count, entries)
        }
        return faults
    }
}

extension Receipt.Proven {
    fileprivate init?(_ document: JSONValue) {
        guard let index = document["index"]?.int, let line = document["line"]?.string,
            let steps = document["path"]?.array
        else { return nil }
        let path = steps.compactMap { $0.string.flatMap { TreeHash(base64: $0) } }
        guard path.count == steps.count else { return nil }
        self.init(index: index, line: line, path: path)
    }

    fileprivate var document: JSONValue {
        .fields([
            "index": .integer(index), "line": .string(line), "path": .array(path.map { .string($0.base64) }),
        ])
    }
}

extension JSONValue {
    /// Members by key, no white space: RFC 8785, for documents whose keys are ASCII and whose numbers are whole.
    var canonical: String { sorted.compact }

    private var sorted: JSONValue {
        switch self {
        case .object(let members):
            .object(members.sorted { $0.key < $1.key }.map { Member(key: $0.key, value: $0.value.sorted) })
        case .array(let elements): .array(elements.map(\.sorted))
        default: self
        }
    }
}
