package import Domain

/// Which jobs are meant, newest first. Conditions that are left out let every job through.
package struct JobFilter: Sendable {
    /// What a command can do with a job.
    package enum Fitness: Sendable, Hashable {
        /// It could be read, and failed, or some of its outputs were not made.
        case canRunAgain
        /// It is not about to end as failed anyway.
        case canStop
        /// Published outputs of it are neither deleted nor known to be taken away.
        case hasOutputs
    }

    package var states: [JobState] = []
    package var subjectRef: String?
    /// Reasons for which it failed, is held or waits, or for which one of its outputs was not made.
    package var reasons: [ReasonCode] = []
    /// The id of a batch, or the name of any number of them.
    package var batch: String?
    /// The route that it was accepted for, or moved to by a retry.
    package var route: String?
    /// Accepted at this moment or later, by the age clock.
    package var since: Timestamp?
    /// Accepted before this moment, by the age clock.
    package var until: Timestamp?
    package var fitness: Fitness?
    package var limit = 100

    package init() {}

    /// Whether it names only states of jobs that have not settled.
    fileprivate var isOpen: Bool { !states.isEmpty && states.allSatisfy { !$0.isSettled } }
}

/// Jobs found by what they have in common.
package protocol SelectionLedger: Sendable {
    func jobs(_ filter: JobFilter) async throws(LedgerError) -> [JobRecord]
    /// The ids of the jobs that `jobs` gives, in the same order.
    func jobIDs(_ filter: JobFilter) async throws(LedgerError) -> [String]
    /// Number of jobs in each state, whatever the filter's limit is.
    func counts(of filter: JobFilter) async throws(LedgerError) -> [JobState: Int]
    /// Micro-dollars that calls for these jobs cost, for certain or possibly.
    func spent(on jobs: [String]) async throws(LedgerError) -> Int64
    /// Batches of this id or name, in order of their ids; nil gives all.
    func batches(named name: String?) async throws(LedgerError) -> [BatchID]
}

extension SQLiteLedger: SelectionLedger {
    package func jobs(_ filter: JobFilter) throws(LedgerError) -> [JobRecord] {
        try rows("*", filter).compactMap(JobRecord.init)
    }

    package func jobIDs(_ filter: JobFilter) throws(LedgerError) -> [String] {
        try rows("id", filter).compactMap { $0["id"].text }
    }

    package func counts(of filter: JobFilter) throws(LedgerError) -> [JobState: Int] {
        let (condition, values) = Self.condition(filter)
        return try counts(where: condition, values)
    }

    package func spent(on jobs: [String]) throws(LedgerError) -> Int64 {
        var sum: Int64 = 0
        for job in jobs {
            for row in try database.rows("SELECT cost FROM effect WHERE job = ? AND billed <> 'no'", [.text(job)]) {
                let cost = min(max(0, row["cost"].integer ?? 0), EffectRecord.mostCost)
                let (next, isTooMuch) = sum.addingReportingOverflow(cost)
                sum = isTooMuch ? .max : next
            }
        }
        return sum
    }

    package func batches(named name: String?) throws(LedgerError) -> [BatchID] {
        let rows =
            if let name {
                try database.rows("SELECT id FROM batch WHERE id = ?1 OR name = ?1 ORDER BY id", [.text(name)])
            } else {
                try database.rows("SELECT id FROM batch ORDER BY id")
            }
        return rows.compactMap { $0["id"].text.flatMap { BatchID($0) } }
    }

    // MARK: rows

    /// A job with its batch, which with its first job is known.
    func insert(_ job: JobRecord) throws(LedgerError) {
        try insert("job", JobRecord.columns, job.values)
        try enter(job.batch)
    }

    func enter(_ batch: BatchID?) throws(LedgerError) {
        guard let batch else { return }
        try database.run(
            "INSERT INTO batch (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [.text(batch.description), .text(batch.name)])
    }

    // MARK: conditions

    private func rows(_ columns: String, _ filter: JobFilter) throws(LedgerError) -> [Database.Row] {
        let (sql, values) = Self.query(columns, filter)
        return try database.rows(sql, values)
    }

    static func query(_ columns: String, _ filter: JobFilter) -> (sql: String, values: [Database.Value]) {
        let (condition, values) = condition(filter)
        // What is narrow by itself is sorted: the index of all jobs' times would look for it among all.
        let isNarrow = filter.batch != nil || filter.subjectRef != nil || filter.isOpen
        return (
            "SELECT \(columns) FROM job \(condition) ORDER BY \(isNarrow ? "+" : "")accepted_at DESC, id LIMIT ?",
            values + [.init(filter.limit)]
        )
    }

    private static func condition(_ filter: JobFilter) -> (sql: String, values: [Database.Value]) {
        var clauses: [String] = []
        var values: [Database.Value] = []
        func add(_ clause: String, _ more: Database.Value...) {
            clauses.append(clause)
            values += more
        }
        func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
        if let batch = filter.batch {
            add("batch IN (SELECT id FROM batch WHERE id = ? OR name = ?)", .text(batch), .text(batch))
        }
        if !filter.states.isEmpty {
            clauses.append("state IN (\(marks(filter.states.count)))")
            values += filter.states.map { .text($0.rawValue) }
            // Says to the index of open jobs that it holds them all.
            if filter.isOpen { clauses.append("state NOT IN ('done', 'failed')") }
        }
        if let subject = filter.subjectRef { add("subject_ref = ?", .text(subject)) }
        if let route = filter.route { add("route = ?", .text(route)) }
        if let since = filter.since { add("accepted_at >= ?", .integer(since.milliseconds)) }
        if let until = filter.until { add("accepted_at < ?", .integer(until.milliseconds)) }
        switch filter.fitness {
        // What could not be read has no route.
        case .canRunAgain: add("route <> '' AND (state = 'failed' OR state = 'done' AND EXISTS (\(missing)))")
        case .canStop: add("(reason IS NULL OR state = 'held')")
        case .hasOutputs: add("state = 'done' AND EXISTS (\(published))")
        case nil: break
        }
        if !filter.reasons.isEmpty {
            let among = "IN (\(marks(filter.reasons.count)))"
            clauses.append(
                """
                (json_extract(reason, '$.code') \(among) OR (\(waits)) AND waiting \(among)
                    OR state = 'done' AND EXISTS (\(missing) AND json_extract(output.reason, '$.code') \(among)))
                """)
            let codes = filter.reasons.map { Database.Value.text($0.rawValue) }
            values += codes + codes + codes
        }
        return (clauses.isEmpty ? "" : "WHERE " + clauses.joined(separator: " AND "), values)
    }

    /// What a job waited for earlier is no reason any more: as `JobRecord.waitsFor`.
    private static let waits = "state = 'waiting' OR state = 'accepted' AND waiting = 'subject_restricted'"
    private static let missing = "SELECT 1 FROM output WHERE output.job = job.id AND output.state <> 'made'"
    private static let published = """
        SELECT 1 FROM output JOIN publication ON publication.job = output.job
        WHERE output.job = job.id AND output.state = 'made' AND output.deleted_at IS NULL
        """
}
