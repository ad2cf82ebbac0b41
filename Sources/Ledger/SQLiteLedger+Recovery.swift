import Documents
package import Domain

/// A job's end as its outcome folder tells it.
package struct FoundEnd: Sendable {
    package var outcome: Outcome
    package var reason: Reason?
    package var isSimulated: Bool
    /// By the age clock; nil where it is held.
    package var settledAt: Timestamp?
    package var inputsDeleteBy: Timestamp
    package var outputs: [OutputRecord]
    package var effects: [EffectRecord]

    package init(
        outcome: Outcome, reason: Reason?, isSimulated: Bool, settledAt: Timestamp?, inputsDeleteBy: Timestamp,
        outputs: [OutputRecord], effects: [EffectRecord]
    ) {
        self.outcome = outcome
        self.reason = reason
        self.isSimulated = isSimulated
        self.settledAt = settledAt
        self.inputsDeleteBy = inputsDeleteBy
        self.outputs = outputs
        self.effects = effects
    }
}

/// What a start writes into a ledger that is older than what stands beside it. The caller holds the spool's lock, and
/// nothing else works on jobs yet.
extension SQLiteLedger {
    /// Those of `entries` that the ledger has no row of.
    package func unknownCalls(_ entries: [CallEntry]) throws(LedgerError) -> [CallEntry] {
        var unknown: [CallEntry] = []
        for entry in entries {
            let rows = try database.rows("SELECT id FROM effect WHERE id = ?", [.text(entry.effect.id)])
            if rows.isEmpty { unknown.append(entry) }
        }
        return unknown
    }

    /// Whether there is any job.
    package func isEmpty() throws(LedgerError) -> Bool { try database.rows("SELECT 1 FROM job LIMIT 1").isEmpty }

    /// The id of the job that came from this claim.
    package func jobID(ofClaim token: String) throws(LedgerError) -> String? {
        try database.rows("SELECT id FROM job WHERE claim_token = ?", [.text(token)]).first?["id"].text
    }

    /// Takes in a job that the ledger does not know; false where its id or its claim is known.
    @discardableResult
    package func adopt(_ job: JobRecord, _ end: FoundEnd?, blobs: [BlobRecord]) throws(LedgerError) -> Bool {
        try database.transaction { () throws(LedgerError) in
            let known = try database.rows(
                "SELECT id FROM job WHERE id = ? OR claim_token = ?", [.text(job.id), .text(job.claimToken)])
            guard known.isEmpty else { return false }
            try insert(job)
            if end == nil { try queueUp(job) }
            for index in 1...max(1, job.count) {
                let output = OutputRecord(job: job.id, index: index)
                try insert("output", OutputRecord.columns, output.values)
            }
            for blob in blobs { try insert("blob", BlobRecord.columns, blob.values) }
            if let end { try write(end, of: job.id) }
            return true
        }
    }

    /// Gives a job that was taken in by its folder what its work files tell of it.
    package func adopt(_ blobs: [BlobRecord], for job: JobRecord) throws(LedgerError) {
        try database.transaction { () throws(LedgerError) in
            for blob in blobs { try insert("blob", BlobRecord.columns, blob.values) }
            try enter(job.batch)
            try database.run(
                """
                UPDATE job SET claim_token = ?, spec_blob = ?, content_ref = ?, subject_ref = ?, route = ?, count = ?,
                    reference_count = ?, input_bytes = ?, retain_inputs = ?, retain_outputs = ?, credits = ?, may_save = ?,
                    batch = coalesce(?, batch), visibility = ?, protect = ?, plan = ?, plan_age = ?, plan_count = ?, plan_bytes = ?, plan_notice = ?, history = ?,
                    inputs_delete_by = min(inputs_delete_by, ?)
                WHERE id = ?
                """,
                [
                    .text(job.claimToken), .init(job.specBlob), .text(job.contentRef), .init(job.subjectRef),
                    .text(job.route), .init(job.count), .init(job.referenceCount), .integer(job.inputBytes),
                    .integer(job.retainInputs.milliseconds), .init(job.retainOutputs?.milliseconds),
                    .integer(job.creditsPerOutput), .integer(job.maySave ? 1 : 0), .init(job.batch?.description),
                    .text(job.visibility.rawValue), .integer(job.isProtected ? 1 : 0),
                ] + job.keepingValues + [.integer(job.inputsDeleteBy.milliseconds), .text(job.id)])
        }
    }

