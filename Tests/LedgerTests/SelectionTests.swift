import Domain
import Foundation
import Support
import Testing

@testable import Ledger

@Suite struct SelectionTests {
    let scratch: Scratch
    let clock = ManualClock()
    let ledger: SQLiteLedger

    init() throws {
        scratch = try Scratch("selection")
        ledger = try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
    }

    /// Accepts a job, a second after the one before.
    @discardableResult
    func accept(_ id: String, of batch: String? = nil, _ change: (inout JobRecord) -> Void = { _ in }) async throws
        -> JobRecord
    {
        clock.pass(.seconds(1))
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "claim-" + id, route: "mai", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .hours(24))
        job.batch = batch.flatMap { BatchID($0) }
        change(&job)
        guard case .accepted = try await ledger.accept(job, blobs: []) else {
            Issue.record("\(id) was not accepted")
            return job
        }
        return job
    }

    func ids(_ change: (inout JobFilter) -> Void) async throws -> [String] {
        var filter = JobFilter()
        change(&filter)
        let ids = try await ledger.jobIDs(filter)
        #expect(try await ledger.jobs(filter).map(\.id) == ids)
        return ids
    }

    /// Ends a job as failed for that reason.
    func fail(_ job: JobRecord, _ code: ReasonCode) async throws {
        let held = try #require(try await ledger.seize(job.id, for: "test"))
        _ = try await ledger.write(
            held.hold, .settled(.failed),
            [
                .reason(Reason(code, "why")),
                .settled(at: try await ledger.now(), inputsDeleteBy: try await ledger.now()),
            ])
    }

    @Test func `a batch is told from others whose names or ids begin alike`() async throws {
        try await accept("cat-AAAAAAAA-000001", of: "cat-AAAAAAAA")
        try await accept("cat-BBBBBBBB-000001", of: "cat-BBBBBBBB")
        try await accept("mine", of: "cat-AAAAAAAA")
        try await accept("catalogue-AAAAAAAA-000001", of: "catalogue-AAAAAAAA")
        try await accept("cat-AAAAAAAA-CCCCCCCC-000001", of: "cat-AAAAAAAA-CCCCCCCC")
        // An id that a caller chose to look like a line's.
        try await accept("cat-AAAAAAAA-000002")
        #expect(try await ids { $0.batch = "cat" } == ["mine", "cat-BBBBBBBB-000001", "cat-AAAAAAAA-000001"])
        #expect(
            try await ids { $0.batch = "cat-AAAAAAAA" } == [
                "cat-AAAAAAAA-CCCCCCCC-000001", "mine", "cat-AAAAAAAA-000001",
            ], "the id of one batch, and the name of another")
        #expect(try await ids { $0.batch = "cat-BBBBBBBB" } == ["cat-BBBBBBBB-000001"])
        for other in ["ca", "%", "CAT", "cat-", ""] { #expect(try await ids { $0.batch = other } == [], "\(other)") }
        #expect(try await ledger.batches(named: "cat").map(\.description) == ["cat-AAAAAAAA", "cat-BBBBBBBB"])
        #expect(try await ledger.batches(named: nil).count == 4)
        #expect(try await ledger.job("mine")?.batch?.name == "cat")
    }

    @Test func `conditions are met together, and the limit takes the newest`() async throws {
        for number in 1...6 {
            try await accept("j\(number)", of: number > 3 ? "b-AAAAAAAA" : nil) { job in
                if number.isMultiple(of: 2) { job.route = "openai" }
                if number > 4 { job.subjectRef = "s" }
            }
        }
        #expect(try await ids { $0.route = "openai" } == ["j6", "j4", "j2"])
        #expect(
            try await ids {
                $0.route = "openai"
                $0.batch = "b"
            } == ["j6", "j4"])
        #expect(
            try await ids {
                $0.batch = "b"
                $0.subjectRef = "s"
                $0.limit = 1
            } == ["j6"])
        let (third, fifth) = (
            try #require(await ledger.job("j3")).acceptedAt, try #require(await ledger.job("j5")).acceptedAt
        )
        #expect(
            try await ids {
                $0.since = third
                $0.until = fifth
            } == ["j4", "j3"], "from the first moment on, up to the second")
        var filter = JobFilter()
        filter.batch = "b"
        filter.limit = 1
        #expect(try await ledger.counts(of: filter) == [.accepted: 3], "all, whatever the limit is")
    }

    @Test func `a reason is looked for in what failed, what waits, and what a done job lacks`() async throws {
        let failed = try await accept("failed")
        try await fail(failed, .serverError)
        try await fail(try await accept("other"), .expired)
        // Waited once, and does not any more.
        for id in ["waits", "waited"] {
            try await accept(id)
            let job = try #require(try await ledger.seize(id, for: "test"))
            let ready = try await ledger.write(job.hold, .prepared, [])
            let until = try await ledger.now().after(.hours(1))
            let waiting = try await ledger.write(
                ready.hold, .hindered, [.wait(until: until, Reason(.serverError, "the model service failed"))])
            if id == "waited" { _ = try await ledger.write(waiting.hold, .resumed, []) }
        }
        try await accept("partial") { $0.count = 2 }
        let job = try #require(try await ledger.seize("partial", for: "test"))
        var (made, lost) = (OutputRecord(job: "partial", index: 1), OutputRecord(job: "partial", index: 2))
        made.state = .made
        (lost.state, lost.reason) = (.failed, Reason(.serverError, "why"))
        var moved = try await ledger.write(job.hold, .prepared, [.output(made), .output(lost)])
        for event in [JobEvent.answered, .finished, .settled(.done)] {
            moved = try await ledger.write(moved.hold, event, [])
        }
        #expect(try await ids { $0.reasons = [.serverError] } == ["partial", "waits", "failed"])
        #expect(try await ids { $0.reasons = [.serverError, .expired] }.count == 4)
        #expect(try await ids { $0.fitness = .canRunAgain } == ["partial", "other", "failed"])
        #expect(
            try await ids {
                $0.fitness = .canRunAgain
                $0.states = [.failed]
                $0.reasons = [.serverError]
            } == ["failed"])
    }

    @Test func `what could not be read cannot run again`() async throws {
        try await fail(try await accept("line") { $0.route = "" }, .invalidManifest)
        #expect(try await ids { $0.fitness = .canRunAgain } == [])
        #expect(try await ids { $0.reasons = [.invalidManifest] } == ["line"])
    }

    @Test func `a batch among all jobs is found by its index, and counted by it alone`() throws {
        func plan(_ columns: String, _ change: (inout JobFilter) -> Void) throws -> String {
            var filter = JobFilter()
            change(&filter)
            return try explain(SQLiteLedger.query(columns, filter).sql)
        }
        let batch = try plan("*") { $0.batch = "b" }
        #expect(batch.contains("SEARCH job USING INDEX job_batch (batch=?)"), "\(batch)")
        #expect(batch.contains("batch USING PRIMARY KEY (id=?)") && batch.contains("batch_name (name=?)"), "\(batch)")
        #expect(!batch.contains("SCAN job"), "\(batch)")
        let some = try plan("id") {
            $0.batch = "b"
            $0.states = [.failed, .done]
            $0.route = "mai"
            $0.since = Timestamp(milliseconds: 5)
            $0.reasons = [.serverError]
        }
        #expect(some.contains("SEARCH job USING INDEX job_batch (batch=? AND state=?)"), "\(some)")
        let held = try plan("id") { $0.states = [.held] }
        #expect(held.contains("SEARCH job USING") && held.contains("(state=?)"), "\(held)")
        let newest = try plan("*") { $0.since = Timestamp(milliseconds: 5) }
        #expect(newest.contains("job_accepted (accepted_at>?)"), "\(newest)")
        #expect(!newest.contains("TEMP B-TREE FOR ORDER"), "\(newest)")
        let counts = try explain(
            """
            SELECT state, count(*) FROM job WHERE batch IN (SELECT id FROM batch WHERE id = ? OR name = ?) GROUP BY state
            """)
        #expect(counts.contains("USING COVERING INDEX job_batch (batch=?)"), "\(counts)")
    }

    private func explain(_ query: String) throws -> String {
        let file = scratch.file("plan")
        try Data("EXPLAIN QUERY PLAN \(query);\n".utf8).write(to: URL(fileURLWithPath: file))
        return String(decoding: try Spawned.run("sqlite3", [scratch.file("ledger.sqlite")], input: file), as: UTF8.self)
    }

    @Test func `with its last job a batch is forgotten`() async throws {
        for (id, batch) in [("a", "b-AAAAAAAA"), ("b", "b-AAAAAAAA"), ("c", "c-AAAAAAAA")] {
            let job = try await accept(id, of: batch)
            try await fail(job, .expired)
            let held = try #require(try await ledger.seize(id, for: "test", from: [.failed]))
            _ = try await ledger.write(held.hold, nil, [.inputsDeleted(at: try await ledger.now())])
            try await ledger.release(held.hold)
            if id == "b" { clock.pass(.hours(1)) }
        }
        let moment = try await ledger.now().after(Span(milliseconds: -600_000))
        #expect(try await ledger.forget(settledBefore: moment) == 2)
        #expect(try await ledger.batches(named: nil).map(\.name) == ["c"])
    }

    @Test func `jobs of an older ledger get the batch that their lines were of`() async throws {
        let path = scratch.file("old.sqlite")
        do {
            let old = try Database(path: path)
            let before = Migrations.steps.prefix { !$0.contains("CREATE TABLE batch ") }
            for step in before { try old.script(step) }
            try old.script("PRAGMA user_version=\(before.count)")
            let there = Set(try old.rows("PRAGMA table_info(job)").compactMap { $0["name"].text })
            let columns = JobRecord.columns.filter(there.contains)
            for (id, token) in [
                ("cat-0123456Z-000001", "batch-00112233445566aa.1"), ("mine", "batch-00112233445566aa.2"),
                ("cat-0123456Z-1234567", "batch-00112233445566aa.1234567"), ("own-1", "batch-99112233445566aa.1"),
                // Not by its claim: a caller's choice.
                ("dog-0123456Z-000001", "manifest-00112233445566aa"),
                ("hen-0123456Z-000009", "batch-77112233445566aa.3"),
            ] {
                let job = JobRecord(
                    id: id, claimToken: token, route: "mai", acceptedAt: clock.wall(), inputsDeleteBy: clock.wall(),
                    retainInputs: .zero)
                let values = zip(JobRecord.columns, job.values).filter { there.contains($0.0) }.map(\.1)
                let marks = columns.map { _ in "?" }.joined(separator: ", ")
                try old.run("INSERT INTO job (\(columns.joined(separator: ", "))) VALUES (\(marks))", values)
            }
        }
        let migrated = try SQLiteLedger(path: path, timekeeper: clock)
        var batches: [String: String] = [:]
        for job in try await migrated.jobs(JobFilter()) { batches[job.id] = job.batch?.description }
        #expect(
            batches == [
                "cat-0123456Z-000001": "cat-0123456Z", "mine": "cat-0123456Z", "cat-0123456Z-1234567": "cat-0123456Z",
            ])
        #expect(try await migrated.batches(named: "cat").map(\.description) == ["cat-0123456Z"])
    }
}
