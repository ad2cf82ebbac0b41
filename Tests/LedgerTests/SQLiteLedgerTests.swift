import Domain
import Foundation
import Ledger
import Support
import Testing

@Suite struct SQLiteLedgerTests {
    let scratch: Scratch
    let clock = ManualClock()

    init() throws { scratch = try Scratch("ledger") }

    func open() throws -> SQLiteLedger { try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock) }

    func job(_ id: String, in ledger: SQLiteLedger, priority: Int = 0) async throws -> JobRecord {
        let now = try await ledger.now()
        return JobRecord(
            id: id, claimToken: "claim-" + id, route: "offline", acceptedAt: now,
            inputsDeleteBy: now.after(.hours(24)), retainInputs: .hours(24), priority: priority, count: 2)
    }

    /// Accepts `count` jobs of one subject, `a-1`, `a-2`, …
    private func accept(_ count: Int, of subject: String?, _ ledger: SQLiteLedger, priority: Int = 0) async throws {
        for number in 1...count {
            var job = try await job("\(subject ?? "x")-\(number)-\(priority)", in: ledger, priority: priority)
            job.subjectRef = subject
            _ = try await ledger.accept(job, blobs: [])
        }
    }

    @Test func `jobs of a subject that has few are claimed among the first`() async throws {
        let ledger = try open()
        try await accept(200, of: "a", ledger)
        try await accept(3, of: "b", ledger)
        let first = try await ledger.claim(6, for: "run", lease: .hours(1)).map(\.id)
        #expect(first == ["a-1-0", "b-1-0", "a-2-0", "b-2-0", "a-3-0", "b-3-0"])
        try await accept(2, of: "c", ledger)
        let next = try await ledger.claim(4, for: "run", lease: .hours(1)).map(\.id)
        #expect(next == ["a-4-0", "c-1-0", "a-5-0", "c-2-0"])
        try await accept(1, of: "b", ledger, priority: 9)
        #expect(try await ledger.claim(1, for: "run", lease: .hours(1)).map(\.id) == ["b-1-9"])
        // Turns outlive the daemon.
        let again = try open()
        try await accept(1, of: "d", again)
        #expect(try await again.claim(2, for: "run", lease: .hours(1)).map(\.id) == ["a-6-0", "d-1-0"])
    }

    @Test func `jobs that had to wait do not come before everybody new`() async throws {
        let ledger = try open()
        try await accept(50, of: "a", ledger)
        let now = try await ledger.now()
        for job in try await ledger.claim(50, for: "run", lease: .hours(1)) {
            let ready = try await ledger.write(job.hold, .prepared, [])
            _ = try await ledger.write(ready.hold, .hindered, [.wait(until: now, Reason(.rateLimited, "busy"))])
        }
        try await accept(2, of: "b", ledger)
        let next = try await ledger.claim(4, for: "run", lease: .hours(1)).map(\.id)
        #expect(next.count { $0.hasPrefix("b") } == 2, "\(next)")
    }

    @Test func `who waits for a subject's pace has those before it that came first or are more urgent`() async throws {
        let ledger = try open()
        for number in 1...4 {
            try await accept(1, of: number == 3 ? "b" : "a", ledger, priority: number == 4 ? 9 : number)
            clock.pass(.seconds(1))
        }
        let until = try await ledger.now().after(.minutes(1))
        let jobs = try await ledger.claim(9, for: "run", lease: .hours(1))
        for job in jobs {
            let ready = try await ledger.write(job.hold, .prepared, [])
            _ = try await ledger.write(ready.hold, .hindered, [.wait(until: until, Reason(.overRate, "too many"))])
        }
        var ahead: [String: Int] = [:]
        for job in jobs { ahead[job.id] = try await ledger.aheadAtPace(of: job) }
        #expect(ahead == ["a-1-1": 2, "a-1-2": 1, "b-1-3": 0, "a-1-9": 0])
        clock.pass(.minutes(1))
        #expect(try await ledger.aheadAtPace(of: jobs[0]) == 0, "none of them waits any more")
        let count = try plan(
            "SELECT count(*) FROM job WHERE waiting = 'over_rate' AND subject_ref = ? AND run_after > ? "
                + "AND priority = ? AND accepted_at < ?")
        #expect(
            count.contains("COVERING INDEX job_paced (subject_ref=? AND priority=? AND accepted_at<?)"), "\(count)")
    }

    @Test func `turns are found by their indexes`() throws {
        _ = try open()
        let open = """
            state NOT IN ('done', 'failed') AND (state <> 'held' OR staged IS NOT NULL) AND owner IS NULL
            """
        let last = try plan(
            "SELECT turn FROM job WHERE priority = 1 AND party IS ? AND id <> ? AND \(open) ORDER BY turn DESC LIMIT 1"
        )
        #expect(last.contains("job_turn (priority=? AND party=?)") && !last.contains("TEMP B-TREE"), "\(last)")
        let next = try plan(
            "SELECT id FROM job WHERE \(open) AND run_after <= 5 ORDER BY priority DESC, turn, accepted_at, id LIMIT 32"
        )
        #expect(next.contains("job_open") && !next.contains("TEMP B-TREE"), "\(next)")
    }

    private func plan(_ query: String) throws -> String {
        let file = scratch.file("plan")
        try Data("EXPLAIN QUERY PLAN \(query);\n".utf8).write(to: URL(fileURLWithPath: file))
        return String(decoding: try Spawned.run("sqlite3", [scratch.file("ledger.sqlite")], input: file), as: UTF8.self)
    }

    @Test func `an accepted job is there after a restart, with its outputs and blobs`() async throws {
        do {
            let ledger = try open()
            var job = try await job("a", in: ledger)
            job.removed = ["gps", "exif"]
            job.referenceSizes = [PixelSize(width: 3, height: 4)]
            let blob = BlobRecord(id: "b1", job: "a", kind: .spec, position: 0, bytes: 10)
            guard case .accepted = try await ledger.accept(job, blobs: [blob]) else {
                Issue.record("not accepted")
                return
            }
            #expect(try await ledger.job("a") == job)
        }
        let again = try open()
        #expect(try await again.job("a")?.removed == ["gps", "exif"])
        #expect(try await again.outputs(of: "a").map(\.index) == [1, 2])
        #expect(try await again.unknownBlobs(among: ["b1", "b", "b10", "b\"1"]) == ["b", "b10", "b\"1"])
    }

    @Test func `one claim is accepted once and one id belongs to one job`() async throws {
        let ledger = try open()
        let first = try await job("a", in: ledger)
        _ = try await ledger.accept(first, blobs: [])
        guard case .repeated("a") = try await ledger.accept(first, blobs: []) else {
            Issue.record("the claim was accepted twice")
            return
        }
        var other = first
        other.claimToken = "another"
        guard case .taken(let holder) = try await ledger.accept(other, blobs: []) else {
            Issue.record("the id was given twice")
            return
        }
        #expect(holder == first)
    }

    @Test func `the highest priority is claimed first and a claimed job only once`() async throws {
        let ledger = try open()
        for (id, priority) in [("a", 0), ("b", 5), ("c", 0)] {
            _ = try await ledger.accept(try await job(id, in: ledger, priority: priority), blobs: [])
            clock.pass(.seconds(1))
        }
        #expect(try await ledger.claim(2, for: "me", lease: .hours(1)).map(\.id) == ["b", "a"])
        #expect(try await ledger.claim(9, for: "you", lease: .hours(1)).map(\.id) == ["c"])
        #expect(try await ledger.claim(9, for: "you", lease: .hours(1)).isEmpty)
    }

    @Test func `writes that come together share their commits, and one that is refused undoes itself alone`()
        async throws
    {
        let ledger = try open()
        for number in 0..<60 { _ = try await ledger.accept(try await job("j\(number)", in: ledger), blobs: []) }
        let jobs = try await ledger.claim(60, for: "me", lease: .hours(1))
        let before = try walBytes()
        let refused = await withTaskGroup(of: Bool.self) { group in
            for (place, job) in jobs.enumerated() {
                group.addTask {
                    let blob = BlobRecord(id: "b\(place)", job: job.id, kind: .normalized, position: 0, bytes: 1)
                    var changes = [Change.addBlob(blob), .simulated]
                    // There is no such job: the blob, written a moment before in the same part, must go too.
                    if place % 3 == 0 { changes.append(.output(OutputRecord(job: "nobody", index: 1))) }
                    return (try? await ledger.write(job.hold, .prepared, changes)) == nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(refused == 20)
        for (place, job) in jobs.enumerated() {
            let isRefused = place % 3 == 0
            #expect(try await ledger.job(job.id)?.state == (isRefused ? .accepted : .ready))
            #expect(try await ledger.blobs(of: job.id).count == (isRefused ? 0 : 1))
        }
        let together = try walBytes() - before
        let start = try walBytes()
        for job in jobs.prefix(40) { _ = try await ledger.write(job.hold, nil, [.simulated]) }
        // Each commit writes every page that it changed: fewer commits, fewer pages, though each write did more.
        #expect(together < (try walBytes() - start))
    }

    private func walBytes() throws -> Int {
        try #require(
            try FileManager.default.attributesOfItem(atPath: scratch.file("ledger.sqlite-wal"))[.size] as? Int)
    }

    @Test func `a holder that was overtaken can write nothing`() async throws {
        let ledger = try open()
        _ = try await ledger.accept(try await job("a", in: ledger), blobs: [])
        let old = try #require(try await ledger.claim(1, for: "old", lease: .hours(1)).first)
        #expect(try await ledger.freeAll(but: "new") == 1)
        let new = try #require(try await ledger.claim(1, for: "new", lease: .hours(1)).first)
        let blob = BlobRecord(id: "x", job: "a", kind: .normalized, position: 0, bytes: 1)
        await #expect(throws: LedgerError.lost(job: "a")) {
            try await ledger.write(old.hold, .prepared, [.addBlob(blob)])
        }
        #expect(try await ledger.blobs(of: "a").isEmpty)
        #expect(try await ledger.write(new.hold, .prepared, [.addBlob(blob)]).state == .ready)
    }

    @Test func `a step that the state machine does not know changes nothing`() async throws {
        let ledger = try open()
        _ = try await ledger.accept(try await job("a", in: ledger), blobs: [])
        let held = try #require(try await ledger.claim(1, for: "me", lease: .hours(1)).first)
        await #expect(throws: LedgerError.self) { try await ledger.write(held.hold, .finished, [.simulated]) }
        #expect(try await ledger.job("a")?.simulated == false)
    }

    @Test func `a waiting job is claimed again when its time has come`() async throws {
        let ledger = try open()
        _ = try await ledger.accept(try await job("a", in: ledger), blobs: [])
        let held = try #require(try await ledger.claim(1, for: "me", lease: .hours(1)).first)
        let until = try await ledger.now().after(.minutes(5))
        _ = try await ledger.write(held.hold, .prepared, [])
        let waiting = try await ledger.write(held.hold, .hindered, [.wait(until: until, Reason(.rateLimited, "busy"))])
        #expect(waiting.state == .waiting && waiting.waiting == .rateLimited && waiting.owner == nil)
        #expect(try await ledger.claim(1, for: "me", lease: .hours(1)).isEmpty)
        #expect(try await ledger.nextWake() == until)
        clock.pass(.minutes(5))
        #expect(try await ledger.claim(1, for: "me", lease: .hours(1)).map(\.id) == ["a"])
    }

    @Test func `settling brings the deletion of inputs forward, never back`() async throws {
        let ledger = try open()
        let record = try await job("a", in: ledger)
        _ = try await ledger.accept(record, blobs: [])
        let held = try #require(try await ledger.claim(1, for: "me", lease: .hours(1)).first)
        let now = try await ledger.now()
        let settled = try await ledger.write(
            held.hold, .settled(.failed), [.settled(at: now, inputsDeleteBy: now.after(.hours(30)))])
        #expect(settled.inputsDeleteBy == record.inputsDeleteBy && settled.state == .failed)
        #expect(try await ledger.inputsDue(limit: 9).isEmpty)
        clock.pass(.hours(24))
        #expect(try await ledger.inputsDue(limit: 9).map(\.id) == ["a"])
        #expect(try await ledger.retention().oldestOverdue == record.inputsDeleteBy)
    }

    @Test(arguments: [Span.hours(-25), .hours(25), .hours(-87_600), .hours(87_600)])
    func `a wall clock that is set does not move deadlines`(jump: Span) async throws {
        let ledger = try open()
        let before = try await ledger.now()
        clock.jumpWall(by: jump)
        #expect(try await ledger.now() == before)
        clock.pass(.hours(1))
        #expect(try await open().now() == before.after(.hours(1)))
    }

    @Test func `across a reboot age goes on by the wall clock and never shrinks`() async throws {
        let before = try await open().now()
        clock.reboot(after: .hours(3))
        #expect(try await open().now() == before.after(.hours(3)))
        clock.reboot(after: .hours(-30))
        #expect(try await open().now() == before.after(.hours(3)))
    }

    @Test func `a ledger of a newer version is refused`() throws {
        _ = try open()
        try run("sqlite3", [scratch.file("ledger.sqlite"), "PRAGMA user_version=99"])
        let refusal = #expect(throws: LedgerError.self) { try open() }
        guard case .newer(found: 99, _) = refusal else {
            Issue.record("it was refused for another reason: \(String(describing: refusal))")
            return
        }
    }

    @Test func `a day's budget counts what is set aside, of all jobs and of one subject`() async throws {
        let ledger = try open()
        for id in ["a", "b", "c"] {
            _ = try await ledger.accept(try await job(id, in: ledger), blobs: [])
        }
        func spend(_ id: String, _ cost: Int64, day: String, subject: String?, within limits: SpendLimits) async throws
        {
            let job = try #require(try await ledger.seize(id, for: "me"))
            var effect = EffectRecord(
                id: "\(id)-\(cost)-\(day)", job: id, output: 1, route: "r", provider: "p", model: "m", cost: cost,
                sentAt: try await ledger.now())
            effect.day = day
            effect.subjectRef = subject
            _ = try await ledger.write(job.hold, nil, [.spend(effect, within: limits)])
        }
        let limits = SpendLimits(perJob: 70, perDay: 100, perSubjectDay: 60)
        try await spend("a", 50, day: "2026-11-21", subject: "s", within: limits)
        await #expect(throws: LedgerError.overBudget(.perSubjectDay, limit: 60, need: 65)) {
            try await spend("b", 15, day: "2026-11-21", subject: "s", within: limits)
        }
        try await spend("b", 15, day: "2026-11-21", subject: "t", within: limits)
        await #expect(throws: LedgerError.overBudget(.perDay, limit: 100, need: 101)) {
            try await spend("c", 36, day: "2026-11-21", subject: nil, within: limits)
        }
        await #expect(throws: LedgerError.overBudget(.perJob, limit: 70, need: 71)) {
            try await spend("a", 21, day: "2026-11-22", subject: nil, within: limits)
        }
        try await spend("c", 36, day: "2026-11-22", subject: nil, within: limits)
        #expect(try await ledger.spending(on: "2026-11-21") == ["r": 65])
        #expect(try await ledger.effects(of: "c").map(\.cost) == [36], "a refused request leaves no row")
    }

    @Test func `a subject makes so many requests in a time and no more, others their own`() async throws {
        let ledger = try open()
        let rate = try #require(Rate("2/m"))
        _ = try await ledger.accept(try await job("a", in: ledger), blobs: [])
        func ask(_ number: Int, _ subject: String) async throws {
            let job = try #require(try await ledger.seize("a", for: "me"))
            var effect = EffectRecord(
                id: "e\(number)", job: "a", output: 1, route: "r", provider: "p", model: "m", cost: 0,
                sentAt: try await ledger.now())
            effect.subjectRef = subject
            _ = try await ledger.write(job.hold, nil, [.spend(effect, within: SpendLimits(subjectRate: rate))])
        }
        try await ask(1, "s")
        let second = try await ledger.now().after(.minutes(1))
        clock.pass(.seconds(20))
        #expect(try await ledger.nextRequest(of: "s", at: rate) == nil)
        try await ask(2, "s")
        try await ask(3, "t")
        await #expect(throws: LedgerError.overRate(until: second)) { try await ask(4, "s") }
        clock.pass(.seconds(39))
        #expect(try await ledger.nextRequest(of: "s", at: rate) == second)
        clock.pass(.seconds(1))
        try await ask(5, "s")
        await #expect(throws: LedgerError.self) { try await ask(6, "s") }
    }

    @Test func `what was deleted is gone from the file`() async throws {
        let ledger = try open()
        var record = try await job("a", in: ledger)
        record.specBlob = "canary-3f9a77"
        let blob = BlobRecord(id: "canary-3f9a77", job: "a", kind: .spec, position: 0, bytes: 1)
        _ = try await ledger.accept(record, blobs: [blob])
        let held = try #require(try await ledger.claim(1, for: "me", lease: .hours(1)).first)
        _ = try await ledger.write(held.hold, nil, [.dropBlob(blob.id), .inputsDeleted(at: try await ledger.now())])
        #expect(try await ledger.job("a")?.specBlob == nil)
        #expect(try await ledger.unknownBlobs(among: [blob.id]) == [blob.id])
    }

    @Test func `events keep their order and facts`() async throws {
        let ledger = try open()
        try await ledger.record(LedgerEvent("job.accepted", job: "a", ["references": "2"]))
        try await ledger.record(LedgerEvent("job.settled", job: "a"))
        let events = try await ledger.events(of: "a").map(\.event)
        #expect(events.map(\.name) == ["job.accepted", "job.settled"] && events[0].facts == ["references": "2"])
    }

    @Test func `a secret of the installation is made once`() async throws {
        let first = try await open().installationSecret("subject") { [1, 2, 3] }
        let second = try await open().installationSecret("subject") { [9] }
        #expect(first == [1, 2, 3] && second == first)
    }

    private func run(_ tool: String, _ arguments: [String]) throws {
        try Spawned.run(tool, arguments)
    }
}
