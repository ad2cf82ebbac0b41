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
            _ = try await ledger.write(job.hold, .hindered, [.wait(until: until, .rateLimited)])
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

    /// A job whose folder stands in `done/`, with one picture that stays three hours.
    func publishedJob(_ id: String) async throws {
        let job = try await job(id, outputs: .hours(3))
        var output = OutputRecord(job: id, index: 1)
        output.state = .made
        output.file = "\(id)-1.png"
        let staged = spool.staged(id)
        try Folders.make(staged)
        for name in ["\(id)-1.png", "\(id)-1.png.json", "\(id)-1.original.jpg"] {
            try Files.writeDurably([1], to: staged + "/" + name)
        }
        for event in [JobEvent.prepared, .called, .answered, .finished] {
            _ = try await ledger.write(job.hold, event, [])
        }
        let made = try await ledger.write(job.hold, nil, [.output(output)])
        try await settler.settle(made, as: .done, because: nil)
    }

    @Test func `deliveries are looked for a few at a time, in turn`() async throws {
        for id in ["a", "b", "c"] {
            try await publishedJob(id)
            try Folders.removeTree(spool.outcome(.done, of: id))
        }
        var place = ""
        var seen: [Int] = []
        for _ in 0..<4 {
            place = try await sweeper.noteDeliveries(after: place, most: 1)
            var delivered = 0
            for id in ["a", "b", "c"] {
                if try await ledger.events(of: id).contains(where: { $0.event.name == "outputs.delivered" }) {
                    delivered += 1
                }
            }
            seen.append(delivered)
        }
        #expect(seen == [1, 2, 3, 3] && place.isEmpty)
    }

    @Test func `a folder that was taken away was delivered, once, and one that we deleted was not`() async throws {
        try await publishedJob("taken")
        try await publishedJob("left")
        try await sweeper.noteDeliveries()
        #expect(try await ledger.events(of: "taken").map(\.event.name) == ["job.accepted", "job.settled"])
        try Folders.removeTree(spool.outcome(.done, of: "taken"))
        for _ in 0..<2 { try await sweeper.noteDeliveries() }
        clock.pass(.hours(3))
        #expect(try await sweeper.runOnce().outputs == 2)
        try await sweeper.noteDeliveries()
        let taken = try await ledger.events(of: "taken").map(\.event)
        #expect(
            taken.map(\.name) == [
                "job.accepted", "job.settled", "outputs.delivered", "output.expired", "output.deleted",
            ])
        #expect(taken.last?.facts["found"] == "no", "what was taken away was not deleted here")
        let left = try await ledger.events(of: "left").map(\.event)
        #expect(left.map(\.name) == ["job.accepted", "job.settled", "output.expired", "output.deleted"])
        #expect(left.last?.facts["found"] == "yes" && left.last?.facts["late_s"] == "0")
        #expect(try await ledger.published(after: "", limit: 10) == [])
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

    // MARK: plans

    /// A job of one output under a plan, published.
    func planned(
        _ id: String, count: Int? = 2, age: Span? = nil, subject: String = "s"
    ) async throws {
        var plan = PlanTerms(name: "free")
        (plan.count, plan.age) = (count, age)
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "c-" + id, route: "offline", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .zero)
        (job.plan, job.subjectRef, job.retainOutputs) = (plan, subject, age)
        _ = try await ledger.accept(job, blobs: [])
        var claimed = try #require(try await ledger.claim(1, for: "test", lease: .hours(1)).first)
        for event in [JobEvent.prepared, .called, .answered, .finished] {
            claimed = try await ledger.write(claimed.hold, event, [])
        }
        var output = OutputRecord(job: id, index: 1)
        output.state = .made
        output.file = "\(id)-1.png"
        output.bytes = 7
        try Folders.make(spool.staged(id))
        try Files.writeDurably([1], to: spool.staged(id) + "/\(id)-1.png")
        let sidecar = Array(#"{"retention":{"inputs_delete_by":"x"}}"#.utf8)
        try Files.writeDurably(sidecar, to: spool.staged(id) + "/\(id)-1.png.json")
        claimed = try await ledger.write(claimed.hold, nil, [.output(output)])
        try await settler.settle(claimed, as: .done, because: nil)
        clock.pass(.minutes(1))
    }

    private func told(_ id: String) async throws -> [String] {
        try await ledger.events(of: id).map(\.event).filter { $0.name.hasPrefix("output.") }.map { event in
            event.name + (event.facts["rule"].map { " " + $0 } ?? "")
        }
    }

    private func ends(_ id: String) throws -> [Bool] {
        let text = try [
            spool.outcome(.done, of: id) + "/status.json", spool.outcome(.done, of: id) + "/\(id)-1.png.json",
        ]
        .map { String(decoding: try #require(try Files.read($0, limit: 1 << 20)), as: UTF8.self) }
        return [text[0].contains("\"expires_at\""), text[1].contains("\"output_expires_at\"")]
    }

    @Test func `the oldest output above a plan's count ends a day after that was said, and its papers say when`()
        async throws
    {
        for id in ["a", "b"] { try await planned(id) }
        try await planned("x", subject: "other")
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [false, false])
        try await planned("c")
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [true, true] && ends("b") == [false, false] && ends("x") == [false, false])
        #expect(try await told("a") == ["output.expires_soon plan.count"])
        clock.pass(.hours(23))
        #expect(try await sweeper.runOnce().outputs == 0)
        clock.pass(.hours(1))
        #expect(try await sweeper.runOnce().outputs == 1)
        #expect(!Files.exists(spool.outcome(.done, of: "a")) && Files.exists(spool.outcome(.done, of: "b")))
        #expect(
            try await told("a") == ["output.expires_soon plan.count", "output.expired plan.count", "output.deleted"])
        #expect(try await sweeper.runOnce().outputs == 0)
    }

    @Test func `an output that was to end is spared where room is made in time, by deletion or by delivery`()
        async throws
    {
        for id in ["a", "b", "c", "d"] { try await planned(id) }
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [true, true] && ends("b") == [true, true])
        let shelf = Shelf(ledger: ledger, spool: spool, recorder: Recorder(ledger: ledger, log: .silent))
        try await shelf.delete("c")
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [true, true] && ends("b") == [false, false])
        #expect(try await told("b") == ["output.expires_soon plan.count", "output.spared"])
        try Folders.removeTree(spool.outcome(.done, of: "d"))
        try await sweeper.noteDeliveries()
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [false, false])
        clock.pass(.hours(30))
        #expect(try await sweeper.runOnce().outputs == 0)
        #expect(try await told("c") == ["output.deleted"], "what somebody had deleted did not expire")
    }

    @Test func `a plan's age ends an output, and that is said a day before`() async throws {
        try await planned("a", count: nil, age: .hours(48))
        _ = try await sweeper.runOnce()
        #expect(try ends("a")[0])
        #expect(try await told("a").isEmpty)
        clock.pass(.hours(24))
        _ = try await sweeper.runOnce()
        #expect(try await told("a") == ["output.expires_soon plan.outputs"])
        clock.pass(.hours(24))
        #expect(try await sweeper.runOnce().outputs == 1)
        #expect(
            try await told("a") == [
                "output.expires_soon plan.outputs", "output.expired plan.outputs", "output.deleted",
            ])
    }

    @Test func `what stands under a plan is known as long as it is here`() async throws {
        try await planned("a")
        try await planned("b")
        clock.pass(.hours(24 * 40))
        try Folders.removeTree(spool.outcome(.done, of: "b"))
        try await sweeper.noteDeliveries()
        let last = try await ledger.lastEvent()
        try await ledger.setAuditMark(AuditMark(size: 1, root: "", event: last))
        _ = try await sweeper.runOnce()
        #expect(try await ledger.job("a") != nil)
        let later = try await ledger.lastEvent()
        try await ledger.setAuditMark(AuditMark(size: 1, root: "", event: later))
        _ = try await sweeper.runOnce()
        #expect(try await ledger.job("b") == nil)
    }

    @Test func `each output that is taken away is written down with its time and size`() async throws {
        try await planned("a")
        try await planned("b", subject: "other")
        try Folders.removeTree(spool.outcome(.done, of: "a"))
        try await sweeper.noteDeliveries()
        try await sweeper.noteDeliveries()
        let taken = try await ledger.deliveries(of: "a")
        #expect(taken.map(\.index) == [1] && taken.map(\.bytes) == [7] && taken.map(\.at) == [clock.wall()])
        #expect(try await ledger.deliveries(ofSubject: "s") == taken)
        #expect(try await ledger.deliveries(ofSubject: "other") == [])
    }
}
