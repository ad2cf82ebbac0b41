import Domain

/// Turns between parties: whoever queues up gets the one after the last of its party, and none before what is being served.
/// Somebody with few jobs so stands among the first, however many another one has waiting. Both look-ups go by an index.
extension SQLiteLedger {
    func queueUp(_ job: JobRecord) throws(LedgerError) {
        let served = try database.rows("SELECT served FROM turn WHERE priority = ?", [.init(job.priority)])
        let last = try database.rows(
            """
            SELECT turn FROM job WHERE priority = ? AND party IS ? AND id <> ? AND \(Self.open)
            ORDER BY turn DESC LIMIT 1
            """, [.init(job.priority), .init(job.party ?? job.subjectRef), .text(job.id)])
        let turn = max(served.first?["served"].integer ?? 0, last.first?["turn"].integer ?? 0) + 1
        try database.run("UPDATE job SET turn = ? WHERE id = ?", [.integer(turn), .text(job.id)])
    }

    package func aheadAtPace(of job: JobRecord) throws(LedgerError) -> Int {
        let row = try database.rows(
            """
            SELECT
                (SELECT count(*) FROM job
                    WHERE waiting = 'over_rate' AND subject_ref = ?1 AND run_after > ?2 AND priority > ?3)
                + (SELECT count(*) FROM job
                    WHERE waiting = 'over_rate' AND subject_ref = ?1 AND run_after > ?2 AND priority = ?3
                        AND accepted_at < ?4) AS jobs
            """,
            [
                .init(job.subjectRef), .integer(try now().milliseconds), .init(job.priority),
                .integer(job.acceptedAt.milliseconds),
            ]
        ).first
        return Int(row?["jobs"].integer ?? 0)
    }

    /// Where a row stands in the order of the queue.
    static func turn(_ row: Database.Row) -> (Int64, Int64, Int64, String) {
        (
            -(row["priority"].integer ?? 0), row["turn"].integer ?? 0, row["accepted_at"].integer ?? 0,
            row["id"].text ?? ""
        )
    }

    func serve(_ claimed: [Database.Row]) throws(LedgerError) {
        let turns = claimed.map { ($0["priority"].integer ?? 0, $0["turn"].integer ?? 0) }
        for (priority, turn) in Dictionary(turns, uniquingKeysWith: max) {
            try database.run(
                """
                INSERT INTO turn (priority, served) VALUES (?, ?)
                ON CONFLICT (priority) DO UPDATE SET served = max(served, excluded.served)
                """, [.integer(priority), .integer(turn)])
        }
    }
}
