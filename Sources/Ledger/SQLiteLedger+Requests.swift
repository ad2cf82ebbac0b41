import Domain

/// Legal holds, and the register of what people asked for.
extension SQLiteLedger {
    // MARK: holds

    package func begin(_ hold: LegalHold, _ request: RightsRequest) async throws(LedgerError) {
        let now = try now()
        try await commit { [self] () throws(LedgerError) in
            try insert("legal_hold", LegalHold.columns, hold.values)
            try settle(
                request, now,
                ["hold": hold.id, "reason": hold.reason, "expires": hold.expires.description, "job": hold.job ?? ""])
        }
    }

    /// Ends a hold; false where the subject has none of that id that has not ended.
    package func endHold(_ id: String, _ request: RightsRequest) async throws(LedgerError) -> Bool {
        let now = try now()
        return try await commit { [self] () throws(LedgerError) in
            let ended = try database.run(
                "UPDATE legal_hold SET ended = ? WHERE id = ? AND subject_ref = ? AND ended IS NULL",
                [.integer(now.milliseconds), .text(id), .text(request.subjectRef)])
            guard ended == 1 else { return false }
            try settle(request, now, ["hold": id, "end": "yes"])
            return true
        }
    }

    /// All holds of a subject, those that are over too.
    package func holds(of reference: String) throws(LedgerError) -> [LegalHold] {
        try database.rows(
            "SELECT * FROM legal_hold WHERE subject_ref = ? ORDER BY begins, id", [.text(reference)]
        ).compactMap(LegalHold.init)
    }

    /// The holds that keep a job's outputs now.
    package func holds(on job: String) throws(LedgerError) -> [LegalHold] {
        guard let record = try find(job), let reference = record.subjectRef else { return [] }
        let now = try now()
        return try holds(of: reference).filter { $0.isActive(at: now) && ($0.job == nil || $0.job == job) }
    }

    /// The condition that no hold and no restriction keeps an output, of whose job an `output` row tells; its first value is the moment.
    static let mayGo = """
        NOT EXISTS (
            SELECT 1 FROM job JOIN subject ON subject.subject_ref = job.subject_ref
            WHERE job.id = output.job AND subject.restricted_at IS NOT NULL)
        AND NOT EXISTS (
            SELECT 1 FROM job JOIN legal_hold ON legal_hold.subject_ref = job.subject_ref
            WHERE job.id = output.job AND (legal_hold.job IS NULL OR legal_hold.job = job.id)
                AND legal_hold.ended IS NULL AND legal_hold.expires > ?1)
        """

    // MARK: register

    package func request(_ id: String) throws(LedgerError) -> RightsRequest? {
        try database.rows("SELECT * FROM request WHERE id = ?", [.text(id)]).first.flatMap(RightsRequest.init)
    }

    /// Newest first.
    package func requests(of reference: String, limit: Int = 1000) throws(LedgerError) -> [RightsRequest] {
        try database.rows(
            "SELECT * FROM request WHERE subject_ref = ? ORDER BY received DESC, id LIMIT ?",
            [.text(reference), .init(limit)]
        ).compactMap(RightsRequest.init)
    }

    /// What has not come to its end, in the order in which it is due.
    package func openRequests() throws(LedgerError) -> [RightsRequest] {
        try database.rows("SELECT * FROM request WHERE closed IS NULL ORDER BY due, id").compactMap(
            RightsRequest.init)
    }

    /// Takes a request down that takes more than one transaction.
    package func open(_ request: RightsRequest) async throws(LedgerError) {
        try await commit { [self] () throws(LedgerError) in
            try insert("request", RightsRequest.columns, request.values)
            try note(Self.event("request.received", request, [:]))
        }
    }

