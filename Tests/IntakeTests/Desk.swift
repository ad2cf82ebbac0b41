import Disk
import Domain
import Foundation
import Journal
import Ledger
import Spool
import Support
import Synchronization
import Vault

@testable import Intake

/// Everything behind the inbox: a real spool, a real ledger, real work files.
final class Desk {
    static let profile = (id: "default", hash: "00")
    let scratch: Scratch
    let spool: SpoolFolders
    let clock = ManualClock()
    let ledger: SQLiteLedger
    let blobs: TightBlobs
    let claims: Claims
    let logged = Lines()
    var limits = HandOverLimits(
        manifestBytes: 100_000, references: 3, referenceBytes: 1000, jobBytes: 2000, orphanAfter: .minutes(10))
    var retainInputs = Span.hours(24)
    var retainOutputs: Span?

    init() throws {
        scratch = try Scratch("desk")
        spool = SpoolFolders(root: scratch.file("spool"))
        try spool.prepare()
        ledger = try SQLiteLedger(path: spool.ledger, timekeeper: clock)
        blobs = TightBlobs(
            FileBlobs(
                folder: spool.blobs, keys: spool.keys, hours: spool.hours, root: RootKey(.own(spool.sealKey))))
        claims = Claims(spool: spool, mostBytes: 1_000_000)
    }

    func acceptor() async throws -> Acceptor {
        let log = Log(least: .debug, isJSON: true, write: { [logged] line in logged.add(line) })
        return try await Acceptor(
            ledger: ledger, blobs: blobs, spool: spool, claims: claims, recorder: Recorder(ledger: ledger, log: log),
            rules: .init(
                limits: limits, retainInputs: retainInputs, retainOutputs: retainOutputs, profile: Self.profile,
                originNode: "here",
                examine: { (spec) throws(Reason) in
                    if spec.model == "unknown" { throw Reason(.modelNotFound, "no such route", field: "model") }
                    return "offline"
                }))
    }

    /// Claims a folder of files whose manifest is `manifest`.
    func claim(_ manifest: String, _ files: [String: String] = [:], name: String = "job") throws -> Claim {
        let folder = spool.inbox + "/" + name
        try Folders.make(folder)
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: folder + "/job.json"))
        for (file, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + file)) }
        return try claimFolder(name)
    }

    func claimFolder(_ name: String = "job") throws -> Claim {
        guard let claim = try claims.take(Arrival(form: .folder, name: name, files: [name])) else {
            throw DiskError.missing("claim")
        }
        return claim
    }

    /// Accepts a folder and gives the job.
    func accept(_ manifest: String, _ files: [String: String] = [:], name: String = "job") async throws -> JobRecord {
        guard let id = try await acceptor().accept(try claim(manifest, files, name: name)),
            let job = try await ledger.job(id)
        else { throw LedgerError.unknownJob(name) }
        return job
    }

    /// How many work files stand on the disk, unfinished ones included.
    var blobsOnDisk: Int { get throws { try Folders.list(spool.blobs).entries.count } }
}

final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: String { lines.withLock { $0.joined() } }
}

/// Real work files, and a disk that is full from the n-th on.
final class TightBlobs: BlobStore {
    private let real: FileBlobs
    private let left = Mutex<Int?>(nil)

    init(_ real: FileBlobs) { self.real = real }

    /// How many may still be begun; nil for as many as come.
    func allow(_ count: Int?) { left.withLock { $0 = count } }

    func newKey(hour: Int64) async throws(VaultError) -> String { try await real.newKey(hour: hour) }
    func endHours(before hour: Int64) async throws(VaultError) -> Int { try await real.endHours(before: hour) }
    func endHours(before hour: Int64, but used: Set<Int64>) async throws(VaultError) -> Int {
        try await real.endHours(before: hour, but: used)
    }
    func destroyKey(_ key: String) async throws(VaultError) { try await real.destroyKey(key) }
    func walkKeys() async throws(VaultError) -> any VaultWalk { try await real.walkKeys() }

    func begin(under key: String) async throws(VaultError) -> any BlobWriter {
        let isFull = left.withLock { left in
            guard let count = left else { return false }
            left = count - 1
            return count <= 0
        }
        if isFull { throw .disk(DiskError("write a file", code: 28)) }
        return try await real.begin(under: key)
    }

    func get(_ id: String, limit: Int) async throws(VaultError) -> [UInt8] { try await real.get(id, limit: limit) }
    func destroy(_ id: String) async throws(VaultError) { try await real.destroy(id) }
    func destroyUnfinished(_ id: String, beside count: Int) async throws(VaultError) {
        try await real.destroyUnfinished(id, beside: count)
    }
    func head(_ id: String, count: Int) async throws(VaultError) -> [UInt8] { try await real.head(id, count: count) }
    func size(_ id: String) async throws(VaultError) -> Int { try await real.size(id) }
    func walkBlobs() async throws(VaultError) -> any VaultWalk { try await real.walkBlobs() }
}
