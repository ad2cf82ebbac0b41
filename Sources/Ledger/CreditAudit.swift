/// Reads the whole book of credits and names what does not add up. Nothing is mended here.
struct CreditAudit {
    let database: Database

    func faults() throws(LedgerError) -> [CreditFault] {
        try entries() + lots() + balances() + reservations()
    }

    private func entries() throws(LedgerError) -> [CreditFault] {
        var faults: [CreditFault] = []
        let total = try database.rows("SELECT coalesce(sum(amount), 0) AS total FROM credit_entry").first
        if let sum = total?["total"].integer, sum != 0 { faults.append(.wrongTotal(sum)) }
        let unbalanced = "SELECT movement, sum(amount) AS sum FROM credit_entry GROUP BY movement HAVING sum <> 0"
        for row in try database.rows(unbalanced) {
            faults.append(.unbalanced(movement: row["movement"].integer ?? 0, sum: row["sum"].integer ?? 0))
        }
        return faults
    }

    private func lots() throws(LedgerError) -> [CreditFault] {
        try database.rows(
            """
            SELECT l.number, l.free, coalesce(e.free, 0) AS entered, coalesce(e.least, 0) AS least FROM credit_lot l
            LEFT JOIN (
                SELECT lot, sum(CASE WHEN account = 'free' THEN amount ELSE 0 END) AS free,
                    min(0, sum(CASE WHEN account = 'reserved' THEN amount ELSE 0 END)) AS least
                FROM credit_entry GROUP BY lot) e ON e.lot = l.number
            WHERE l.free < 0 OR least < 0 OR l.free <> entered
            """
        ).map { row in
            let lot = row["number"].integer ?? 0
            let isNegative = (row["free"].integer ?? 0) < 0 || (row["least"].integer ?? 0) < 0
            return isNegative ? .negativeLot(lot) : .wrongLot(lot)
        }
    }

    /// Running balances against entries and against open reservations.
    private func balances() throws(LedgerError) -> [CreditFault] {
        let wrong = try database.rows(
            """
            SELECT a.subject_ref FROM credit_account a LEFT JOIN (
                SELECT m.subject_ref, sum(CASE account WHEN 'free' THEN amount ELSE 0 END) AS free,
                    sum(CASE account WHEN 'reserved' THEN amount ELSE 0 END) AS reserved,
                    sum(CASE account WHEN 'spent' THEN amount ELSE 0 END) AS spent,
                    sum(CASE account WHEN 'expired' THEN amount ELSE 0 END) AS expired
                FROM credit_entry JOIN credit_movement m ON m.number = movement GROUP BY m.subject_ref
            ) e ON e.subject_ref = a.subject_ref
            WHERE (a.free, a.reserved, a.spent, a.expired) IS NOT (e.free, e.reserved, e.spent, e.expired)
            """)
        let unheld = try database.rows(
            """
            SELECT a.subject_ref FROM credit_account a LEFT JOIN (
                SELECT subject_ref, sum(amount) AS held FROM credit_hold WHERE state = 'open' GROUP BY subject_ref
            ) h ON h.subject_ref = a.subject_ref
            WHERE a.reserved <> coalesce(h.held, 0)
            """)
        func name(_ row: Database.Row) -> String { String((row["subject_ref"].text ?? "").prefix(8)) }
        return wrong.map { .wrongBalance(subject: name($0)) } + unheld.map { .wrongReserved(subject: name($0)) }
    }

    private func reservations() throws(LedgerError) -> [CreditFault] {
        let stray = try database.rows(
            """
            SELECT DISTINCT h.job, h.output FROM credit_hold h LEFT JOIN job j ON j.id = h.job
            WHERE h.state = 'open' AND coalesce(j.state, 'failed') IN ('done', 'failed') ORDER BY h.job, h.output
            """)
        // Of a job that ran twice a delivered output may be one that its second run made and did not publish.
        let notTaken = try database.rows(
            """
            SELECT j.id AS job, o.position AS output FROM job j JOIN output o ON o.job = j.id AND o.state = 'made'
            WHERE j.state = 'done' AND j.credits > 0 AND j.duplicate_of IS NULL AND j.reopened = 0
                AND NOT EXISTS (
                    SELECT 1 FROM credit_hold h
                    WHERE h.job = j.id AND h.output = o.position AND h.state = 'settled')
            ORDER BY j.id, o.position
            """)
        func place(_ row: Database.Row) -> (String, Int) { (row["job"].text ?? "", Int(row["output"].integer ?? 0)) }
        return stray.map(place).map { .strayReservation(job: $0.0, output: $0.1) }
            + notTaken.map(place).map { .notTaken(job: $0.0, output: $0.1) }
    }
}