    /// Brings a job to the end that its folder shows, whatever state the ledger had it in.
    package func bring(_ id: String, to end: FoundEnd) throws(LedgerError) {
        try database.transaction { () throws(LedgerError) in try write(end, of: id) }
    }

    private func write(_ end: FoundEnd, of id: String) throws(LedgerError) {
        guard let before = try find(id) else { throw .unknownJob(id) }
        try database.run(
            """
            UPDATE job SET state = ?, reason = ?, settled_at = ?, inputs_delete_by = min(inputs_delete_by, ?),
                simulated = ?, staged = NULL, waiting = NULL, owner = NULL, lease_until = NULL, deaths = 0,
                fence = fence + 1
            WHERE id = ?
            """,
            [
                .text(end.outcome.rawValue), .init(end.reason?.json.compact), .init(end.settledAt?.milliseconds),
                .integer(end.inputsDeleteBy.milliseconds), .integer(end.isSimulated ? 1 : 0), .text(id),
            ])
        // What its folder shows was about to be seen, if anything was.
        if end.outcome == .done { try show(id) }
        for output in end.outputs { try insert("output", OutputRecord.columns, output.values) }
        for effect in end.effects { try insert("effect", EffectRecord.columns, effect.values) }
        // Those of a job that was reserved for in this ledger; of another job it knows no credits.
        if !before.state.isSettled { try moveCredits(of: before, by: .settled(end.outcome)) }
    }

    /// A call that was made and that the ledger does not know. One that cost nothing is no more than that. Any other is written down as one that was under way when the daemon died.
    ///
    /// An open job finds its answer, or is held; one that has ended keeps its end.
    package func take(_ entry: CallEntry, isGone: Reason?) throws(LedgerError) {
        let effect = entry.effect
        try database.transaction { () throws(LedgerError) in
            guard let job = try find(effect.job) else { throw LedgerError.unknownJob(effect.job) }
            var effect = effect
            let output = try outputs(of: job.id).first { $0.index == effect.output }
            if let end = entry.end {
                (effect.billed, effect.cost, effect.costSource) = (end.billed, end.cost, end.costSource)
                effect.httpStatus = end.httpStatus
                if end.billed == .no {
                    // Nothing was bought: whatever follows may be asked for.
                    effect.state = .failed
                    effect.callClass = end.callClass
                    effect.answerBlob = nil
                    return try insert("effect", EffectRecord.columns, effect.values)
                }
            }
            let isOpen = [.accepted, .ready, .waiting, .calling].contains(job.state) && isGone == nil
            if isOpen, var output, [.pending, .calling, .failed].contains(output.state) {
                output.state = .calling
                output.reason = nil
                if effect.route != output.route(of: job) { output.fallbacks.append(effect.route) }
                try insert("output", OutputRecord.columns, output.values)
                try database.run(
                    "UPDATE job SET run_after = min(run_after, ?) WHERE id = ?",
                    [.integer(try now().milliseconds), .text(job.id)])
            } else {
                effect.state = .unknown
                effect.callClass = ReasonCode.outcomeUnknown.rawValue
                effect.answerBlob = nil
            }
            try insert("effect", EffectRecord.columns, effect.values)
            guard let isGone, !job.state.isSettled else { return }
            try database.run(
                "UPDATE job SET reason = ?, run_after = min(run_after, ?) WHERE id = ? AND staged IS NULL",
                [.text(isGone.json.compact), .integer(try now().milliseconds), .text(job.id)])
        }
    }

    /// Lets nothing be bought for jobs that are open now: whether their outputs were called is not known. Gives how many jobs.
    package func doubt(because reason: Reason) throws(LedgerError) -> Int {
        let open =
            "SELECT id FROM job WHERE state IN ('accepted', 'ready', 'waiting', 'calling') AND staged IS NULL"
            + " AND reason IS NULL AND duplicate_of IS NULL"
        return try database.transaction { () throws(LedgerError) in
            let doubted = try database.rows(
                "SELECT DISTINCT job FROM output WHERE state = 'pending' AND job IN (\(open))"
            ).count
            try database.run(
                """
                UPDATE output SET state = 'unknown', billed = 'possible', reason = ?
                WHERE state = 'pending' AND job IN (\(open))
                """, [.text(reason.json.compact)])
            try database.run(
                "UPDATE job SET run_after = min(run_after, ?) WHERE id IN (\(open))",
                [.integer(try now().milliseconds)])
            return doubted
        }
    }
}
