import Disk
import Documents
import Domain
import Foundation
import Journal
import Ledger
import Outcomes
import Spool
import Support
import Vault

/// A spool with a job on its way; each `open` is the daemon's next start.
final class Counter {
    let scratch: Scratch
    let spool: SpoolFolders
    let clock = ManualClock()
    let blobs: FileBlobs
    private(set) var ledger: SQLiteLedger

    init() throws {
        scratch = try Scratch("outcomes")
        spool = SpoolFolders(root: scratch.file("spool"))
        try spool.prepare()
        blobs = FileBlobs(
            folder: spool.blobs, keys: spool.keys, hours: spool.hours, root: RootKey(.own(spool.sealKey)))
        ledger = try SQLiteLedger(path: spool.ledger, timekeeper: clock)
    }

    func settler(_ ledger: any JobLedger) -> Settler {
        let recorder = Recorder(ledger: ledger, log: .silent)
        return Settler(
            ledger: ledger, spool: spool, eraser: Eraser(ledger: ledger, blobs: blobs, recorder: recorder),
            recorder: recorder)
    }

    var settler: Settler { settler(ledger) }

    /// Takes a job in and goes through `events`; claimed by this run.
    func job(
        _ id: String = "fox", _ events: [JobEvent] = [], count: Int = 1, retain: Span = .hours(1),
        change: (inout JobRecord) -> Void = { _ in }
    ) async throws -> JobRecord {
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "claim-" + id, route: "offline", acceptedAt: now,
            inputsDeleteBy: now.after(.hours(24)), retainInputs: retain, count: count)
        job.referenceCount = 1
        job.inputBytes = 6
        change(&job)
        let blob = try await blobs.put(Array("pixels".utf8), under: blobs.newKey(hour: 1))
        let row = BlobRecord(id: blob, job: id, kind: .reference, position: 0, bytes: 6)
        guard case .accepted = try await ledger.accept(job, blobs: [row]),
            var claimed = try await ledger.claim(1, for: "first", lease: .hours(1)).first
        else { throw LedgerError.unknownJob(id) }
        for event in events { claimed = try await ledger.write(claimed.hold, event, []) }
        return claimed
    }

    /// A job whose outputs `indices` lie in its staging folder.
    func made(
        _ id: String = "fox", count: Int = 1, outputs indices: [Int] = [1], retain: Span = .hours(1),
        change: (inout JobRecord) -> Void = { _ in }
    ) async throws -> JobRecord {
        let job = try await job(
            id, [.prepared, .called, .answered, .finished], count: count, retain: retain, change: change)
        try Folders.make(spool.staged(id))
        var changes: [Change] = []
        for index in indices {
            var output = OutputRecord(job: id, index: index)
            output.state = .made
            output.billed = .yes
            output.file = "\(id)-\(index).png"
            output.size = PixelSize(width: 3840, height: 2160)
            output.format = "png"
            output.bytes = 7
            output.sha256 = String(repeating: "0", count: 64)
            changes.append(.output(output))
            for suffix in ["", ".json"] {
                let path = spool.staged(id) + "/\(id)-\(index).png" + suffix
                try Files.writeDurably(Array("picture".utf8), to: path, mode: 0o640)
            }
        }
        return try await ledger.write(job.hold, nil, changes)
    }

    /// The daemon starts anew and takes the job up again; nil when it has settled.
    func restart(_ id: String = "fox") async throws -> JobRecord? {
        ledger = try SQLiteLedger(path: spool.ledger, timekeeper: clock)
        _ = try await ledger.freeAll(but: "second")
        return try await ledger.claim(10, for: "second", lease: .hours(1)).first { $0.id == id }
    }

    /// Paths of all outcome folders, `done/fox`.
    var outcomes: [String] {
        get throws {
            try Outcome.allCases.flatMap { outcome in
                try Folders.list(spool.outcomes(outcome)).entries.map { outcome.rawValue + "/" + $0.name }
            }
        }
    }

    func names(_ path: String) throws -> [String] { try Folders.list(spool.root + "/" + path).entries.map(\.name) }

    func status(_ path: String) throws -> JSONValue {
        try JSONParser.parse(Array(Data(contentsOf: URL(fileURLWithPath: spool.root + "/\(path)/status.json"))))
    }

    func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: spool.root + "/" + path)
        return (attributes[.posixPermissions] as? Int ?? 0) & 0o7777
    }
}
