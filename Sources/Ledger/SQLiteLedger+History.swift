import Documents
import Domain

extension SQLiteLedger: HistoryLedger {
    package func history(of job: JobRecord) throws(LedgerError) -> HistoryRecord? {
        try database.rows(
            "SELECT * FROM history WHERE job = ? AND accepted_at = ?",
            [.text(job.id), .integer(job.acceptedAt.milliseconds)]
        ).first.flatMap(HistoryRecord.init)
    }

    package func history(ofSubject subjectRef: String) throws(LedgerError) -> [HistoryRecord] {
        try database.rows(
            "SELECT * FROM history WHERE subject_ref = ? AND kept_at IS NOT NULL ORDER BY number", [.text(subjectRef)]
        ).compactMap(HistoryRecord.init)
    }

    /// The few subjects of whom anything but their data is known, as their index has them.
    static let standing = "(objections <> '' OR erasing IS NOT NULL OR restricted_at IS NOT NULL)"

    package func historyDue(limit: Int) throws(LedgerError) -> [HistoryRecord] {
        try database.rows(
            """
            SELECT * FROM history WHERE number IN (
                    SELECT number FROM history WHERE ends_at <= ?1 AND ends_at IS NOT NULL
                        AND NOT EXISTS (
                            SELECT 1 FROM subject
                            WHERE subject.subject_ref = history.subject_ref AND restricted_at IS NOT NULL)
                    UNION
                    SELECT number FROM subject JOIN history ON history.subject_ref = subject.subject_ref
                    WHERE \(Self.standing) AND ' ' || objections || ' ' LIKE '% history %'
                    UNION
                    SELECT number FROM history WHERE kept_at IS NULL AND NOT EXISTS (
                        SELECT 1 FROM job WHERE job.id = history.job AND job.accepted_at = history.accepted_at
                            AND job.state NOT IN ('done', 'failed'))
                ) AND NOT EXISTS (
                    SELECT 1 FROM legal_hold WHERE legal_hold.subject_ref = history.subject_ref
                        AND (legal_hold.job IS NULL OR legal_hold.job = history.job)
                        AND legal_hold.ended IS NULL AND legal_hold.expires > ?1)
            ORDER BY number LIMIT ?2
            """, [.integer(try now().milliseconds), .init(limit)]
        ).compactMap(HistoryRecord.init)
    }

    package func endHistory(_ records: [HistoryRecord]) async throws(LedgerError) -> [LedgerEvent] {
        try await commit { [self] () throws(LedgerError) in
            var events: [LedgerEvent] = []
            for record in records {
                let ended = try database.run("DELETE FROM history WHERE number = ?", [.integer(record.number)])
                guard ended == 1 else { continue }
                try dropDeliveries(of: record.job)
                let event = LedgerEvent("history.ended", job: record.job)
                try note(event)
                events.append(event)
            }
            return events
        }
    }

    /// Deletes what is kept of a subject whose key is destroyed; how many that was.
    package func dropHistory(of subjectRef: String) async throws(LedgerError) -> Int {
        try await commit { [self] () throws(LedgerError) in
            let jobs = try database.rows("SELECT job FROM history WHERE subject_ref = ?", [.text(subjectRef)])
            try database.run("DELETE FROM history WHERE subject_ref = ?", [.text(subjectRef)])
            for row in jobs { if let job = row["job"].text { try dropDeliveries(of: job) } }
            return jobs.count
        }
    }

    /// What was taken away of a job that is forgotten is known as long as its history is.
    private func dropDeliveries(of job: String) throws(LedgerError) {
        try database.run(
            """
            DELETE FROM delivery WHERE job = ? AND NOT EXISTS (SELECT 1 FROM job WHERE job.id = delivery.job)
                AND NOT EXISTS (SELECT 1 FROM history WHERE history.job = delivery.job)
            """, [.text(job)])
    }

    package func unknownDocuments(among ids: [String]) throws(LedgerError) -> Set<String> {
        let asked = JSONValue.array(ids.map { .string($0) }).compact
        let rows = try database.rows(
            """
            SELECT asked.value AS name FROM json_each(?) AS asked
            WHERE NOT EXISTS (SELECT 1 FROM history WHERE document = asked.value)
                AND NOT EXISTS (SELECT 1 FROM subject WHERE record = asked.value)
            """, [.text(asked)])
        return Set(rows.compactMap { $0["name"].text })
    }

