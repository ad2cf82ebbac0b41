package import Domain

/// Jobs that settled within the same minute, in the same way, after about the same time.
package struct SettledGroup: Sendable, Hashable {
    /// Minutes since 1970, by the age clock.
    package var minute: Int64
    package var state: JobState
    /// Why they failed; nil for those that did not.
    package var reason: ReasonCode?
    /// From acceptance to settling, rounded down: to tenths of a second, above ten seconds to five, above ten minutes to minutes.
    package var took: Span
    package var jobs: Int
    /// The last of them.
    package var newest: String

    package init(minute: Int64, state: JobState, reason: ReasonCode?, took: Span, jobs: Int, newest: String) {
        self.minute = minute
        self.state = state
        self.reason = reason
        self.took = took
        self.jobs = jobs
        self.newest = newest
    }
}

/// Something that will be deleted, and when.
package struct Deadline: Sendable, Hashable {
    package var job: String
    /// The output that ends then; nil for the job's inputs.
    package var output: Int?
    package var at: Timestamp

    package init(job: String, output: Int?, at: Timestamp) {
        self.job = job
        self.output = output
        self.at = at
    }
}

/// Jobs that wait for the same thing, in the same state.
package struct WaitGroup: Sendable, Hashable {
    package var state: JobState
    /// Why, in the words of the one that goes on first.
    package var reason: Reason
    package var jobs: Int
    /// When the first of them is tried again.
    package var until: Timestamp

    package init(state: JobState, reason: Reason, jobs: Int, until: Timestamp) {
        self.state = state
        self.reason = reason
        self.jobs = jobs
        self.until = until
    }
}

extension SQLiteLedger {
    package func settled(since moment: Timestamp) throws(LedgerError) -> [SettledGroup] {
        let rows = try database.rows(
            """
            SELECT settled_at / 60000 AS minute, state, json_extract(reason, '$.code') AS code,
                CASE WHEN settled_at - accepted_at < 10000 THEN (settled_at - accepted_at) / 100 * 100
                    WHEN settled_at - accepted_at < 600000 THEN (settled_at - accepted_at) / 5000 * 5000
                    ELSE (settled_at - accepted_at) / 60000 * 60000 END AS took,
                count(*) AS jobs, id, max(settled_at) AS last
            FROM job WHERE settled_at >= ? AND state IN ('done', 'failed') GROUP BY 1, 2, 3, 4
            """, [.integer(moment.milliseconds)])
        return rows.compactMap { row in
            guard let minute = row["minute"].integer, let state = row["state"].text.flatMap(JobState.init),
                let took = row["took"].integer, let jobs = row["jobs"].integer, let newest = row["id"].text
            else { return nil }
            return SettledGroup(
                minute: minute, state: state, reason: row["code"].text.flatMap(ReasonCode.init),
                took: Span(milliseconds: took), jobs: Int(jobs), newest: newest)
        }
    }

    /// Most groups that are told: what differs between them are words, and those are few.
    private static let mostWaits = 100

    package func waits() throws(LedgerError) -> [WaitGroup] {
        // With one `min` SQLite takes the bare columns from the row that has it: a whole record.
        let rows = try database.rows(
            """
            SELECT *, count(*) AS jobs, min(run_after) AS next FROM job
            WHERE state NOT IN ('done', 'failed') AND state <> 'held' AND waiting IS NOT NULL
                AND (owner IS NULL OR state = 'waiting')
            GROUP BY state, waiting, json_extract(waiting_reason, '$.message')
            ORDER BY jobs DESC, waiting, state LIMIT \(Self.mostWaits)
            """)
        return rows.compactMap { row in
            guard let job = JobRecord(row), let reason = job.waitReason, let jobs = row["jobs"].integer else {
                return nil
            }
            return WaitGroup(state: job.state, reason: reason, jobs: Int(jobs), until: job.runAfter)
        }
    }

    package func outOfReach() throws(LedgerError) -> Set<String> {
        let rows = try database.rows(
            "SELECT DISTINCT route FROM job WHERE state = 'waiting' AND waiting = ?",
            [.text(ReasonCode.notSent.rawValue)])
        return Set(rows.compactMap { $0["route"].text })
    }

    /// How many settled jobs are looked at for the newest outputs: there may be a million that were taken away.
    private static let newest = 300

    package func outputsToLookAt(of job: String?, limit: Int) throws(LedgerError) -> [OutputRecord] {
        let rows = try database.rows(
            """
            SELECT output.* FROM (
                SELECT id, settled_at, subject_ref FROM job
                WHERE state = 'done' AND settled_at IS NOT NULL AND (?1 IS NULL OR id = ?1)
                ORDER BY settled_at DESC LIMIT \(Self.newest)
            ) AS job JOIN publication ON publication.job = job.id JOIN output ON output.job = job.id
            WHERE output.file IS NOT NULL AND output.deleted_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM subject
                WHERE subject.subject_ref = job.subject_ref AND (restricted_at IS NOT NULL OR erasing IS NOT NULL))
            ORDER BY job.settled_at DESC, output.job, output.position LIMIT ?2
            """, [.init(job), .init(limit)])
        return rows.compactMap(OutputRecord.init)
    }

    package func deadlines(limit: Int) throws(LedgerError) -> [Deadline] {
        let inputs = try database.rows(
            """
            SELECT id, inputs_delete_by AS at FROM job WHERE inputs_deleted_at IS NULL ORDER BY inputs_delete_by LIMIT ?
            """, [.integer(Int64(limit))])
        let outputs = try database.rows(
            """
            SELECT job AS id, position, expires_at AS at FROM output
            WHERE expires_at IS NOT NULL AND deleted_at IS NULL ORDER BY expires_at LIMIT ?
            """, [.integer(Int64(limit))])
        let all = (inputs + outputs).compactMap { row in
            row["at"].integer.map { at in
                Deadline(
                    job: row["id"].text ?? "", output: row["position"].integer.map { Int($0) },
                    at: Timestamp(milliseconds: at))
            }
        }
        return Array(all.sorted { $0.at < $1.at }.prefix(limit))
    }
}
