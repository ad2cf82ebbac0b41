import Audit
import Daemon
import Digests
import Disk
import Documents
import Domain
import Intake
import Ledger

extension Program {
    static let auditVerb = Verb(
        name: "audit", summary: "the tamper-evident log: what it says, whether it is whole, receipts",
        arguments: "show [key|checkpoint|receipt JOB…] | verify", words: 1...10_002, choices: ["show", "verify"],
        options: [
            Option("--job", "JOB", "show: only this job's entries"),
            Option("--limit", "N", "show: at most so many entries, the newest (100)"),
            Option("--subject", "SUBJECT", "show receipt: for all jobs of this subject"),
            Option("--receipt", "FILE", "verify: this receipt, with the key alone"),
            Option("--key", "KEY", "verify: the published key, instead of the spool's own"),
            Option(
                "--checkpoint", "FILE", "verify: a checkpoint that was kept elsewhere; the log must go on from it",
                repeats: true),
            .json,
        ],
        examples: [
            "darkroom audit show --job fox-7Q2M9V4K", "darkroom audit show key > audit-key.txt",
            "darkroom audit show receipt fox-7Q2M9V4K > receipt.json",
            "darkroom audit verify --checkpoint last-month.txt --json",
            "darkroom audit verify --receipt receipt.json --key \"$(cat audit-key.txt)\"",
        ]
    ) { invocation throws(CommandError) in
        let order = try AuditOrder(invocation)
        if let receipt = order.receipt, let key = order.key { return try check(receipt, key, order) }
        let stores = try invocation.stores(try invocation.configuration())
        switch order.action {
        case .entries: try await showEntries(stores, order)
        case .key: Console.print(try await key(stores).description + "\n")
        case .checkpoint:
            try await move(stores)
            Console.print(try await audited { () throws(AuditError) in try await window(stores).checkpoint() } ?? "")
        case .receipt(let jobs): try await showReceipt(jobs, stores, order)
        case .verify: return try await verify(stores, order)
        }
        return ExitCode.fine.rawValue
    }

    private static func window(_ stores: Stores) -> AuditWindow { AuditWindow(stores.auditor.folder) }

    private static func key(_ stores: Stores) async throws(CommandError) -> VerifierKey {
        try await move(stores)
        let key = try await audited { () throws(AuditError) in try await window(stores).key() }
        guard let key else { throw CommandError(.inputOutput, "the audit log's key is gone") }
        return key
    }

    /// Brings what the ledger has recorded into the log first. A log that is not as it was left is shown as it is.
    private static func move(_ stores: Stores) async throws(CommandError) {
        do throws(AuditError) {
            try await stores.auditor.move()
        } catch {
            guard case .alarm(let what) = error else { throw CommandError(error) }
            Console.remark("darkroom: \(what); see darkroom audit verify")
        }
    }

    @discardableResult
    private static func audited<Value: Sendable>(
        _ work: () async throws(AuditError) -> Value
    ) async throws(CommandError) -> Value {
        do throws(AuditError) { return try await work() } catch { throw CommandError(error) }
    }

    // MARK: show

    private static func showEntries(_ stores: Stores, _ order: AuditOrder) async throws(CommandError) {
        let key = try await key(stores)
        let (note, entries) = try await audited { () throws(AuditError) in
            let window = window(stores)
            return (try await window.checkpoint(), try await window.entries(of: order.job, limit: order.limit))
        }
        if order.wantsJSON {
            return Console.print(
                .fields([
                    "schema": "darkroom.audit/1", "key": .string(key.description), "checkpoint": .text(note),
                    "entries": .array(entries.map(\.document)),
                ]))
        }
        if entries.isEmpty { return Console.remark("no entries yet") }
        let rows = entries.map { entry in
            [
                String(entry.index), String(entry.at.prefix(19)) + "Z", entry.event, entry.job ?? "-",
                entry.facts.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                    .joined(separator: " "),
            ]
        }
        Console.print(Console.table([["ENTRY", "AT", "WHAT", "JOB", "FACTS"]] + rows))
    }

    private static func showReceipt(
        _ ids: [String], _ stores: Stores, _ order: AuditOrder
    ) async throws(CommandError) {
        let ledger = stores.ledger
        let (found, now) = try await JobListing.read { () throws(LedgerError) in
            var found: [JobRecord] = []
            for id in ids { if let job = try await ledger.job(id) { found.append(job) } }
            if let subject = order.subject {
                var filter = JobFilter()
                let key = try await ledger.installationSecret("subject-hash") { randomBytes(32) }
                filter.subjectRef = Acceptor.reference(to: subject, key: key)
                filter.limit = 10_000
                found += try await ledger.jobs(filter)
            }
            return (found, SystemClock().wall())
        }
        let missing = ids.filter { id in !found.contains { $0.id == id } }
        guard missing.isEmpty else {
            throw CommandError(
                .data, "there is no job \(missing.joined(separator: ", "))", hint: "darkroom jobs lists them")
        }
        guard !found.isEmpty else { throw CommandError(.data, "the subject has no jobs here") }
        try await move(stores)
        let receipt = try await audited { () throws(AuditError) in
            try await ReceiptOffice(stores.auditor.folder, ledger).issue(for: found, issued: now)
        }
        Console.print(receipt.document)
    }

    // MARK: verify

    private static func verify(_ stores: Stores, _ order: AuditOrder) async throws(CommandError) -> Int32 {
        let own = try await audited { () throws(AuditError) in try await window(stores).key() }
        if let receipt = order.receipt {
            guard let own else {
                throw CommandError(.data, "there is no key to check with", hint: "give it with --key")
            }
            return try check(receipt, own, order)
        }
        let report = try await audited { () throws(AuditError) in
            var earlier: [Checkpoint] = []
            for note in order.checkpoints {
                guard let key = order.key ?? own else { continue }
                earlier.append(try Checkpoint.open(note, with: key))
            }
            return try await AuditCheck(
                stores.auditor.folder, book: stores.ledger, key: order.key, earlier: earlier
            ).run()
        }
        if order.wantsJSON {
            Console.print(document(report))
        } else {
            Console.print(text(report))
        }
        return (report.faultCount == 0 ? ExitCode.fine : .notAllWell).rawValue
    }

