import Dispatch
import Documents
package import Domain

/// The ledger in one SQLite file: write-ahead log, `synchronous=FULL`, `secure_delete=ON`, one writer at a time.
package actor SQLiteLedger: JobLedger {
    private let queue = OwnQueue(label: "ledger")
    let database: Database
    private let group: GroupCommit
    let timekeeper: any Timekeeper
    private var clock: AgeClock
    var callBook: CallBook?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe queue.asUnownedSerialExecutor() }

    /// Opens the ledger at `path`, making or migrating it.
    package init(path: String, timekeeper: any Timekeeper) throws(LedgerError) {
        let database = try Database(path: path)
        try Migrations.apply(to: database)
        self.clock = try Self.startClock(database, timekeeper)
        self.database = database
        group = GroupCommit(database)
        self.timekeeper = timekeeper
    }

    /// Runs `work` in the next commit, together with whatever else comes until then; durable when this returns.
    func commit<Value: Sendable>(
        _ work: @escaping () throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await withCheckedContinuation { continuation in
            // Asked for once a group: whoever comes before its turn goes with it.
            if group.isEmpty { Task { commitGroup() } }
            group.add(work) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private func commitGroup() {
        group.commit { () throws(LedgerError) in try writeCalls() }
        callBook?.forget()
    }

    // MARK: time

    private static func startClock(_ database: Database, _ timekeeper: any Timekeeper) throws(LedgerError) -> AgeClock {
        try database.transaction { () throws(LedgerError) in
            var clock = AgeClock(startingAt: timekeeper)
            if let row = try database.rows("SELECT * FROM clock").first, let age = Timestamp(row["age"]),
                let wall = Timestamp(row["wall"]), let sinceBoot = row["since_boot"].integer,
                let bootID = row["boot_id"].text
            {
                clock = AgeClock(.init(age: age, wall: wall, sinceBoot: sinceBoot, bootID: bootID))
                clock.checkpoint(timekeeper)
            }
            try store(clock, database)
            return clock
        }
    }

    private static func store(_ clock: AgeClock, _ database: Database) throws(LedgerError) {
        let anchor = clock.anchor
        try database.run(
            "INSERT OR REPLACE INTO clock (one, age, wall, since_boot, boot_id) VALUES (1, ?, ?, ?, ?)",
            [
                .integer(anchor.age.milliseconds), .integer(anchor.wall.milliseconds), .integer(anchor.sinceBoot),
                .text(anchor.bootID),
            ])
    }

    package func now() throws(LedgerError) -> Timestamp {
        let now = clock.now(timekeeper)
        // Across a reboot only the last checkpoint is known, so it is renewed each minute.
        if now.since(clock.anchor.age) >= .minutes(1) {
            clock.checkpoint(timekeeper)
            try Self.store(clock, database)
        }
        return now
    }

    package func touch() async throws(LedgerError) {
        clock.checkpoint(timekeeper)
        let clock = clock
        try await commit { [self] () throws(LedgerError) in try Self.store(clock, database) }
    }

    // MARK: acceptance and questions

    package func accept(_ job: JobRecord, blobs: [BlobRecord]) async throws(LedgerError) -> Acceptance {
        try await commit { [self] () throws(LedgerError) in
            let known = try database.rows("SELECT id FROM job WHERE claim_token = ?", [.text(job.claimToken)])
            if let id = known.first?["id"].text { return .repeated(id: id) }
            if let other = try find(job.id) { return .taken(by: other) }
            var job = job
            try admit(&job)
            if let reason = try reserve(job) { job.reason = reason }
            try insert(job)
            try enterConsents(job)
            try queueUp(job)
            for index in 1...max(1, job.count) {
                let output = OutputRecord(job: job.id, index: index)
                try insert("output", OutputRecord.columns, output.values)
            }
            for blob in blobs { try insert("blob", BlobRecord.columns, blob.values) }
            try note(.accepted(job))
            return .accepted
        }
    }

    package func job(_ id: String) throws(LedgerError) -> JobRecord? { try find(id) }

    package func outputs(of job: String) throws(LedgerError) -> [OutputRecord] {
        try database.rows("SELECT * FROM output WHERE job = ? ORDER BY position", [.text(job)])
            .compactMap(OutputRecord.init)
    }

    package func effects(of job: String) throws(LedgerError) -> [EffectRecord] {
        try database.rows("SELECT * FROM effect WHERE job = ? ORDER BY sent_at, id", [.text(job)])
            .compactMap(EffectRecord.init)
    }

    package func blobs(of job: String) throws(LedgerError) -> [BlobRecord] {
        try database.rows("SELECT * FROM blob WHERE job = ? ORDER BY kind, position", [.text(job)])
            .compactMap(BlobRecord.init)
    }

    package func unknownBlobs(among ids: [String]) throws(LedgerError) -> Set<String> {
        // The answer of an open intent may be whole on the disk before its row is written.
        try names(
            among: ids,
            """
            SELECT asked.value AS name FROM json_each(?) AS asked
            WHERE NOT EXISTS (SELECT 1 FROM blob WHERE id = asked.value)
                AND NOT EXISTS (SELECT 1 FROM effect WHERE state = 'intent' AND answer_blob = asked.value)
            """)
    }

    package func unusedKeys(among keys: [String]) throws(LedgerError) -> Set<String> {
        // What begins with the key and `_` comes before the key and the next character, a backquote.
        try names(
            among: keys,
            """
            SELECT asked.value AS name FROM json_each(?) AS asked
            WHERE NOT EXISTS (SELECT 1 FROM blob WHERE id > asked.value || '_' AND id < asked.value || '`')
                AND NOT EXISTS (
                    SELECT 1 FROM effect WHERE state = 'intent'
                        AND answer_blob > asked.value || '_' AND answer_blob < asked.value || '`')
            """)
    }

    private func names(among names: [String], _ sql: String) throws(LedgerError) -> Set<String> {
        let asked = JSONValue.array(names.map { .string($0) }).compact
        return Set(try database.rows(sql, [.text(asked)]).compactMap { $0["name"].text })
    }

    package func claimTokens(
        startingWith prefix: String, after last: String, limit: Int
    ) throws(LedgerError) -> [String] {
        try database.rows(
            """
            SELECT claim_token FROM job WHERE claim_token >= ? AND claim_token > ? AND claim_token < ?
            ORDER BY claim_token LIMIT ?
            """, [.text(prefix), .text(last), .text(prefix + "\u{10FFFF}"), .init(limit)]
        ).compactMap { $0["claim_token"].text }
    }

    package func openCounts() throws(LedgerError) -> [JobState: Int] {
        try counts(where: "WHERE state NOT IN ('done', 'failed')")
    }

    package func counts() throws(LedgerError) -> [JobState: Int] { try counts(where: "") }

    func counts(where condition: String, _ values: [Database.Value] = []) throws(LedgerError) -> [JobState: Int] {
        var counts: [JobState: Int] = [:]
        for row in try database.rows("SELECT state, count(*) AS jobs FROM job \(condition) GROUP BY state", values) {
            guard let state = row["state"].text.flatMap(JobState.init(rawValue:)) else { continue }
            counts[state] = Int(row["jobs"].integer ?? 0)
        }
        return counts
    }

    // MARK: claims

    /// What can be claimed: also a held job whose next outcome was staged when the daemon died.
    static let open =
        "state NOT IN ('done', 'failed') AND (state <> 'held' OR staged IS NOT NULL) AND owner IS NULL"

    /// A job of a restricted subject is not looked at until the restriction ends, whatever brought its time forward.
    private static let unrestricted = "(waiting IS NULL OR waiting <> 'subject_restricted')"

    package func claim(_ limit: Int, for owner: String, lease: Span) async throws(LedgerError) -> [JobRecord] {
        let now = try now()
        let sql = """
            UPDATE job SET owner = ?, fence = fence + 1, lease_until = ?, started_at = coalesce(started_at, ?)
            WHERE id IN (
                SELECT id FROM job WHERE \(Self.open) AND run_after <= ? AND \(Self.unrestricted)
                ORDER BY priority DESC, turn, accepted_at, id LIMIT ?)
            RETURNING *
            """
        let values: [Database.Value] = [
            .text(owner), .integer(now.after(lease).milliseconds), .integer(now.milliseconds),
            .integer(now.milliseconds), .init(limit),
        ]
        return try await commit { [self] () throws(LedgerError) in
            let rows = try database.rows(sql, values)
            try serve(rows)
            return rows.sorted { Self.turn($0) < Self.turn($1) }.compactMap(JobRecord.init)
        }
    }

    package func seize(
        _ job: String, for owner: String, from states: [JobState]
    ) throws(LedgerError) -> JobRecord? {
        let marks = states.map { _ in "?" }.joined(separator: ", ")
        let sql = "UPDATE job SET owner = ?, fence = fence + 1 WHERE id = ? AND state IN (\(marks)) RETURNING *"
        let values: [Database.Value] = [.text(owner), .text(job)] + states.map { .text($0.rawValue) }
        return try database.transaction { () throws(LedgerError) in
            try database.rows(sql, values).first.flatMap(JobRecord.init)
        }
    }

    package func freeAll(but owner: String) throws(LedgerError) -> Int {
        try database.run(
            """
            UPDATE job SET owner = NULL, lease_until = NULL, fence = fence + 1, deaths = deaths + 1
            WHERE owner IS NOT NULL AND owner <> ?
            """, [.text(owner)])
    }

    package func claimSuspect(for owner: String, lease: Span) async throws(LedgerError) -> JobRecord? {
        let now = try now()
        let sql = """
            UPDATE job SET owner = ?, fence = fence + 1, lease_until = ?, started_at = coalesce(started_at, ?)
            WHERE id IN (
                SELECT id FROM job WHERE deaths > 0 AND \(Self.open) AND run_after <= ? AND \(Self.unrestricted)
                ORDER BY deaths, accepted_at, id LIMIT 1)
            RETURNING *
            """
        let values: [Database.Value] = [
            .text(owner), .integer(now.after(lease).milliseconds), .integer(now.milliseconds),
            .integer(now.milliseconds),
        ]
        return try await commit { [self] () throws(LedgerError) in
            try database.rows(sql, values).first.flatMap(JobRecord.init)
        }
    }

    package func suspects(ofDeaths least: Int) throws(LedgerError) -> [String] {
        try database.rows(
            "SELECT id FROM job WHERE deaths > 0 AND deaths >= ? AND \(Self.open) ORDER BY accepted_at, id",
            [.init(least)]
        ).compactMap { $0["id"].text }
    }

    package func release(_ hold: Hold) async throws(LedgerError) {
        _ = try await commit { [self] () throws(LedgerError) in
            try database.run(
                "UPDATE job SET owner = NULL, lease_until = NULL WHERE id = ? AND fence = ?",
                [.text(hold.job), .integer(hold.fence)])
        }
    }

    package func nextWake() throws(LedgerError) -> Timestamp? {
        try database.rows(
            """
            SELECT min(run_after) AS wake FROM job
            WHERE \(Self.open) AND \(Self.unrestricted)
            """
        ).first.flatMap { Timestamp($0["wake"]) }
    }

    // MARK: writes

    package func write(_ hold: Hold, _ event: JobEvent?, _ changes: [Change]) async throws(LedgerError) -> JobRecord {
        try await commit { [self] () throws(LedgerError) in
            guard let job = try find(hold.job) else { throw LedgerError.unknownJob(hold.job) }
            guard job.fence == hold.fence else { throw LedgerError.lost(job: hold.job) }
            let changes = try changes.map { (change: Change) throws(LedgerError) -> Change in
                guard case .spend(let effect, let limits) = change else { return change }
                return .spend(try dated(effect), within: limits)
            }
            try checkStanding(event, changes, of: job)
            if let event { try move(job, by: event) }
            for change in changes {
                try checkReserved(change, of: job)
                try apply(change, to: hold.job)
            }
            try moveCredits(of: job, by: event)
            // What has to wait makes room: a thousand of one subject that come again must not stand before everybody new.
            if event == .hindered { try queueUp(job) }
            guard let after = try find(hold.job) else { throw LedgerError.unknownJob(hold.job) }
            note(changes, of: job)
            return after
        }
    }

    private func move(_ job: JobRecord, by event: JobEvent) throws(LedgerError) {
        guard let next = job.state.after(event) else {
            throw LedgerError.illegal(job: job.id, from: job.state, event: "\(event)")
        }
        var parting = event == .hindered || next.isSettled || next == .held
        if case .reopened = event { parting = true }
        // Whatever it gets to, it got there alive.
        let owner = parting ? ", owner = NULL, lease_until = NULL, deaths = 0" : ""
        // What it waited for is over once it gets any further.
        let waiting = event == .hindered ? "" : ", waiting = NULL"
        let moved = try database.run(
            "UPDATE job SET state = ?\(owner)\(waiting) WHERE id = ? AND state = ? AND fence = ?",
            [.text(next.rawValue), .text(job.id), .text(job.state.rawValue), .integer(job.fence)])
        guard moved == 1 else { throw LedgerError.lost(job: job.id) }
        if event == .settled(.done) { try publish(job) }
    }

    private func apply(_ change: Change, to job: String) throws(LedgerError) {
        func set(_ assignment: String, _ values: Database.Value...) throws(LedgerError) {
            try database.run("UPDATE job SET \(assignment) WHERE id = ?", values + [.text(job)])
        }
        switch change {
        case .addBlob(let blob): try insert("blob", BlobRecord.columns, blob.values)
        case .dropBlob(let id): try database.run("DELETE FROM blob WHERE id = ?", [.text(id)])
        case .references(let removed, let sizes):
            try set(
                "removed = ?, reference_sizes = ?", .text(removed.joined(separator: " ")),
                .text(JobRecord.text(of: sizes)))
        case .output(let output): try insert("output", OutputRecord.columns, output.values)
        case .effect(let effect): try insert("effect", EffectRecord.columns, effect.values)
        case .spend(let effect, let limits):
            try check(effect, within: limits)
            try insert("effect", EffectRecord.columns, effect.values)
        case .reason(let reason): try set("reason = ?", .init(reason?.json.compact))
        case .wait(let until, let reason):
            try set(
                "run_after = ?, waiting = ?, waiting_reason = ?, deaths = 0", .integer(until.milliseconds),
                .text(reason.code.rawValue), .text(reason.json.compact))
            if reason.code == .subjectRestricted { try park(job) }
        case .tried: try set("deaths = 0")
        case .staged(let outcome): try set("staged = ?", .init(outcome?.rawValue))
        case .settled(let at, let deleteBy):
            try set(
                "settled_at = ?, waiting = NULL, inputs_delete_by = min(inputs_delete_by, ?)",
                .integer(at.milliseconds), .integer(deleteBy.milliseconds))
        case .inputsDeleted(let at):
            try set("inputs_deleted_at = ?, spec_blob = NULL", .integer(at.milliseconds))
        case .simulated: try set("simulated = 1")
        case .moved(let route, let isSimulated):
            try set("route = ?, simulated = ?", .text(route), .integer(isSimulated ? 1 : 0))
        case .shown(let pictures): for picture in pictures { try enter(picture, of: job) }
        case .history(let record): try enter(record)
        case .record(let event): try note(event)
        case .reopened(let deleteBy):
            try set(
                """
                reopened = reopened + 1, settled_at = NULL, reason = NULL, staged = NULL, waiting = NULL, run_after = ?,
                inputs_delete_by = ?
                """, .integer(try now().milliseconds), .integer(deleteBy.milliseconds))
            try park(job)
        }
    }

    // MARK: rows

    func find(_ id: String) throws(LedgerError) -> JobRecord? {
        try database.rows("SELECT * FROM job WHERE id = ?", [.text(id)]).first.flatMap(JobRecord.init)
    }

    func insert(_ table: String, _ columns: [String], _ values: [Database.Value]) throws(LedgerError) {
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        // A job is inserted once; rows that grow (outputs, effects) are written anew as a whole.
        let verb = table == "job" ? "INSERT" : "INSERT OR REPLACE"
        try database.run("\(verb) INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))", values)
    }
}

/// An executor on a queue of its own: blocking calls of SQLite never run on the shared threads.
private final class OwnQueue: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { @Sendable in unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
