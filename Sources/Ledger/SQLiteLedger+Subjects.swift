import Digests
import Documents
import Domain

/// Whose data is here, and what may be done with it. Every change is one transaction with its event and its line in the register.
extension SQLiteLedger {
    /// The keyed hash under which the ledger knows a subject.
    package func reference(to subject: String) throws(LedgerError) -> String {
        SubjectRecord.reference(
            to: subject, key: try installationSecret(SubjectRecord.secret) { randomBytes(32) })
    }

    package func subject(_ reference: String) throws(LedgerError) -> SubjectRecord? {
        try database.rows("SELECT * FROM subject WHERE subject_ref = ?", [.text(reference)]).first.flatMap(
            SubjectRecord.init)
    }

    /// What the subject does not want its data used for.
    package func objections(of reference: String) throws(LedgerError) -> Set<Purpose> {
        try subject(reference)?.objections ?? []
    }

    /// Whether the subject's data may only be stored: it is counted nowhere.
    package func isRestricted(_ reference: String) throws(LedgerError) -> Bool {
        try subject(reference)?.restrictedAt != nil
    }

    package func uncounted() throws(LedgerError) -> [String] {
        try database.rows(
            "SELECT subject_ref FROM subject WHERE restricted_at IS NOT NULL OR ' ' || objections || ' ' LIKE ?",
            [.text("% \(Purpose.statistics.rawValue) %")]
        ).compactMap { $0["subject_ref"].text }
    }

    package func counts(of reference: String) throws(LedgerError) -> SubjectCounts {
        var counts = SubjectCounts()
        let mine: [Database.Value] = [.text(reference)]
        for row in try database.rows(
            "SELECT state, count(*) AS jobs FROM job WHERE subject_ref = ? GROUP BY state", mine)
        {
            guard let state = row["state"].text.flatMap(JobState.init(rawValue:)) else { continue }
            counts.jobs[state] = Int(row["jobs"].integer ?? 0)
        }
        let inputs = try database.rows(
            """
            SELECT count(*) AS jobs, min(inputs_delete_by) AS next FROM job
            WHERE subject_ref = ? AND inputs_deleted_at IS NULL
            """, mine
        ).first
        let outputs = try database.rows(
            """
            SELECT count(*) AS outputs, min(expires_at) AS next FROM output
            JOIN job ON job.id = output.job WHERE job.subject_ref = ? AND job.state = 'done'
                AND output.file IS NOT NULL AND output.deleted_at IS NULL
            """, mine
        ).first
        let credits = try database.rows(
            "SELECT count(*) AS movements FROM credit_movement WHERE subject_ref = ?", mine
        ).first
        counts.holdingInputs = Int(inputs?["jobs"].integer ?? 0)
        counts.nextInputs = inputs.flatMap { Timestamp($0["next"]) }
        counts.outputs = Int(outputs?["outputs"].integer ?? 0)
        counts.nextOutputs = outputs.flatMap { Timestamp($0["next"]) }
        counts.creditMovements = Int(credits?["movements"].integer ?? 0)
        return counts
    }

    /// The jobs of a subject in the order of their ids, those after `job`.
    package func jobs(of reference: String, after job: String, limit: Int) throws(LedgerError) -> [JobRecord] {
        try database.rows(
            "SELECT * FROM job WHERE subject_ref = ? AND id > ? ORDER BY id LIMIT ?",
            [.text(reference), .text(job), .init(limit)]
        ).compactMap(JobRecord.init)
    }

    // MARK: changes

    /// Lets nothing be done with the subject's data but storing it: queued jobs wait, and the time of outputs stands still.
    package func restrict(_ request: RightsRequest) async throws(LedgerError) {
        try await change(request, "restricted_at = coalesce(restricted_at, ?)") { [self] now throws(LedgerError) in
            try database.run(
                """
                UPDATE job SET waiting = 'subject_restricted', run_after = inputs_delete_by,
                    state = CASE state WHEN 'ready' THEN 'waiting' ELSE state END
                WHERE subject_ref = ? AND state IN ('accepted', 'ready', 'waiting') AND owner IS NULL
                    AND staged IS NULL AND reason IS NULL
                """, [.text(request.subjectRef)])
        }
    }

