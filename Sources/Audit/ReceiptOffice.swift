import Disk
import Documents
package import Domain
package import Ledger

/// Makes receipts: reads the log for what it says of jobs, and the ledger for what is still there.
package struct ReceiptOffice: Sendable {
    private let folder: AuditFolder
    private let ledger: any JobLedger

    package init(_ folder: AuditFolder, _ ledger: any JobLedger) {
        self.folder = folder
        self.ledger = ledger
    }

    /// A receipt for these jobs, as the log stands now; what is not in it yet has to be moved before.
    ///
    /// - Parameters:
    ///   - erasure: the erasure of a subject, whose jobs these are; nil speaks of the jobs alone.
    ///   - issued: the wall clock.
    package func issue(
        for jobs: [JobRecord], erasing erasure: ErasureClaim? = nil, issued: Timestamp
    ) async throws(AuditError) -> Receipt {
        let folder = folder
        let (key, note) = try await BlockingLane.disk.run { () throws(AuditError) in
            (try AuditDesk.readKey(folder), try AuditHead.note(in: folder))
        }
        guard let key, let note else { throw .alarm("there is no signed audit log") }
        let checkpoint = try Checkpoint.open(note, with: key.verifier)
        let lines = try await lines(of: Set(jobs.map(\.id)), erasure?.request, in: checkpoint)
        let proven = try await prove(lines, in: checkpoint)
        let byJob = Dictionary(grouping: lines.compactMap { AuditEntry(line: $0.line) }) { $0.job ?? "" }
        var accounts: [JSONValue] = []
        var told: [JobAccount] = []
        for job in jobs {
            let account = JobAccount(job: job.id, entries: byJob[job.id] ?? [])
            told.append(account)
            let left = JSONValue.Member(key: "not_erased", value: .array(try await notErased(of: job, account)))
            accounts.append(.object((account.document.members ?? []) + [left]))
        }
        let isHeld = erasure?.holds.isEmpty == false
        let statement = JSONValue.fields([
            "log": .string(checkpoint.origin), "issued": .string(issued.description),
            "size": .integer(checkpoint.size), "root": .string(checkpoint.root.description),
            "erasure": erasure?.document,
            "jobs": .array(accounts), "processors": .array(JobAccount.processors(of: told)),
            "kept": isHeld
                ? "what the holds name, where nobody comes; ids, states, sizes, money and times of these jobs, for accounts"
                : "ids, states, sizes, money and times of these jobs, for accounts; nothing of their content",
        ])
        return Receipt(statement, proven, checkpoint: note, signedWith: key)
    }

    // MARK: entries

    private typealias Line = (index: Int, line: [UInt8])

    private func lines(of jobs: Set<String>, _ request: String?, in checkpoint: Checkpoint) async throws(AuditError)
        -> [Line]
    {
        var found: [Line] = []
        try await eachLine(in: checkpoint) { index, line in
            guard let entry = AuditEntry(line: line) else { return }
            let isMeant =
                entry.job.map(jobs.contains) ?? (request != nil && entry.facts[ErasureClaim.fact] == request)
            if isMeant { found.append((index, line)) }
        }
        return found
    }

    private func prove(_ lines: [Line], in checkpoint: Checkpoint) async throws(AuditError) -> [Receipt.Proven] {
        let ranges = lines.map { TreeProof.inclusion(of: $0.index, in: checkpoint.size) }
        var collector = ProofCollector(for: ranges.joined())
        try await eachLine(in: checkpoint) { _, line in collector.add(TreeHash(leaf: line)) }
        guard collector.tree.root == checkpoint.root else {
            throw .alarm("the audit log is not the one that was signed for: look at it with darkroom audit verify")
        }
        return zip(lines, ranges).map { entry, ranges in
            Receipt.Proven(
                index: entry.index, line: String(decoding: entry.line, as: UTF8.self),
                path: ranges.compactMap { collector.root(of: $0) })
        }
    }

    private func eachLine(
        in checkpoint: Checkpoint, _ work: (Int, [UInt8]) -> Void
    ) async throws(AuditError) {
        var cursor = try await LogCursor.begin(folder)
        var index = 0
        while index < checkpoint.size, let piece = try await cursor.read() {
            for line in piece.lines.prefix(checkpoint.size - index) {
                work(index, line)
                index += 1
            }
        }
    }

    // MARK: what is left

    private func notErased(of job: JobRecord, _ account: JobAccount) async throws(AuditError) -> [JSONValue] {
        let outputs: [OutputRecord]
        do throws(LedgerError) { outputs = try await ledger.outputs(of: job.id) } catch { throw .ledger(error) }
        var left: [JSONValue] = []
        if job.inputsDeletedAt == nil {
            left.append(Self.left("inputs", "their time is not over", until: job.inputsDeleteBy))
        }
        let erased = Set(account.document["erased"]?.array?.compactMap { $0["output"]?.int } ?? [])
        for output in outputs where output.file != nil && !erased.contains(output.index) {
            if account.delivered != nil || output.deletedAt != nil {
                let entry = Self.left("output", "it was taken away before, and is beyond Darkroom's reach", until: nil)
                left.append(.object((entry.members ?? []) + [.init(key: "output", value: .integer(output.index))]))
                continue
            }
            let why =
                output.expiresAt == nil ? "kept until it is taken or deleted: no end was set" : "its time is not over"
            var entry = Self.left("output", why, until: output.expiresAt)
            entry = .object((entry.members ?? []) + [.init(key: "output", value: .integer(output.index))])
            left.append(entry)
        }
        return left
    }

    private static func left(_ what: String, _ why: String, until: Timestamp?) -> JSONValue {
        .fields(["what": .string(what), "why": .string(why), "until": .text(until?.description)])
    }
}