    package func allows(_ purpose: Purpose, of subjectRef: String) throws(LedgerError) -> Bool {
        guard let subject = try subject(subjectRef) else { return true }
        return subject.erasing == nil && !subject.objections.contains(purpose)
    }

    // MARK: consents

    package func consents(of subjectRef: String) throws(LedgerError) -> [Consent] {
        try database.rows("SELECT * FROM consent WHERE subject_ref = ? ORDER BY number", [.text(subjectRef)])
            .compactMap { row in
                guard let purpose = row["purpose"].text, let hash = row["text_hash"].text,
                    let given = Timestamp(row["given_wall"])
                else { return nil }
                return Consent(
                    purpose: purpose, textHash: hash, given: given, withdrawn: Timestamp(row["withdrawn_wall"]))
            }
    }

    /// Within the write that takes a job in: what it vouches for under this policy, once as long as it is not withdrawn.
    func enterConsents(_ job: JobRecord) throws(LedgerError) {
        guard job.reason == nil, let reference = job.subjectRef else { return }
        for purpose in Set(job.attestations).sorted() {
            try database.run(
                """
                INSERT INTO consent (subject_ref, purpose, text_hash, given_at, given_wall)
                SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
                    SELECT 1 FROM consent WHERE subject_ref = ?1 AND purpose = ?2 AND text_hash = ?3
                        AND withdrawn_at IS NULL)
                """,
                [
                    .text(reference), .text(purpose), .text(job.profileHash), .integer(try now().milliseconds),
                    .integer(timekeeper.wall().milliseconds),
                ])
        }
    }

    /// Within the write of an objection to it: nothing that was agreed to holds any more.
    func withdrawConsents(of subjectRef: String) throws(LedgerError) {
        try database.run(
            "UPDATE consent SET withdrawn_at = ?, withdrawn_wall = ? WHERE subject_ref = ? AND withdrawn_at IS NULL",
            [
                .integer(try now().milliseconds), .integer(timekeeper.wall().milliseconds), .text(subjectRef),
            ])
    }
}

// MARK: what a job's own writes do

extension SQLiteLedger {
    /// Within the write that settles a job as done: it was published, what it shows is seen, what it has counts, and its history
    /// is kept.
    func publish(_ job: JobRecord) throws(LedgerError) {
        try insert("publication", ["job"], [.text(job.id)])
        try show(job.id)
        try checkPlan(of: job.id)
        var end: Timestamp?
        if case .span(let span)? = job.history { end = try now().after(span) }
        try database.run(
            "UPDATE history SET kept_at = ?, ends_at = ? WHERE job = ? AND accepted_at = ? AND kept_at IS NULL",
            [
                .integer(try now().milliseconds), .init(end?.milliseconds), .text(job.id),
                .integer(job.acceptedAt.milliseconds),
            ])
    }

    /// Within a job's write: what is kept of it, in the place of what was kept before.
    func enter(_ record: HistoryRecord) throws(LedgerError) {
        if try !allows(.history, of: record.subjectRef) { return }
        try database.run(
            """
            INSERT INTO history (job, accepted_at, subject_ref, at, model, aspect_ratio, size, template,
                template_version, outputs, document)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (job, accepted_at) DO UPDATE SET outputs = excluded.outputs, document = excluded.document
            """,
            [
                .text(record.job), .integer(record.acceptedAt.milliseconds), .text(record.subjectRef),
                .integer(record.at.milliseconds), .text(record.model), .init(record.aspectRatio), .init(record.size),
                .init(record.template), .init(record.templateVersion), .text(record.outputs.joined(separator: " ")),
                .text(record.document),
            ])
    }
}

extension HistoryRecord {
    fileprivate init?(_ row: Database.Row) {
        guard let number = row["number"].integer, let job = row["job"].text,
            let accepted = Timestamp(row["accepted_at"]), let reference = row["subject_ref"].text,
            let at = Timestamp(row["at"]), let document = row["document"].text
        else { return nil }
        self.number = number
        self.job = job
        acceptedAt = accepted
        subjectRef = reference
        self.at = at
        self.document = document
        model = row["model"].text ?? ""
        aspectRatio = row["aspect_ratio"].text
        size = row["size"].text
        template = row["template"].text
        templateVersion = row["template_version"].integer.map(Int.init)
        outputs = (row["outputs"].text ?? "").split(separator: " ").map(String.init)
        keptAt = Timestamp(row["kept_at"])
        endsAt = Timestamp(row["ends_at"])
    }
}