    /// Ends a restriction: jobs go on, and outputs get the time that had stood still.
    package func unrestrict(_ request: RightsRequest) async throws(LedgerError) {
        try await change(request, "restricted_at = restricted_at") { [self] now throws(LedgerError) in
            guard let since = try subject(request.subjectRef)?.restrictedAt else { return }
            try database.run(
                """
                UPDATE output SET expires_at = expires_at + ?1 - max(?2, coalesce(
                    (SELECT settled_at FROM job WHERE job.id = output.job), ?2))
                WHERE expires_at > ?2 AND deleted_at IS NULL AND job IN (SELECT id FROM job WHERE subject_ref = ?3)
                """, [.integer(now.milliseconds), .integer(since.milliseconds), .text(request.subjectRef)])
            try database.run(
                """
                UPDATE job SET waiting = NULL, run_after = min(run_after, ?)
                WHERE subject_ref = ? AND waiting = 'subject_restricted'
                """, [.integer(now.milliseconds), .text(request.subjectRef)])
            try database.run(
                "UPDATE subject SET restricted_at = NULL WHERE subject_ref = ?", [.text(request.subjectRef)])
        }
    }

    /// Lets the subject have no new jobs; those that wait in the queue fail.
    package func suspend(_ request: RightsRequest) async throws(LedgerError) {
        try await change(request, "suspended_at = coalesce(suspended_at, ?)") { [self] now throws(LedgerError) in
            try database.run(
                """
                UPDATE job SET reason = ?, run_after = min(run_after, ?), waiting = NULL
                WHERE subject_ref = ? AND state IN ('accepted', 'ready', 'waiting') AND owner IS NULL
                    AND staged IS NULL AND reason IS NULL AND NOT EXISTS (
                        SELECT 1 FROM output WHERE output.job = job.id AND state IN ('calling', 'answered', 'made'))
                """,
                [.text(Self.suspended.json.compact), .integer(now.milliseconds), .text(request.subjectRef)])
        }
    }

    package func resume(_ request: RightsRequest) async throws(LedgerError) {
        try await change(request, "suspended_at = NULL")
    }

    /// The subject's will about one purpose; effective for whatever is written after it.
    package func object(
        _ request: RightsRequest, to purpose: Purpose, isWithdrawn: Bool
    ) async throws(LedgerError) {
        try await change(request, "objections = objections", facts: ["purpose": purpose.rawValue]) {
            [self] now throws(LedgerError) in
            var objections = try objections(of: request.subjectRef)
            if isWithdrawn { objections.remove(purpose) } else { objections.insert(purpose) }
            try database.run(
                "UPDATE subject SET objections = ? WHERE subject_ref = ?",
                [.text(objections.map(\.rawValue).sorted().joined(separator: " ")), .text(request.subjectRef)])
            if purpose == .consent, !isWithdrawn { try withdrawConsents(of: request.subjectRef) }
        }
    }

    /// Another sealed record of the subject takes the place of the one before, whose id this gives.
    ///
    /// - Parameter facts: what was put right, by keyed hashes.
    package func setRecord(
        _ request: RightsRequest, _ record: String, facts: [String: String]
    ) async throws(LedgerError) -> String? {
        let before = try subject(request.subjectRef)?.record
        try await change(request, "record = record", facts: facts) { [self] now throws(LedgerError) in
            try database.run(
                "UPDATE subject SET record = ? WHERE subject_ref = ?", [.text(record), .text(request.subjectRef)])
        }
        return before
    }

