import Documents
import Domain

/// The steps of an erasure that the ledger takes. Each is one transaction, and can be taken again after a crash.
extension SQLiteLedger {
    /// Begins an erasure, or gives the one of the subject that has begun. From here on nothing of its jobs comes any further.
    package func beginErasing(_ request: RightsRequest) async throws(LedgerError) -> RightsRequest {
        try await commit { [self] () throws(LedgerError) in
            if let id = try subject(request.subjectRef)?.erasing, let begun = try self.request(id) { return begun }
            try database.run(
                "INSERT INTO subject (subject_ref) VALUES (?) ON CONFLICT DO NOTHING", [.text(request.subjectRef)])
            try database.run(
                "UPDATE subject SET erasing = ? WHERE subject_ref = ?", [.text(request.id), .text(request.subjectRef)])
            try insert("request", RightsRequest.columns, request.values)
            try note(Self.event("request.received", request, [:]))
            return request
        }
    }

    /// Whether anything here belongs to the subject.
    package func knows(_ reference: String) throws(LedgerError) -> Bool {
        for table in try tablesOfSubjects() where table != "request" {
            let found = try database.rows(
                "SELECT 1 FROM \(table) WHERE subject_ref = ? LIMIT 1", [.text(reference)])
            if !found.isEmpty { return true }
        }
        return false
    }

    /// Writes down how far a request has come, and what happened.
    package func move(
        _ request: RightsRequest, to state: RightsRequest.State, _ event: String? = nil, _ facts: [String: String] = [:]
    ) async throws(LedgerError) -> RightsRequest {
        var next = request
        next.state = state
        return try await commit { [self, next] () throws(LedgerError) in
            try database.run(
                "UPDATE request SET state = ? WHERE id = ?", [.text(state.rawValue), .text(request.id)])
            if let event { try note(Self.event(event, next, facts)) }
            return next
        }
    }

    /// Jobs of the subject that have not settled.
    package func unsettled(of reference: String) throws(LedgerError) -> [String] {
        try database.rows(
            "SELECT id FROM job WHERE subject_ref = ? AND state NOT IN ('done', 'failed') ORDER BY id",
            [.text(reference)]
        ).compactMap { $0["id"].text }
    }

    /// Ends a job of an erased subject without an outcome that anybody sees; what its calls cost is kept as far as it is known.
    ///
    /// - Parameter isAlone: no daemon is alive that could be in one of its calls.
    /// - Returns: false where a paid call is under way, or its answer is being finished: then it is to be tried again.
    package func withdraw(_ id: String, isAlone: Bool) async throws(LedgerError) -> Bool {
        let now = try now()
        return try await commit { [self] () throws(LedgerError) in
            guard let job = try find(id), !job.state.isSettled else { return true }
            if !isAlone, try isBusy(job) { return false }
            for var effect in try effects(of: id) where effect.state == .intent {
                effect.state = .unknown
                effect.callClass = ReasonCode.outcomeUnknown.rawValue
                effect.endedAt = now
                try insert("effect", EffectRecord.columns, effect.values)
            }
            // What an earlier run published is deleted with its folder; of this run nothing was.
            for var output in try outputs(of: id) where job.reopened == 0 || output.state != .made {
                output.state = .failed
                output.reason = Self.erased
                (output.file, output.sha256) = (nil, nil)
                try insert("output", OutputRecord.columns, output.values)
            }
            try database.run(
                """
                UPDATE job SET state = 'failed', reason = ?2, settled_at = ?1, staged = NULL, waiting = NULL, owner = NULL,
                    lease_until = NULL, deaths = 0, fence = fence + 1, inputs_delete_by = min(inputs_delete_by, ?1)
                WHERE id = ?3
                """,
                [.integer(now.milliseconds), .text(Self.erased.json.compact), .text(id)])
            try moveCredits(of: job, by: .settled(.failed))
            try note(
                LedgerEvent(
                    "job.settled", job: id,
                    ["outcome": Outcome.failed.rawValue, "reason": ReasonCode.cancelled.rawValue]))
            return true
        }
    }

    /// Whether somebody who is alive pays for the job, or makes what was paid for.
    private func isBusy(_ job: JobRecord) throws(LedgerError) -> Bool {
        guard job.owner != nil else { return false }
        switch job.state {
        case .answered, .made: return true
        case .calling, .waiting, .ready:
            return try outputs(of: job.id).contains { $0.state == .calling }
        default: return false
        }
    }

    /// Folders that are about to be hidden are no deliveries.
    package func unpublish(_ jobs: [String]) async throws(LedgerError) {
        try await commit { [self] () throws(LedgerError) in
            for job in jobs { try database.run("DELETE FROM publication WHERE job = ?", [.text(job)]) }
        }
    }

