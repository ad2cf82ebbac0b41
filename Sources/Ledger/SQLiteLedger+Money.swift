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
        for pause in try pauses() where pause.endsWithRestart { try endPause(of: pause.route) }
    }

    @discardableResult
    package func endPause(of route: String) throws(LedgerError) -> RoutePause? {
        guard let pause = try pauses().first(where: { $0.route == route }) else { return nil }
        let now = try now()
        try database.transaction { () throws(LedgerError) in
            try database.run(
                """
                UPDATE job SET run_after = ? WHERE state = 'waiting' AND run_after > ? AND waiting = ?
                """, [.integer(now.milliseconds), .integer(now.milliseconds), .text(pause.code.rawValue)])
            try database.run("DELETE FROM pause WHERE route = ?", [.text(route)])
        }
        return pause
    }

    package func callsUnderWay() throws(LedgerError) -> [String: Int] {
        let rows = try database.rows(
            "SELECT route, count(*) AS calls FROM effect WHERE state = 'intent' GROUP BY route")
        let pairs = rows.compactMap { row in row["route"].text.map { ($0, Int(row["calls"].integer ?? 0)) } }
        return Dictionary(pairs) { first, _ in first }
    }

    // MARK: budgets

    /// A row of an earlier version may hold a cost that no call can have had: no sum overflows, and none falls below zero.
    private static let boundedCost = "min(max(cost, 0), \(EffectRecord.mostCost))"

    /// Everything that is not known to be free counts, with its cost or what was set aside for it.
    private func spent(_ condition: String, _ values: [Database.Value]) throws(LedgerError) -> Int64 {
        try database.rows(
            "SELECT coalesce(sum(\(Self.boundedCost)), 0) AS spent FROM effect WHERE billed <> 'no' AND \(condition)",
            values
        ).first?["spent"].integer ?? 0
    }

    func check(_ effect: EffectRecord, within limits: SpendLimits) throws(LedgerError) {
        func check(
            _ limit: Int64?, _ budget: SpendLimits.Budget, _ condition: String, _ values: Database.Value...
        ) throws(LedgerError) {
            // A sum of all calls of a day is made only where it is asked for.
            guard let limit else { return }
            let (need, overflow) = try spent(condition, values).addingReportingOverflow(max(0, effect.cost))
            guard overflow || need > limit else { return }
            throw .overBudget(budget, limit: limit, need: overflow ? .max : need)
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
            "SELECT route, sum(\(Self.boundedCost)) AS spent FROM effect WHERE day = ? AND billed <> 'no' GROUP BY route",
            [.text(day)])
        let pairs = rows.compactMap { row in row["route"].text.map { ($0, row["spent"].integer ?? 0) } }
        return Dictionary(pairs) { first, _ in first }
    }

    // MARK: days

    package func budgetDay() throws(LedgerError) -> BudgetDay {
        let now = try now()
        return try begunDay(now) ?? BudgetDay(wall: timekeeper.wall(), age: now)
    }

    /// The day that was begun and is not over.
    private func begunDay(_ now: Timestamp) throws(LedgerError) -> BudgetDay? {
        guard let row = try database.rows("SELECT day, until FROM budget_day").first, let day = row["day"].text,
            let end = Timestamp(row["until"]), now < end
        else { return nil }
        return BudgetDay(day: day, end: end)
    }

    /// The request as one of a day, and that day written down: it lasts from its first request.
    func dated(_ effect: EffectRecord) throws(LedgerError) -> EffectRecord {
        let day = try budgetDay()
        if try begunDay(now()) == nil {
            try database.run(
                "INSERT OR REPLACE INTO budget_day (one, day, until) VALUES (1, ?, ?)",
                [.text(day.day), .integer(day.end.milliseconds)])
        }
        var effect = effect
        if effect.day.isEmpty { effect.day = day.day }
        return effect
    }
}
