import Domain

extension SQLiteLedger: PlanLedger {
    /// Within a write that changes what a subject has: its plan is looked at by the next sweep.
    func checkPlan(of job: String) throws(LedgerError) {
        try database.run(
            """
            INSERT INTO plan_check (subject_ref, changes)
            SELECT subject_ref, 1 FROM job WHERE id = ? AND plan IS NOT NULL AND subject_ref IS NOT NULL
            ON CONFLICT (subject_ref) DO UPDATE SET changes = changes + 1
            """, [.text(job)])
    }

    package func plansToCheck(limit: Int) throws(LedgerError) -> [(subjectRef: String, changes: Int64)] {
        try database.rows("SELECT * FROM plan_check LIMIT ?", [.init(limit)]).compactMap { row in
            guard let reference = row["subject_ref"].text, let changes = row["changes"].integer else { return nil }
            return (reference, changes)
        }
    }

    package func planShelf(of subjectRef: String) throws(LedgerError) -> PlanShelf? {
        let newest = try database.rows(
            "SELECT * FROM job WHERE subject_ref = ? AND plan IS NOT NULL ORDER BY accepted_at DESC, id LIMIT 1",
            [.text(subjectRef)]
        ).first.flatMap(JobRecord.init)
        guard let terms = newest?.plan else { return nil }
        // What was taken away is not here.
        let entries = try database.rows(
            """
            SELECT output.*, job.settled_at, job.retain_outputs, job.plan_age FROM job JOIN output ON output.job = job.id
            WHERE job.subject_ref = ? AND job.plan IS NOT NULL AND job.state = 'done' AND output.state = 'made'
                AND output.file IS NOT NULL AND output.deleted_at IS NULL
                AND EXISTS (SELECT 1 FROM publication WHERE publication.job = job.id)
            """, [.text(subjectRef)]
        ).compactMap { row -> PlanShelf.Entry? in
            guard let output = OutputRecord(row), let settled = Timestamp(row["settled_at"]) else { return nil }
            let keep = row["retain_outputs"].integer.map(Span.init(milliseconds:))
            return PlanShelf.Entry(
                output: output, settledAt: settled, ownEnd: keep.map(settled.after),
                ownRule: keep.map { $0.milliseconds == row["plan_age"].integer ? .planAge : .time })
        }
        return PlanShelf(entries: entries, terms: terms)
    }

    package func setEnds(
        _ changes: [PlanShelf.Change], of subjectRef: String, checked mark: Int64
    ) async throws(LedgerError) -> [LedgerEvent] {
        try await commit { [self] () throws(LedgerError) in
            var events: [LedgerEvent] = []
            for change in changes {
                let output = change.output
                let changed = try database.run(
                    """
                    UPDATE output SET expires_at = ?, rule = ?, tell_at = NULL
                    WHERE job = ? AND position = ? AND deleted_at IS NULL AND rule IS NOT 'deleted' AND saved = ?
                    """,
                    [
                        .init(change.end?.milliseconds), .init(change.rule?.rawValue), .text(output.job),
                        .init(output.index), .integer(output.isSaved ? 1 : 0),
                    ])
                guard changed == 1 else { continue }
                let isEnd = change.rule == .planCount || change.rule == .planBytes
                let event = isEnd ? Self.soon(output, change.rule) : Self.spared(output)
                try note(event)
                events.append(event)
            }
            try database.run(
                "DELETE FROM plan_check WHERE subject_ref = ? AND changes = ?", [.text(subjectRef), .integer(mark)])
            return events
        }
    }

    private static func soon(_ output: OutputRecord, _ rule: ExpiryRule?) -> LedgerEvent {
        LedgerEvent(
            "output.expires_soon", job: output.job,
            ["output": String(output.index), "rule": (rule ?? .time).rawValue])
    }

    private static func spared(_ output: OutputRecord) -> LedgerEvent {
        LedgerEvent("output.spared", job: output.job, ["output": String(output.index)])
    }

    package func tellOfEnds(limit: Int) async throws(LedgerError) -> [LedgerEvent] {
        let due = "SELECT * FROM output WHERE tell_at <= ? AND deleted_at IS NULL ORDER BY tell_at LIMIT ?"
        let values: [Database.Value] = [.integer(try now().milliseconds), .init(limit)]
        // Looked at without the write lock: nearly always there are none.
        if try database.rows(due, values).isEmpty { return [] }
        return try await commit { [self] () throws(LedgerError) in
            try database.rows(due, values).compactMap(OutputRecord.init).map { (output) throws(LedgerError) in
                try database.run(
                    "UPDATE output SET tell_at = NULL WHERE job = ? AND position = ?",
                    [.text(output.job), .init(output.index)])
                let event = Self.soon(output, output.rule)
                try note(event)
                return event
            }
        }
    }

    // MARK: deliveries

    /// Within the write that notes a delivery.
    func enterDelivery(_ output: OutputRecord, of job: JobRecord) throws(LedgerError) {
        try insert(
            "delivery", ["job", "position", "subject_ref", "at", "wall", "bytes"],
            [
                .text(job.id), .init(output.index), .init(job.subjectRef), .integer(try now().milliseconds),
                .integer(timekeeper.wall().milliseconds), .init(output.bytes),
            ])
    }

    package func deliveries(of job: String) throws(LedgerError) -> [Delivery] {
        // One of an earlier job of this id is not of this job.
        try database.rows(
            """
            SELECT delivery.* FROM delivery JOIN job ON job.id = delivery.job
            WHERE delivery.job = ? AND delivery.at >= job.accepted_at ORDER BY number
            """, [.text(job)]
        ).compactMap(Delivery.init)
    }

    package func deliveries(ofSubject subjectRef: String) throws(LedgerError) -> [Delivery] {
        try database.rows("SELECT * FROM delivery WHERE subject_ref = ? ORDER BY number", [.text(subjectRef)])
            .compactMap(Delivery.init)
    }
}

extension Delivery {
    fileprivate init?(_ row: Database.Row) {
        guard let job = row["job"].text, let index = row["position"].integer, let at = Timestamp(row["wall"]) else {
            return nil
        }
        self.init(job: job, index: Int(index), at: at, bytes: row["bytes"].integer)
    }
}
