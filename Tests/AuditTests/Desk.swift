import Audit
import Digests
import Disk
import Domain
import Foundation
import Ledger
import Support

/// A real ledger, its audit log, and what can be done to its files.
struct Desk {
    let scratch: Scratch
    let clock = ManualClock()
    let ledger: SQLiteLedger
    let folder: AuditFolder

    init(_ name: String = "audit") throws {
        scratch = try Scratch(name)
        ledger = try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
        folder = AuditFolder(path: scratch.file("audit"), key: scratch.file("audit.key"))
    }

    func auditor(fileBytes: Int64 = 16 << 20, batch: Int = 2000) -> Auditor {
        var limits = Auditor.Limits()
        (limits.fileBytes, limits.batch) = (fileBytes, batch)
        return Auditor(ledger, folder, limits: limits)
    }

    func record(_ count: Int, from start: Int = 0) async throws {
        for number in start..<start + count {
            clock.pass(.seconds(1))
            try await ledger.record(
                LedgerEvent("output.made", job: "fox-\(number)", ["size": "3840x2160", "output": "1"]))
        }
    }

    func accept(_ id: String, subject: String? = nil) async throws {
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "c-" + id, route: "offline", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .hours(1))
        job.subjectRef = subject
        _ = try await ledger.accept(job, blobs: [])
    }

    func check(earlier: [Checkpoint] = [], key: VerifierKey? = nil) async throws -> AuditReport {
        try await AuditCheck(folder, book: ledger, key: key, earlier: earlier).run()
    }

    // MARK: files

    var logs: [String] { ((try? folder.logs()) ?? []).map { folder.path + "/" + $0.name } }

    func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

    func put(_ bytes: [UInt8], at path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

    func append(_ bytes: [UInt8], to path: String) throws { try put(self.bytes(path) + bytes, at: path) }

    func lines(_ path: String) throws -> [[UInt8]] {
        try bytes(path).split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }

    func put(lines: [[UInt8]], at path: String) throws {
        try put(Array(lines.map { $0 + [UInt8(ascii: "\n")] }.joined()), at: path)
    }

    func entries() throws -> [AuditEntry] {
        try logs.flatMap { try lines($0) }.compactMap { AuditEntry(line: $0) }
    }
}