    private static func document(_ report: AuditReport) -> JSONValue {
        .fields([
            "schema": "darkroom.audit-check/1", "whole": .bool(report.faultCount == 0),
            "entries": .integer(report.entries), "files": .integer(report.files),
            "signed": .integer(report.checkpoint?.size ?? 0), "root": .text(report.checkpoint?.root.description),
            "pending": .integer(report.pending), "unsigned_bytes": .integer(report.unsigned),
            "fault_count": .integer(report.faultCount),
            "faults": .array(
                report.faults.map { fault in
                    .fields([
                        "kind": .string(fault.kind.rawValue), "entry": fault.entry.map { .integer($0) },
                        "detail": .string(fault.detail),
                    ])
                }),
        ])
    }

    private static func text(_ report: AuditReport) -> String {
        guard report.faultCount > 0 else {
            let pending = report.pending > 0 ? "; \(report.pending) events are not in it yet" : ""
            return
                "the audit log is whole: \(report.entries) entries, signed for and as the ledger has them\(pending)\n"
        }
        let more = report.faultCount - report.faults.count
        return
            (["the audit log is not as it was written:"] + report.faults.map { "  \($0)" }
            + (more > 0 ? ["  and \(more) more"] : [])).joined(separator: "\n") + "\n"
    }

    private static func check(
        _ receipt: Receipt, _ key: VerifierKey, _ order: AuditOrder
    ) throws(CommandError) -> Int32 {
        let faults = receipt.faults(for: key)
        if order.wantsJSON {
            Console.print(
                .fields([
                    "schema": "darkroom.receipt-check/1", "good": .bool(faults.isEmpty),
                    "faults": .array(faults.map { .string($0) }), "statement": receipt.statement,
                ]))
        } else {
            Console.print(
                faults.isEmpty
                    ? "the receipt is good: signed, and all it says of jobs is in the log\n"
                    : faults.map { $0 + "\n" }.joined())
        }
        return (faults.isEmpty ? ExitCode.fine : .notAllWell).rawValue
    }
}

/// What was asked of `audit`, checked.
private struct AuditOrder: Sendable {
    enum Action: Sendable, Equatable {
        case entries, key, checkpoint, verify
        case receipt([String])
    }

    let action: Action
    let job: String?
    let subject: String?
    let limit: Int
    let receipt: Receipt?
    let key: VerifierKey?
    /// Signed notes.
    let checkpoints: [String]
    let wantsJSON: Bool

    init(_ invocation: Invocation) throws(CommandError) {
        action = try Self.action(invocation)
        try Self.refuseOthers(invocation, isVerify: action == .verify)
        job = invocation.value("--job")
        subject = invocation.value("--subject")
        let limit = invocation.value("--limit") ?? "100"
        guard let number = Int(limit), (1...1_000_000).contains(number) else {
            throw CommandError(.usage, "--limit is a number from 1 to 1000000")
        }
        self.limit = number
        key = try invocation.value("--key").map { text throws(CommandError) in
            do throws(AuditError) { return try VerifierKey(text) } catch {
                throw CommandError(.usage, "--key: \(error)")
            }
        }
        receipt = try invocation.value("--receipt").map { path throws(CommandError) in
            let text = try Self.read(path)
            do { return try Receipt(try JSONParser.parse(text)) } catch {
                throw CommandError(.data, "\(path) is no receipt of Darkroom")
            }
        }
        var notes: [String] = []
        for path in invocation.all("--checkpoint") {
            notes.append(String(decoding: try Self.read(path), as: UTF8.self))
        }
        checkpoints = notes
        wantsJSON = invocation.wantsJSON
    }

    private static func action(_ invocation: Invocation) throws(CommandError) -> Action {
        let words = invocation.words
        switch (words.first, words.dropFirst().first) {
        case ("verify", nil): return .verify
        case ("show", nil): return .entries
        case ("show", "key") where words.count == 2: return .key
        case ("show", "checkpoint") where words.count == 2: return .checkpoint
        case ("show", "receipt") where words.count > 2 || invocation.has("--subject"):
            return .receipt(Array(words.dropFirst(2)))
        default:
            throw CommandError(
                .usage, "audit knows show, show key, show checkpoint, show receipt JOB… and verify",
                hint: "darkroom audit --help")
        }
    }

    private static func refuseOthers(_ invocation: Invocation, isVerify: Bool) throws(CommandError) {
        let others = isVerify ? ["--job", "--limit", "--subject"] : ["--receipt", "--key", "--checkpoint"]
        for option in others where invocation.has(option) {
            throw CommandError(.usage, "\(option) belongs to audit \(isVerify ? "show" : "verify")")
        }
    }

    private static func read(_ path: String) throws(CommandError) -> [UInt8] {
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes = try Files.read(Files.absolute(path) ?? path, limit: 256 << 20)
        } catch {
            throw CommandError(.inputOutput, "\(path): \(error)")
        }
        guard let bytes else { throw CommandError(.data, "\(path): larger than 256 MB") }
        return bytes
    }
}

extension CommandError {
    init(_ error: AuditError) {
        let code: ExitCode =
            switch error {
            case .disk, .ledger: .inputOutput
            case .busy: .tryLater
            case .alarm: .notAllWell
            case .unreadable: .data
            }
        self.init(code, error.description)
    }
}
