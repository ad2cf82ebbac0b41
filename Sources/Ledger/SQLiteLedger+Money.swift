package import Domain

/// What may be spent, and which routes rest.
extension SQLiteLedger {
    // MARK: routes

    package func pauses() throws(LedgerError) -> [RoutePause] {
        try database.rows(
            "SELECT * FROM pause WHERE until IS NULL OR until > ? ORDER BY route", [.integer(try now().milliseconds)]
        ).compactMap { row in
            guard let route = row["route"].text, let since = Timestamp(row["since"]),
                let code = row["code"].text.flatMap(ReasonCode.init(rawValue:))
            else { return nil }
            return RoutePause(route: route, code: code, since: since, until: Timestamp(row["until"]))
        }
    }

    package func pause(_ route: RoutePause) throws(LedgerError) {
        try database.run(
            "INSERT OR REPLACE INTO pause (route, code, since, until) VALUES (?, ?, ?, ?)",
            [
                .text(route.route), .text(route.code.rawValue), .integer(route.since.milliseconds),
                .init(route.until?.milliseconds),
            ])
    }

    package func endPauses() throws(LedgerError) {
        let now = try now()
        try database.transaction { () throws(LedgerError) in
            try database.run(
                """
                UPDATE job SET run_after = ? WHERE state = 'waiting' AND run_after > ?
                    AND waiting IN (SELECT code FROM pause)
                """, [.integer(now.milliseconds), .integer(now.milliseconds)])
            try database.run("DELETE FROM pause", [])
        }
    }

    package func callsUnderWay() throws(LedgerError) -> [String: Int] {
        let rows = try database.rows(
            "SELECT route, count(*) AS calls FROM effect WHERE state = 'intent' GROUP BY route")
        let pairs = rows.compactMap { row in row["route"].text.map { ($0, Int(row["calls"].integer ?? 0)) } }
        return Dictionary(pairs) { first, _ in first }
    }

    // MARK: budgets

    /// Everything that is not known to be free counts, with its cost or what was set aside for it.
    private func spent(_ condition: String, _ values: [Database.Value]) throws(LedgerError) -> Int64 {
        try database.rows(
            "SELECT coalesce(sum(cost), 0) AS spent FROM effect WHERE billed <> 'no' AND \(condition)", values
        ).first?["spent"].integer ?? 0
    }

    func check(_ effect: EffectRecord, within limits: SpendLimits) throws(LedgerError) {
        func check(
            _ limit: Int64?, _ budget: SpendLimits.Budget, _ condition: String, _ values: Database.Value...
        ) throws(LedgerError) {
            // A sum of all calls of a day is made only where it is asked for.
            guard let limit, case let spent = try spent(condition, values), spent + effect.cost > limit else { return }
            throw .overBudget(budget, limit: limit, need: spent + effect.cost)
        }
        try check(limits.perJob, .perJob, "job = ?", .text(effect.job))
        try check(limits.perDay, .perDay, "day = ?", .text(effect.day))
        guard let subject = effect.subjectRef else { return }
        if let rate = limits.subjectRate, let next = try nextRequest(of: subject, at: rate) {
            throw .overRate(until: next)
        }
        try check(
            limits.perSubjectDay, .perSubjectDay, "day = ? AND subject_ref = ?", .text(effect.day), .text(subject))
    }

    package func nextRequest(of subjectRef: String, at rate: Rate) throws(LedgerError) -> Timestamp? {
        let now = try now()
        // The one that has to be old enough by then is the last but so many.
        let row = try database.rows(
            "SELECT sent_at FROM effect WHERE subject_ref = ? AND sent_at > ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?",
            [.text(subjectRef), .integer(now.milliseconds - rate.span.milliseconds), .init(rate.count - 1)]
        ).first
        return row.flatMap { Timestamp($0["sent_at"]) }?.after(rate.span)
    }

    package func spending(on day: String) throws(LedgerError) -> [String: Int64] {
        let rows = try database.rows(
            "SELECT route, sum(cost) AS spent FROM effect WHERE day = ? AND billed <> 'no' GROUP BY route", [.text(day)]
        )
        let pairs = rows.compactMap { row in row["route"].text.map { ($0, row["spent"].integer ?? 0) } }
        return Dictionary(pairs) { first, _ in first }
    }
}