    /// Outputs that a hold keeps have no end of their own: they go when the last hold on them ends.
    package func keepUnderHold(_ job: String) async throws(LedgerError) {
        try await commit { [self] () throws(LedgerError) in
            _ = try database.run("UPDATE output SET expires_at = NULL WHERE job = ?", [.text(job)])
        }
    }

    /// Puts the tombstone in the subject's place, wherever that is written; false where a job has come in that is still to be erased.
    ///
    /// The request itself keeps the subject until `detach`: the keys that still bear its name are found by it.
    package func bury(_ request: RightsRequest) async throws(LedgerError) -> Bool {
        guard let tombstone = request.tombstone else { return false }
        let tables = try tablesOfSubjects().filter { $0 != "subject" && $0 != "request" }
        return try await commit { [self] () throws(LedgerError) in
            let (mine, stone) = (Database.Value.text(request.subjectRef), Database.Value.text(tombstone))
            let left = try database.rows(
                """
                SELECT 1 FROM job WHERE subject_ref = ?
                    AND (state NOT IN ('done', 'failed') OR inputs_deleted_at IS NULL) LIMIT 1
                """, [mine])
            guard left.isEmpty else { return false }
            try database.run(
                """
                UPDATE output SET sha256 = NULL WHERE deleted_at IS NOT NULL
                    AND job IN (SELECT id FROM job WHERE subject_ref = ?)
                """, [mine])
            try database.run(
                "UPDATE job SET content_ref = '', removed = '', reference_sizes = '' WHERE subject_ref = ?", [mine])
            try database.run("UPDATE job SET party = ? WHERE party = ?", [stone, mine])
            for table in tables {
                try database.run("UPDATE \(table) SET subject_ref = ? WHERE subject_ref = ?", [stone, mine])
            }
            try database.run("DELETE FROM subject WHERE subject_ref = ?", [mine])
            try database.run(
                "UPDATE request SET subject_ref = ? WHERE subject_ref = ? AND id <> ?",
                [stone, mine, .text(request.id)])
            try database.run("UPDATE request SET state = 'closing' WHERE id = ?", [.text(request.id)])
            return true
        }
    }

    /// The request too forgets the subject; the ledger's file holds its reference nowhere when this returns, not even in bytes that no
    /// row uses. Reads the whole file, which takes a second or so a gigabyte, and writes it anew where it finds any.
    ///
    /// - Returns: false where another process uses the ledger, so that this could not be done yet.
    package func detach(_ request: RightsRequest) async throws(LedgerError) -> Bool {
        try await commit { [self] () throws(LedgerError) in
            _ = try database.run(
                "UPDATE request SET subject_ref = coalesce(tombstone, subject_ref) WHERE id = ?", [.text(request.id)])
        }
        guard try emptyLog() else { return false }
        // Content that moved to another page when pages were split was never deleted, and stands in the old one still.
        let reference = Array(request.subjectRef.utf8)
        // Where a crash came in between, nobody knows any more what to look for.
        let isKnown = request.subjectRef != request.tombstone
        if isKnown, try !database.holds(reference) { return true }
        try database.run("VACUUM")
        guard try emptyLog() else { return false }
        return isKnown ? try !database.holds(reference) : true
    }

    private func emptyLog() throws(LedgerError) -> Bool {
        try database.rows("PRAGMA wal_checkpoint(TRUNCATE)").first?["busy"].integer == 0
    }

    /// Ends an erasure, or leaves it to the end of the last hold.
    package func conclude(_ request: RightsRequest, as state: RightsRequest.State) async throws(LedgerError) {
        let now = try now()
        try await commit { [self] () throws(LedgerError) in
            try database.run(
                "UPDATE request SET state = ?, closed = ?, result = ? WHERE id = ?",
                [
                    .text(state.rawValue), .init(state == .closed ? now.milliseconds : nil),
                    .text(state == .closed ? "erased" : "held"), .text(request.id),
                ])
            try note(LedgerEvent("request.\(state.rawValue)", ["request": request.id, "verb": request.verb]))
        }
    }

    /// Every table that tells of subjects, also those that came after this was written.
    private func tablesOfSubjects() throws(LedgerError) -> [String] {
        try database.rows(
            """
            SELECT m.name AS name FROM sqlite_master m
            JOIN pragma_table_info(m.name) c ON c.name = 'subject_ref' WHERE m.type = 'table' ORDER BY m.name
            """
        ).compactMap { $0["name"].text }
    }
}
