import Domain
import Foundation
import Ledger
import Support
import Testing

@Suite struct SubjectTests {
    let scratch: Scratch
    let clock = ManualClock()
    let ledger: SQLiteLedger

    init() throws {
        scratch = try Scratch("subjects")
        ledger = try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
    }

    private func request(_ verb: String, of subject: String = "ann") async throws -> RightsRequest {
        RightsRequest(
            id: "q\(UInt32.random(in: 0 ... .max))", verb: verb, subjectRef: subject, received: try await ledger.now())
    }

    @discardableResult
    private func accept(_ id: String, _ subject: String? = "ann", keeps: Span? = nil) async throws -> JobRecord {
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "claim-" + id, route: "r", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .hours(24))
        job.subjectRef = subject
        job.retainOutputs = keeps
        _ = try await ledger.accept(job, blobs: [])
        return try #require(try await ledger.job(id))
    }

    private func claimed() async throws -> [String] {
        try await ledger.claim(9, for: "me", lease: .hours(1)).map(\.id)
    }

    /// The write that would let a paid request leave.
    private func spend(_ id: String) async throws {
        let job = try #require(try await ledger.job(id))
        var effect = EffectRecord(
            id: "call-" + id, job: id, output: 1, route: "r", provider: "p", model: "m", cost: 5,
            sentAt: try await ledger.now())
        effect.subjectRef = job.subjectRef
        _ = try await ledger.write(job.hold, .called, [.spend(effect, within: SpendLimits())])
    }

    private func publish(_ id: String, until: Span) async throws {
        let now = try await ledger.now()
        for event in [JobEvent.prepared, .called, .answered, .finished, .settled(.done)] {
            let job = try #require(try await ledger.seize(id, for: "me", from: JobState.allCases))
            var output = OutputRecord(job: id, index: 1)
            (output.state, output.file, output.expiresAt) = (.made, "\(id)-1.png", now.after(until))
            let settled: [Change] = event == .settled(.done) ? [.settled(at: now, inputsDeleteBy: now)] : []
            _ = try await ledger.write(job.hold, event, [.output(output)] + settled)
        }
    }

    @Test func `no request leaves for a restricted subject, not even of a job that was under way before`() async throws
    {
        try await accept("early")
        #expect(try await claimed() == ["early"])
        _ = try await ledger.write(Hold(job: "early", fence: 1), .prepared, [])
        try await ledger.restrict(try await request("restrict"))
        await #expect(throws: LedgerError.self) { try await spend("early") }
        #expect(try await ledger.effects(of: "early").isEmpty)
        try await accept("late")
        try await accept("other", "bob")
        #expect(try await claimed() == ["other"])
        #expect(try await ledger.job("late")?.waitsFor == .subjectRestricted)
        try await ledger.unrestrict(try await request("unrestrict"))
        try await ledger.release(Hold(job: "early", fence: 1))
        #expect(try await claimed().sorted() == ["early", "late"])
        try await spend("early")
    }

    @Test func `a job that would wait for a restriction that has ended meanwhile goes on`() async throws {
        try await accept("a")
        _ = try await claimed()
        _ = try await ledger.write(Hold(job: "a", fence: 1), .prepared, [])
        try await ledger.restrict(try await request("restrict"))
        try await ledger.unrestrict(try await request("unrestrict"))
        let later = try await ledger.now().after(.hours(20))
        let restricted = Reason(.subjectRestricted, "restricted")
        _ = try await ledger.write(Hold(job: "a", fence: 1), .hindered, [.wait(until: later, restricted)])
        #expect(try await claimed() == ["a"])
    }

    @Test func `while a subject is restricted the time of its pictures stands still, and that of inputs does not`()
        async throws
    {
        try await accept("a", keeps: .hours(2))
        try await accept("b", "bob", keeps: .hours(2))
        try await publish("a", until: .hours(2))
        try await publish("b", until: .hours(2))
        clock.pass(.hours(1))
        try await ledger.restrict(try await request("restrict"))
        clock.pass(.hours(5))
        #expect(try await ledger.outputsDue(limit: 9).map(\.job) == ["b"])
        #expect(try await ledger.inputsDue(limit: 9).count == 2)
        try await ledger.unrestrict(try await request("unrestrict"))
        #expect(try await ledger.outputsDue(limit: 9).map(\.job) == ["b"])
        clock.pass(.minutes(59))
        #expect(try await ledger.outputsDue(limit: 9).map(\.job) == ["b"])
        clock.pass(.minutes(2))
        #expect(try await ledger.outputsDue(limit: 9).map(\.job).sorted() == ["a", "b"])
    }

    @Test func `a suspended subject's jobs fail, those in the queue too, and resuming takes nothing back`() async throws
    {
        try await accept("queued")
        try await ledger.suspend(try await request("suspend"))
        #expect(try await ledger.job("queued")?.reason?.code == .subjectSuspended)
        #expect(try await accept("new").reason?.code == .subjectSuspended)
        #expect(try await accept("other", "bob").reason == nil)
        try await ledger.resume(try await request("resume"))
        #expect(try await accept("again").reason == nil)
        #expect(try await ledger.job("new")?.reason?.code == .subjectSuspended)
    }

    @Test func `a hold keeps outputs of its job or of the whole subject until it ends by itself or by a person`()
        async throws
    {
        for id in ["a", "b"] {
            try await accept(id, keeps: .hours(1))
            try await publish(id, until: .hours(1))
        }
        let now = try await ledger.now()
        func hold(_ id: String, job: String?, _ span: Span) async throws {
            try await ledger.begin(
                LegalHold(
                    id: id, subjectRef: "ann", job: job, reason: "case", begins: now, expires: now.after(span)),
                try await request("hold"))
        }
        try await hold("one", job: "a", .hours(5))
        clock.pass(.hours(2))
        #expect(try await ledger.outputsDue(limit: 9).map(\.job) == ["b"])
        try await hold("all", job: nil, .hours(50))
        #expect(try await ledger.outputsDue(limit: 9).isEmpty)
        #expect(try await ledger.holds(on: "a").map(\.id).sorted() == ["all", "one"])
        #expect(try await ledger.endHold("all", try await request("hold")))
        #expect(try await !ledger.endHold("all", try await request("hold")), "it has ended already")
        #expect(try await ledger.outputsDue(limit: 9).map(\.job) == ["b"])
        clock.pass(.hours(4))
        #expect(try await ledger.outputsDue(limit: 9).map(\.job).sorted() == ["a", "b"])
    }

    @Test func `objections count from the next look on, one purpose at a time`() async throws {
        #expect(try await ledger.objections(of: "ann") == [])
        try await ledger.object(try await request("object"), to: .statistics, isWithdrawn: false)
        try await ledger.object(try await request("object"), to: .gallery, isWithdrawn: false)
        #expect(try await ledger.objections(of: "ann") == [.statistics, .gallery])
        try await ledger.object(try await request("object"), to: .statistics, isWithdrawn: true)
        #expect(try await ledger.objections(of: "ann") == [.gallery])
        #expect(try await ledger.objections(of: "bob") == [])
        #expect(try await ledger.requests(of: "ann").map(\.verb) == ["object", "object", "object"])
    }

    @Test func `of a subject that is being erased nothing comes any further, and what comes in is refused`()
        async throws
    {
        try await accept("ready")
        _ = try await claimed()
        _ = try await ledger.write(Hold(job: "ready", fence: 1), .prepared, [])
        try await spend("ready")
        var erase = try await request("erase")
        erase.tombstone = String(repeating: "0", count: 64)
        let begun = try await ledger.beginErasing(erase)
        #expect(try await ledger.beginErasing(try await request("erase")).id == begun.id, "it has begun already")
        #expect(try await accept("new").reason?.code == .cancelled)
        // The end of a paid call is still written down; what would follow is not.
        var effect = try #require(try await ledger.effects(of: "ready").first)
        (effect.state, effect.billed, effect.cost) = (.answered, .yes, 7)
        _ = try await ledger.write(Hold(job: "ready", fence: 1), nil, [.effect(effect)])
        await #expect(throws: LedgerError.erasing(job: "ready")) {
            _ = try await ledger.write(Hold(job: "ready", fence: 1), .answered, [])
        }
        await #expect(throws: LedgerError.erasing(job: "ready")) {
            _ = try await ledger.write(Hold(job: "ready", fence: 1), nil, [.staged(.failed)])
        }
        #expect(try await ledger.withdraw("ready", isAlone: true))
        #expect(try await ledger.job("ready")?.state == .failed)
        #expect(try await ledger.effects(of: "ready").first?.cost == 7)
    }

    @Test func `of a subject that was erased no byte is left in the ledger's file, where no row uses it either`()
        async throws
    {
        // As long as the keyed hashes that stand in a real ledger.
        let ann = String(repeating: "a1b2c3d4", count: 8)
        try await accept("a", ann)
        try await accept("b", "bob")
        _ = try await ledger.withdraw("a", isAlone: true)
        let ended = try #require(try await ledger.job("a"))
        _ = try await ledger.write(ended.hold, nil, [.inputsDeleted(at: try await ledger.now())])
        // A page that has more room than rows, and in it what a split left there.
        let file = scratch.file("ledger.sqlite")
        let made = try Spawned.run(
            "sqlite3",
            [
                file,
                """
                CREATE TABLE room (x); INSERT INTO room VALUES ('y'); PRAGMA wal_checkpoint(TRUNCATE);
                SELECT 'page', (rootpage - 1) * page_size FROM sqlite_master, pragma_page_size WHERE name = 'room'
                """,
            ])
        let page = try #require(String(decoding: made, as: UTF8.self).split(whereSeparator: \.isNewline).last)
        let offset = try #require(page.split(separator: "|").last.flatMap { Int($0) })
        let trace = scratch.file("trace")
        try ann.write(toFile: trace, atomically: true, encoding: .utf8)
        _ = try Spawned.run(
            "dd", ["if=\(trace)", "of=\(file)", "bs=1", "seek=\(offset + 1000)", "conv=notrunc", "status=none"])
        try FileManager.default.removeItem(atPath: trace)
        var erase = try await request("erase", of: ann)
        erase.tombstone = String(repeating: "0", count: 64)
        let begun = try await ledger.beginErasing(erase)
        #expect(try await ledger.bury(begun))
        #expect(try await ledger.detach(begun))
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
            let bytes = try Data(contentsOf: URL(filePath: scratch.file(name)))
            #expect(bytes.range(of: Data(ann.utf8)) == nil, "\(name)")
        }
        #expect(try await ledger.job("b")?.subjectRef == "bob")
    }

    @Test func `the tombstone takes the place of a subject in every table that names one`() async throws {
        try await accept("a")
        _ = try await ledger.withdraw("a", isAlone: true)
        try await ledger.object(try await request("object"), to: .history, isWithdrawn: false)
        _ = try await ledger.credit(
            CreditGrant(subjectRef: "ann", amount: 3, expiresAt: nil, key: "k", policy: ("p", "h")))
        _ = try Spawned.run(
            "sqlite3",
            [
                scratch.file("ledger.sqlite"),
                "CREATE TABLE later (subject_ref TEXT); INSERT INTO later VALUES ('ann'), ('bob')",
            ])
        var erase = try await request("erase")
        erase.tombstone = "stone"
        let begun = try await ledger.beginErasing(erase)
        #expect(try await !ledger.bury(begun), "its inputs are not deleted yet")
        let job = try #require(try await ledger.job("a"))
        _ = try await ledger.write(job.hold, nil, [.inputsDeleted(at: try await ledger.now())])
        #expect(try await ledger.bury(begun))
        #expect(try await ledger.detach(begun))
        try await ledger.conclude(begun, as: .closed)
        #expect(try await !ledger.knows("ann"))
        #expect(try await ledger.creditBalance(of: "stone").free == 3)
        #expect(try await ledger.creditFaults() == [])
        let after = try await ledger.job("a")
        #expect(after?.subjectRef == "stone" && after?.party == "stone")
        let dump = String(
            decoding: try Spawned.run("sqlite3", [scratch.file("ledger.sqlite"), ".dump"]), as: UTF8.self)
        #expect(!dump.contains("'ann'") && dump.contains("'bob'"))
    }
}