    /// Ends such a request.
    package func close(_ request: RightsRequest, result: String, facts: [String: String] = [:])
        async throws(LedgerError)
    {
        var request = request
        request.result = result
        let now = try now()
        try await commit { [self, request] () throws(LedgerError) in
            try settle(request, now, facts)
            // One that was cut short, and was asked for again.
            try database.run(
                """
                UPDATE request SET state = 'closed', closed = ?, result = 'asked for again'
                WHERE subject_ref = ? AND verb = ? AND closed IS NULL AND received <= ?
                """,
                [
                    .integer(now.milliseconds), .text(request.subjectRef), .text(request.verb),
                    .integer(request.received.milliseconds),
                ])
        }
    }

    /// Names the folder that answers a request.
    package func answer(_ id: String, with folder: String) async throws(LedgerError) {
        try await commit { [self] () throws(LedgerError) in
            _ = try database.run("UPDATE request SET answer = ? WHERE id = ?", [.text(folder), .text(id)])
        }
    }

    /// How much of its time a request has used up, of which was told: 50, 80 or 100 in a hundred; false where that was told before.
    package func warn(of id: String, at share: Int) async throws(LedgerError) -> Bool {
        try await commit { [self] () throws(LedgerError) in
            try database.run(
                "UPDATE request SET warned = ? WHERE id = ? AND warned < ?", [.init(share), .text(id), .init(share)])
                == 1
        }
    }

    /// Writes a request as closed, and its event, into the open transaction.
    func settle(_ request: RightsRequest, _ now: Timestamp, _ facts: [String: String]) throws(LedgerError) {
        var request = request
        request.state = .closed
        request.closed = now
        request.result = request.result ?? "done"
        try insert("request", RightsRequest.columns, request.values)
        try note(Self.event("subject." + request.verb, request, facts))
    }

    static func event(_ name: String, _ request: RightsRequest, _ facts: [String: String]) -> LedgerEvent {
        var facts = facts.filter { !$0.value.isEmpty }
        facts["request"] = request.id
        if name.hasPrefix("request.") { facts["verb"] = request.verb }
        facts["label"] = request.label
        return LedgerEvent(name, subject: request.subjectRef, facts)
    }
}

extension LegalHold {
    static let columns = ["id", "subject_ref", "job", "reason", "begins", "expires", "ended"]

    var values: [Database.Value] {
        [
            .text(id), .text(subjectRef), .init(job), .text(reason), .integer(begins.milliseconds),
            .integer(expires.milliseconds), .init(ended?.milliseconds),
        ]
    }

    init?(_ row: Database.Row) {
        guard let id = row["id"].text, let reference = row["subject_ref"].text, let reason = row["reason"].text,
            let begins = Timestamp(row["begins"]), let expires = Timestamp(row["expires"])
        else { return nil }
        self.init(
            id: id, subjectRef: reference, job: row["job"].text, reason: reason, begins: begins, expires: expires)
        ended = Timestamp(row["ended"])
    }
}

extension RightsRequest {
    static let columns = [
        "id", "verb", "subject_ref", "tombstone", "label", "received", "due", "state", "closed", "result",
        "answer",
    ]

    var values: [Database.Value] {
        [
            .text(id), .text(verb), .text(subjectRef), .init(tombstone), .init(label),
            .integer(received.milliseconds), .integer(due.milliseconds), .text(state.rawValue),
            .init(closed?.milliseconds), .init(result), .init(answer),
        ]
    }

    init?(_ row: Database.Row) {
        guard let id = row["id"].text, let verb = row["verb"].text, let reference = row["subject_ref"].text,
            let received = Timestamp(row["received"]), let due = Timestamp(row["due"]),
            let state = row["state"].text.flatMap(State.init(rawValue:))
        else { return nil }
        self.init(id: id, verb: verb, subjectRef: reference, label: row["label"].text, received: received)
        self.due = due
        self.state = state
        tombstone = row["tombstone"].text
        closed = Timestamp(row["closed"])
        result = row["result"].text
        answer = row["answer"].text
    }
}
