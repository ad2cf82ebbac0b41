import Documents
package import Domain

/// What is kept, until when, and what happened.
extension SQLiteLedger {
    // MARK: retention

    package func inputsDue(limit: Int) throws(LedgerError) -> [JobRecord] {
        try database.rows(
            """
            SELECT * FROM job WHERE inputs_deleted_at IS NULL AND inputs_delete_by <= ?
            ORDER BY inputs_delete_by LIMIT ?
            """, [.integer(try now().milliseconds), .init(limit)]
        ).compactMap(JobRecord.init)
    }

    package func outputsDue(limit: Int) throws(LedgerError) -> [OutputRecord] {
        try database.rows(
            """
            SELECT * FROM output WHERE expires_at IS NOT NULL AND deleted_at IS NULL AND expires_at <= ?1
                AND \(Self.mayGo)
            ORDER BY expires_at LIMIT ?2
            """, [.integer(try now().milliseconds), .init(limit)]
        ).compactMap(OutputRecord.init)
    }

    package func outputsDeleted(_ outputs: [OutputRecord], found: Bool) throws(LedgerError) -> [LedgerEvent] {
        let now = try now()
        var events: [LedgerEvent] = []
        try change(outputs, "deleted_at = ?", .integer(now.milliseconds)) { () throws(LedgerError) in
            for output in outputs {
                if let event = try expiry(of: output) { events.append(event) }
                events.append(.deleted(output, at: now, found: found))
                try checkPlan(of: output.job)
            }
            for event in events { try note(event) }
            // A folder without a picture goes with the last one: that is no delivery.
            for job in Set(outputs.map(\.job)) {
                try database.run(
                    """
                    DELETE FROM publication WHERE job = ? AND NOT EXISTS (
                        SELECT 1 FROM output WHERE output.job = publication.job AND file IS NOT NULL AND deleted_at IS NULL)
                    """, [.text(job)])
            }
        }
        return events
    }

    /// What is said of an output whose time is over; nil where somebody had it deleted.
    private func expiry(of output: OutputRecord) throws(LedgerError) -> LedgerEvent? {
        let row = try database.rows(
            "SELECT rule, expires_at FROM output WHERE job = ? AND position = ?",
            [.text(output.job), .init(output.index)]
        ).first
        let rule = row?["rule"].text.flatMap(ExpiryRule.init(rawValue:)) ?? .time
        guard rule != .deleted, row?["expires_at"].integer != nil else { return nil }
        return LedgerEvent(
            "output.expired", job: output.job, ["output": String(output.index), "rule": rule.rawValue])
    }

    package func keepOutputs(_ outputs: [OutputRecord]) throws(LedgerError) {
        try change(outputs, "saved = ?, expires_at = NULL, rule = NULL, tell_at = NULL", .integer(1)) {
            () throws(LedgerError) in
            for output in outputs { try checkPlan(of: output.job) }
        }
    }

    package func expireOutputs(_ outputs: [OutputRecord]) throws(LedgerError) {
        try change(outputs, "expires_at = ?, rule = 'deleted', tell_at = NULL", .integer(try now().milliseconds))
    }

    private func change(
        _ outputs: [OutputRecord], _ how: String, _ value: Database.Value,
        and more: () throws(LedgerError) -> Void = {}
    ) throws(LedgerError) {
        try database.transaction { () throws(LedgerError) in
            for output in outputs {
                try database.run(
                    "UPDATE output SET \(how) WHERE job = ? AND position = ?",
                    [value, .text(output.job), .init(output.index)])
            }
            try more()
        }
    }

    package func retention() throws(LedgerError) -> RetentionState {
        let now = try now()
        let row = try database.rows(
            """
            SELECT count(*) AS holding, min(inputs_delete_by) AS first,
                min(CASE WHEN inputs_delete_by > ? THEN inputs_delete_by END) AS next
            FROM job WHERE inputs_deleted_at IS NULL
            """, [.integer(now.milliseconds)]
        ).first
        let first = row.flatMap { Timestamp($0["first"]) }
        return RetentionState(
            nextDeadline: row.flatMap { Timestamp($0["next"]) }, holding: Int(row?["holding"].integer ?? 0),
            oldestOverdue: first.flatMap { $0 <= now ? $0 : nil })
    }

    // MARK: events and secrets

    package func record(_ event: LedgerEvent) async throws(LedgerError) {
        try await commit { [self] () throws(LedgerError) in try note(event) }
    }

    package func events(of job: String) throws(LedgerError) -> [(at: Timestamp, event: LedgerEvent)] {
        try database.rows("SELECT * FROM event WHERE job = ? ORDER BY number", [.text(job)]).compactMap { row in
            guard let at = Timestamp(row["wall"]), let name = row["name"].text, let facts = row["facts"].text,
                let members = (try? JSONParser.parse(facts))?.members
            else { return nil }
            let pairs = members.compactMap { member in member.value.string.map { (member.key, $0) } }
            return (at, LedgerEvent(name, job: job, Dictionary(pairs) { first, _ in first }))
        }
    }

    package func installationSecret(
        _ name: String, make: @Sendable () -> [UInt8]
    ) throws(LedgerError) -> [UInt8] {
        try database.transaction { () throws(LedgerError) in
            if let value = try database.rows("SELECT value FROM secret WHERE name = ?", [.text(name)]).first,
                let bytes = value["value"].bytes
            {
                return bytes
            }
            let made = make()
            try database.run("INSERT INTO secret (name, value) VALUES (?, ?)", [.text(name), .bytes(made)])
            return made
        }
    }
}
