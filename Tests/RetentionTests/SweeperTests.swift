import Disk
import Domain
import Foundation
import Journal
import Ledger
import Outcomes
import Retention
import Spool
import Support
import Testing
import Vault

@Suite struct SweeperTests {
    let scratch: Scratch
    let clock = ManualClock()
    let spool: SpoolFolders
    let ledger: SQLiteLedger
    let blobs: FileBlobs
    let settler: Settler
    let sweeper: Sweeper

    init() throws {
        scratch = try Scratch("sweep")
        spool = SpoolFolders(root: scratch.file("spool"))
        try spool.prepare()
        ledger = try SQLiteLedger(path: spool.ledger, timekeeper: clock)
        blobs = FileBlobs(
            folder: spool.blobs, keys: spool.keys, hours: spool.hours, root: RootKey(.own(spool.sealKey)))
        let recorder = Recorder(ledger: ledger, log: .silent)
        let eraser = Eraser(ledger: ledger, blobs: blobs, recorder: recorder)
        settler = Settler(ledger: ledger, spool: spool, eraser: eraser, recorder: recorder)
        sweeper = Sweeper(
            ledger: ledger, blobs: blobs, spool: spool, settler: settler, eraser: eraser, recorder: recorder,
            owner: "test")
    }

    /// Accepts a job with one blob and claims it.
    func job(_ id: String, retain: Span = .hours(24), outputs: Span? = nil) async throws -> JobRecord {
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "c-" + id, route: "offline", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: retain)
        job.retainOutputs = outputs
        let blob = try await blobs.put(Array("input of \(id)".utf8), under: blobs.newKey(hour: 1))
        let row = BlobRecord(id: blob, job: id, kind: .reference, position: 0, bytes: 10)
        _ = try await ledger.accept(job, blobs: [row])
        return try #require(try await ledger.claim(1, for: "test", lease: .hours(1)).first)
    }

    func settledJob(_ id: String, retain: Span = .hours(24)) async throws {
        try await settler.settle(try await job(id, retain: retain), as: .failed, because: Reason(.orphan, "x"))
    }

    @Test func `inputs go when their time is over, not before, and the report says so`() async throws {
        try await settledJob("a", retain: .hours(2))
        try await settledJob("b", retain: .hours(5))
        clock.pass(.minutes(119))
        #expect(try await sweeper.runOnce().jobs == 0)
        clock.pass(.minutes(1))
        let report = try await sweeper.runOnce()
        #expect(report.jobs == 1 && report.files == 1 && report.state.holding == 1 && report.failures == 0)
        #expect(try await blobs.list().count == 1)
        #expect(try await ledger.job("a")?.inputsDeletedAt != nil)
        #expect(try await ledger.job("b")?.inputsDeletedAt == nil)
        #expect(report.state.nextDeadline == (try await ledger.job("b")?.inputsDeleteBy))
    }

    @Test(arguments: [JobState.accepted, .ready, .waiting, .calling, .held])
    func `a job that did not settle in a day is expired and its inputs are gone`(state: JobState) async throws {
        let job = try await job("late")
        let until = try await ledger.now().after(.hours(90))
        switch state {
        case .ready: _ = try await ledger.write(job.hold, .prepared, [])
        case .waiting:
            _ = try await ledger.write(job.hold, .prepared, [])
            _ = try await ledger.write(job.hold, .hindered, [.wait(until: until, Reason(.rateLimited, "busy"))])
        case .calling:
            _ = try await ledger.write(job.hold, .prepared, [])
            _ = try await ledger.write(job.hold, .called, [])
        case .held: try await settler.settle(job, as: .held, because: Reason(.outcomeUnknown, "x"))
        default: break
        }
        clock.pass(.hours(24))
        let report = try await sweeper.runOnce()
        #expect(report.expired == 1 && report.state.holding == 0)
        #expect(try await blobs.list().isEmpty)
        let after = try #require(try await ledger.job("late"))
        #expect(after.state == .failed && after.reason?.code == .expired)
        #expect(Files.exists(spool.outcome(.failed, of: "late") + "/status.json"))
        #expect(!Files.exists(spool.outcome(.held, of: "late")))
        #expect(try await sweeper.runOnce().jobs == 0)
    }

    @Test func `a worker that still holds an expired job can write nothing any more`() async throws {
        let held = try await job("slow")
        clock.pass(.hours(24))
        _ = try await sweeper.runOnce()
        await #expect(throws: LedgerError.lost(job: "slow")) { try await ledger.write(held.hold, .prepared, []) }
    }

    @Test func `one file that cannot be deleted stops no other and is tried until it is gone`() async throws {
        try await settledJob("stuck", retain: .hours(1))
        try await settledJob("free", retain: .hours(1))
        let blob = try #require(try await ledger.blobs(of: "stuck").first?.id)
        // A folder that is not empty stands where the file should be: unlink fails, also for root.
        try Files.remove(spool.blobs + "/" + blob)
        try Folders.make(spool.blobs + "/" + blob + "/x")
        clock.pass(.hours(1))
        let report = try await sweeper.runOnce()
        #expect(report.jobs == 1 && report.failures == 1 && report.state.oldestOverdue != nil)
        #expect(try await ledger.job("free")?.inputsDeletedAt != nil)
        try Folders.removeTree(spool.blobs + "/" + blob)
        let again = try await sweeper.runOnce()
        #expect(again.jobs == 1 && again.state.oldestOverdue == nil && again.failures == 0)
    }

    @Test(arguments: [Span.hours(-25), .hours(25), .hours(-87_600), .hours(87_600)])
    func `setting the wall clock deletes nothing early and nothing late`(jump: Span) async throws {
        try await settledJob("a", retain: .hours(2))
        clock.jumpWall(by: jump)
        #expect(try await sweeper.runOnce().jobs == 0)
        clock.pass(.hours(2))
        #expect(try await sweeper.runOnce().jobs == 1)
    }

    @Test func `a deadline that passed while the machine was off is kept at the first sweep`() async throws {
        try await settledJob("a")
        clock.reboot(after: .hours(30))
        let reopened = try SQLiteLedger(path: spool.ledger, timekeeper: clock)
        #expect(try await reopened.retention().oldestOverdue != nil)
        let recorder = Recorder(ledger: reopened, log: .silent)
        let eraser = Eraser(ledger: reopened, blobs: blobs, recorder: recorder)
        let again = Sweeper(
            ledger: reopened, blobs: blobs, spool: spool,
            settler: Settler(ledger: reopened, spool: spool, eraser: eraser, recorder: recorder), eraser: eraser,
            recorder: recorder, owner: "again")
        #expect(try await again.runOnce().jobs == 1)
    }

    @Test func `inputs that stay beyond their deadline are told of once, and as late when they go`() async throws {
        try await settledJob("stuck", retain: .hours(1))
        let blob = try #require(try await ledger.blobs(of: "stuck").first?.id)
        try Files.remove(spool.blobs + "/" + blob)
        try Folders.make(spool.blobs + "/" + blob + "/x")
        clock.pass(.hours(1))
        _ = try await sweeper.runOnce()
        clock.pass(.minutes(2))
        for _ in 0..<3 { _ = try await sweeper.runOnce() }
        try Folders.removeTree(spool.blobs + "/" + blob)
        _ = try await sweeper.runOnce()
        let events = try await ledger.events(of: "stuck").map(\.event)
        #expect(events.map(\.name) == ["job.accepted", "job.settled", "inputs.overdue", "inputs.deleted"])
        #expect(events.last?.facts["late_s"] == "120" && events.last?.facts["left"] == "0")
        #expect(events.last?.facts["keys"] == "1")
    }

    @Test func `outputs with a deadline go with their sidecar, the folder with the last of them`() async throws {
        try await publishedJob("done")
        clock.pass(.hours(2))
        #expect(try await sweeper.runOnce().outputs == 0)
        clock.pass(.hours(1))
        #expect(try await sweeper.runOnce().outputs == 1)
        #expect(!Files.exists(spool.outcome(.done, of: "done")))
        #expect(try await ledger.outputs(of: "done").first?.deletedAt != nil)
    }

    @Test func `at start what belongs to no job is cleared away, and nothing else`() async throws {
        let kept = try await job("open")
        let stray = try await blobs.put([1, 2, 3], under: blobs.newKey(hour: 1))
        try Folders.make(spool.staged("nobody"))
        try Folders.make(spool.staged("open"))
        try await sweeper.sweepStart()
        let left = try await blobs.list().map(\.id)
        #expect(!left.contains(stray) && left.count == 1)
        #expect(try await blobs.keys().map(\.key) == left.map { BlobID.key(of: $0) })
        #expect(!Files.exists(spool.staged("nobody")) && Files.exists(spool.staged(kept.id)))
    }

    @Test func `a start leaves an old claim to be accepted, and only later sweeps end it`() async throws {
        let claim = spool.claim("plain-0123456789abcdef")
        try Folders.make(claim)
        try Files.writeDurably([1], to: claim + "/fox.txt")
        let now = try await ledger.now()
        try Folders.setModified(claim, now.milliseconds)
        clock.jumpWall(by: .hours(25))
        #expect(try await sweeper.runOnce().strays == 0)
        clock.pass(.hours(25))
        #expect(try await sweeper.runOnce(claims: false).strays == 0)
        #expect(Files.exists(claim + "/fox.txt"))
        #expect(try await sweeper.runOnce().strays == 1)
        #expect(!Files.exists(claim))
    }

    @Test func `among many that are due at once one that cannot be deleted stops no other`() async throws {
        for number in 1...40 { try await settledJob("j\(number)", retain: .hours(1)) }
        let blob = try #require(try await ledger.blobs(of: "j7").first?.id)
        try Files.remove(spool.blobs + "/" + blob)
        try Folders.make(spool.blobs + "/" + blob + "/x")
        clock.pass(.hours(1))
        let report = try await sweeper.runOnce()
        #expect(report.jobs == 39 && report.files == 39 && report.failures == 1 && report.state.holding == 1)
    }

    @Test func `of a thousand work files those that belong to no job are found, whatever their place`() async throws {
        let kept = try await job("kept")
        let blob = try #require(try await ledger.blobs(of: kept.id).first?.id)
        let beside = BlobID.beside(blob, 0)
        for name in [beside] + (0..<1000).map({ String(repeating: "a", count: 32) + "_\($0)" }) {
            try Files.writeDurably([], to: spool.blobs + "/" + name)
        }
        try await sweeper.sweepStart()
        #expect(try await blobs.list().map(\.id) == [blob, beside].sorted())
        #expect(try await blobs.keys().map(\.key) == [BlobID.key(of: blob)])
    }

    @Test func `a work file that was just written is no stray`() async throws {
        let fresh = try await blobs.put([1], under: blobs.newKey(hour: 1))
        #expect(try await sweeper.runOnce().strays == 0)
        #expect(try await blobs.list().map(\.id) == [fresh])
    }

    @Test func `an id is remembered for thirty days, and then nothing of its job is left`() async throws {
        try await settledJob("a")
        try await settledJob("b")
        let kept = try await job("kept", outputs: .hours(24 * 60))
        var output = try #require(try await ledger.outputs(of: "kept").first)
        (output.state, output.file) = (.made, "kept-1.png")
        for event in [JobEvent.prepared, .called, .answered, .finished] {
            _ = try await ledger.write(kept.hold, event, event == .finished ? [.output(output)] : [])
        }
        try Folders.make(spool.staged("kept"))
        try await settler.settle(try #require(try await ledger.job("kept")), as: .done, because: nil)
        clock.pass(.hours(24))
        _ = try await sweeper.runOnce()
        clock.pass(.hours(29 * 24 - 1))
        #expect(try await sweeper.runOnce().forgotten == 0)
        #expect(try await ledger.job("a") != nil)
        clock.pass(.hours(2))
        #expect(try await sweeper.runOnce().forgotten == 2)
        for id in ["a", "b"] {
            #expect(try await ledger.job(id) == nil)
            #expect(try await ledger.outputs(of: id).isEmpty)
            #expect(try await ledger.events(of: id).isEmpty)
            #expect(try await ledger.effects(of: id).isEmpty)
        }
        // Its output is to be deleted yet, so that its job is known until then.
        #expect(try await ledger.job("kept") != nil)
        clock.pass(.hours(24 * 31))
        _ = try await sweeper.runOnce()
        #expect(try await ledger.job("kept") == nil)
        // The id may come again.
        try await settledJob("a")
        #expect(try await ledger.job("a")?.state == .failed)
    }

    @Test func `jobs that are not settled are never forgotten`() async throws {
        let open = try await job("held")
        try await settler.settle(open, as: .held, because: Reason(.outcomeUnknown, "x"))
        #expect(try await ledger.forget(settledBefore: ledger.now().after(.hours(24 * 365))) == 0)
        #expect(try await ledger.job("held") != nil)
    }
}
