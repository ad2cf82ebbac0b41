package import Domain

/// Ids are remembered for a while, so that a repeated one costs nothing; then nothing of their jobs is left here.
extension SQLiteLedger {
    /// Jobs that are forgotten in one write: others wait for it.
    private static let atOnce = 100

    package func forget(settledBefore moment: Timestamp) async throws(LedgerError) -> Int {
        // Whatever is to be deleted yet is known until it is, what somebody saved or others see is theirs to delete, as is what still
        // stands in done/ of a subject, and what has not come to the audit log is not over.
        let rows = try database.rows(
            """
            SELECT id, credits, batch FROM job
            WHERE settled_at < ? AND state IN ('done', 'failed') AND inputs_deleted_at IS NOT NULL AND owner IS NULL
                AND NOT EXISTS (SELECT 1 FROM blob WHERE blob.job = job.id)
                AND NOT EXISTS (SELECT 1 FROM gallery WHERE gallery.job = job.id)
                AND NOT EXISTS (
                    SELECT 1 FROM output
                    WHERE output.job = job.id AND (expires_at IS NOT NULL OR saved = 1) AND deleted_at IS NULL)
                AND (subject_ref IS NULL OR NOT EXISTS (SELECT 1 FROM publication WHERE publication.job = job.id))
                AND NOT EXISTS (
                    SELECT 1 FROM legal_hold
                    WHERE legal_hold.subject_ref = job.subject_ref AND legal_hold.ended IS NULL AND legal_hold.expires > ?)
                AND NOT EXISTS (
                    SELECT 1 FROM event WHERE event.job = job.id AND number > (SELECT event FROM audit_mark))
            ORDER BY settled_at LIMIT ?
            """, [.integer(moment.milliseconds), .integer(try now().milliseconds), .init(Self.atOnce)])
        guard !rows.isEmpty else { return 0 }
        try await commit { [self] () throws(LedgerError) in
            for row in rows {
                guard let id = row["id"].text else { continue }
                // A person may have had it run again since it was looked at.
                let isSettled = try database.rows(
                    "SELECT 1 FROM job WHERE id = ? AND settled_at < ? AND state IN ('done', 'failed')",
                    [.text(id), .integer(moment.milliseconds)])
                if isSettled.isEmpty { continue }
                if row["credits"].integer != 0 { try renameMovements(of: id) }
                for table in ["output", "effect", "event"] {
                    try database.run("DELETE FROM \(table) WHERE job = ?", [.text(id)])
                }
                try database.run(
                    "DELETE FROM delivery WHERE job = ?1 AND NOT EXISTS (SELECT 1 FROM history WHERE job = ?1)",
                    [.text(id)])
                try database.run("DELETE FROM job WHERE id = ?", [.text(id)])
                // With its last job a batch is forgotten too.
                try database.run(
                    "DELETE FROM batch WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM job WHERE batch = ?1)",
                    [row["batch"]])
            }
        }
        return rows.count
    }

    /// The history of credits stays, and its keys make way for another job of that id.
    private func renameMovements(of id: String) throws(LedgerError) {
        for kind in ["reserve", "settle", "release"] {
            let prefix = "\(kind)/\(id)/"
            try database.run(
                "UPDATE credit_movement SET key = key || '@' || number WHERE key >= ? AND key < ?",
                [.text(prefix), .text("\(kind)/\(id)0")])
        }
        try database.run("DELETE FROM credit_hold WHERE job = ?", [.text(id)])
    }
}