    /// One transaction: the subject's row, what hangs on it, the register and the event.
    private func change(
        _ request: RightsRequest, _ assignment: String, facts: [String: String] = [:],
        and more: @escaping (Timestamp) throws(LedgerError) -> Void = { (_) throws(LedgerError) in }
    ) async throws(LedgerError) {
        let now = try now()
        try await commit { [self] () throws(LedgerError) in
            try database.run(
                "INSERT INTO subject (subject_ref) VALUES (?) ON CONFLICT DO NOTHING", [.text(request.subjectRef)])
            let takesTime = assignment.contains("?")
            try database.run(
                "UPDATE subject SET \(assignment) WHERE subject_ref = ?",
                (takesTime ? [.integer(now.milliseconds)] : []) + [.text(request.subjectRef)])
            try more(now)
            try settle(request, now, facts)
        }
    }

    // MARK: what they mean for jobs

    /// What a subject's standing means for a job that is being taken in.
    func admit(_ job: inout JobRecord) throws(LedgerError) {
        guard job.reason == nil, let reference = job.subjectRef, let subject = try subject(reference) else { return }
        if subject.erasing != nil {
            job.reason = Self.erased
        } else if subject.suspendedAt != nil {
            job.reason = Self.suspended
        } else if subject.objections.contains(.consent) {
            job.reason = Self.unconsented
        } else if subject.restrictedAt != nil {
            job.waiting = .subjectRestricted
            job.runAfter = job.inputsDeleteBy
        }
    }

    /// What of a job's write its subject's standing lets through: no request leaves for one that is restricted, suspended or being
    /// erased, and nothing of the last comes any further.
    func checkStanding(_ event: JobEvent?, _ changes: [Change], of job: JobRecord) throws(LedgerError) {
        var isCall = false
        var isProgress = event != nil
        for change in changes {
            switch change {
            case .spend: isCall = true
            case .staged(.some): isProgress = true
            default: break
            }
        }
        guard isCall || isProgress, let reference = job.subjectRef, let subject = try subject(reference) else { return }
        if subject.erasing != nil { throw .erasing(job: job.id) }
        guard isCall else { return }
        if subject.suspendedAt != nil { throw .suspended(Self.suspended) }
        if subject.objections.contains(.consent) { throw .suspended(Self.unconsented) }
        if subject.restrictedAt != nil { throw .restricted(Self.restricted) }
    }

    /// A job of a restricted subject that would go on waits instead; one whose restriction has ended meanwhile goes on.
    func park(_ job: String) throws(LedgerError) {
        guard let record = try find(job), let reference = record.subjectRef else { return }
        if try isRestricted(reference) {
            try database.run(
                "UPDATE job SET waiting = 'subject_restricted', run_after = inputs_delete_by WHERE id = ?",
                [.text(job)])
        } else if record.waiting == .subjectRestricted {
            try database.run(
                "UPDATE job SET waiting = NULL, run_after = ? WHERE id = ?",
                [.integer(try now().milliseconds), .text(job)])
        }
    }

    static let suspended = Reason(
        .subjectSuspended, "the subject is suspended, and gets no new pictures",
        hint: "darkroom subject resume ends that; then hand the job over again")
    static let unconsented = Reason(
        .attestationMissing, "the subject has withdrawn its consent, and gets no new pictures", field: "attestations",
        hint:
            "darkroom subject object SUBJECT --purpose consent --withdraw gives it again; then hand the job over again")
    static let restricted = Reason(
        .subjectRestricted, "the use of the subject's data is restricted",
        hint: "it goes on after darkroom subject unrestrict; its inputs are deleted by their clock all the same")
    static let erased = Reason(.cancelled, "the subject is being erased")
}

extension SubjectRecord {
    /// The installation's secret that references are made with.
    package static let secret = "subject-hash"

    package static func reference(to subject: String, key: [UInt8]) -> String {
        hexadecimal(keyedHash(Array(subject.utf8), key: key))
    }

    init?(_ row: Database.Row) {
        guard let reference = row["subject_ref"].text else { return nil }
        self.init(reference: reference)
        restrictedAt = Timestamp(row["restricted_at"])
        suspendedAt = Timestamp(row["suspended_at"])
        objections = Set(
            (row["objections"].text ?? "").split(separator: " ").compactMap { Purpose(rawValue: String($0)) })
        erasing = row["erasing"].text
        record = row["record"].text
    }
}
