import Domain

/// The book of credits, inside the caller's transaction: every movement's entries, lots and running balances together.
///
/// A reservation that is settled is never made again (`credit_hold`), and the key of each movement stands once: nothing
/// is charged twice, whatever runs twice.
struct CreditBook {
    let database: Database
    /// The age clock's moment, on which lots expire.
    let now: Timestamp

    /// `expires_at` of a lot that never expires: the index stays in the order in which lots are used.
    static let never = Int64.max

    /// Credits of one lot from one account to another.
    private struct Transfer {
        let lot: Int64
        let amount: Int64
        let from: CreditAccount
        let to: CreditAccount
    }

    /// What a movement is about.
    private struct Subject {
        let reference: String
        let policyID: String
        let policyHash: String
        var job: String?
        var output: Int?
    }

    // MARK: by hand

    func enter(_ grant: CreditGrant) throws(LedgerError) -> CreditAnswer {
        let key = "account/" + grant.key
        if let known = try database.rows(
            """
            SELECT m.subject_ref, sum(e.amount) AS given FROM credit_movement m
            JOIN credit_entry e ON e.movement = m.number AND e.account = 'free' WHERE m.key = ?
            """, [.text(key)]
        ).first, let subject = known["subject_ref"].text {
            let isSame = subject == grant.subjectRef && known["given"].integer == grant.amount
            return isSame ? .repeated : .keyTaken
        }
        try expire(grant.subjectRef)
        let before = try balance(of: grant.subjectRef)
        let subject = Subject(
            reference: grant.subjectRef, policyID: grant.policyID, policyHash: grant.policyHash)
        guard grant.amount > 0 else {
            guard before.free >= -grant.amount else { return .moreThanFree(before.free) }
            let taken = try take(-grant.amount, of: grant.subjectRef)
            try move(
                .correct, key, subject, taken.map { Transfer(lot: $0.lot, amount: $0.amount, from: .free, to: .issued) }
            )
            return .entered
        }
        let issued = before.free + before.reserved + before.spent + before.expired
        guard issued + grant.amount <= CreditGrant.mostOfSubject else { return .tooMany }
        let lot = try database.rows(
            "INSERT INTO credit_lot (subject_ref, free, expires_at) VALUES (?, 0, ?) RETURNING number",
            [.text(grant.subjectRef), .integer(grant.expiresAt?.milliseconds ?? Self.never)]
        ).first?["number"].integer
        guard let lot else { throw LedgerError.storage(code: 0, doing: "make a lot of credits") }
        try move(.credit, key, subject, [Transfer(lot: lot, amount: grant.amount, from: .issued, to: .free)])
        // Given when its time is over: it never was there to be used.
        try expire(grant.subjectRef)
        return .entered
    }

    // MARK: jobs

    /// Reserves for every output that is neither reserved nor delivered; all of them or, for want of credits, none.
    func reserve(_ job: JobRecord) throws(LedgerError) -> CreditLack? {
        guard let subject = job.subjectRef else { return nil }
        let closed = try lacking(job)
        guard !closed.isEmpty else { return nil }
        if let lack = try lack(of: job) { return lack }
        for output in closed {
            let attempt =
                try database.rows(
                    "SELECT coalesce(max(attempt), 0) + 1 AS attempt FROM credit_hold WHERE job = ? AND output = ?",
                    [.text(job.id), .init(output)]
                ).first?["attempt"].integer ?? 1
            try database.run(
                "DELETE FROM credit_hold WHERE job = ? AND output = ?", [.text(job.id), .init(output)])
            let taken = try take(job.creditsPerOutput, of: subject)
            for part in taken {
                try database.run(
                    """
                    INSERT INTO credit_hold (job, output, lot, subject_ref, amount, attempt, state)
                    VALUES (?, ?, ?, ?, ?, ?, 'open')
                    """,
                    [
                        .text(job.id), .init(output), .integer(part.lot), .text(subject), .integer(part.amount),
                        .integer(attempt),
                    ])
            }
            try move(
                .reserve, "reserve/\(job.id)/\(output)/\(attempt)", about(job, output),
                taken.map { Transfer(lot: $0.lot, amount: $0.amount, from: .free, to: .reserved) })
        }
        return nil
    }

    /// What is missing for `reserve`; nil where nothing is.
    func lack(of job: JobRecord) throws(LedgerError) -> CreditLack? {
        guard let subject = job.subjectRef else { return nil }
        try expire(subject)
        let need = Int64(try lacking(job).count) * job.creditsPerOutput
        let free = try balance(of: subject).free
        return free < need ? CreditLack(free: free, need: need) : nil
    }

    /// Ends every open reservation of a job: of the outputs it delivered they are spent, of the others free again.
    func close(_ job: JobRecord, delivered: Set<Int>) throws(LedgerError) {
        let rows = try database.rows(
            """
            SELECT h.output, h.lot, h.amount, h.attempt, l.expires_at FROM credit_hold h
            JOIN credit_lot l ON l.number = h.lot WHERE h.job = ? AND h.state = 'open' ORDER BY h.output, h.lot
            """, [.text(job.id)])
        var parts: [Int: [(lot: Int64, amount: Int64, isOver: Bool, attempt: Int64)]] = [:]
        for row in rows {
            guard let output = row["output"].integer, let lot = row["lot"].integer,
                let amount = row["amount"].integer
            else { continue }
            let isOver = (row["expires_at"].integer ?? Self.never) <= now.milliseconds
            parts[Int(output), default: []].append((lot, amount, isOver, row["attempt"].integer ?? 1))
        }
        for (output, held) in parts.sorted(by: { $0.key < $1.key }) {
            let isSpent = delivered.contains(output)
            let attempt = held.first?.attempt ?? 1
            try move(
                isSpent ? .settle : .release,
                isSpent ? "settle/\(job.id)/\(output)" : "release/\(job.id)/\(output)/\(attempt)", about(job, output),
                held.map { part in
                    let back: CreditAccount = part.isOver ? .expired : .free
                    return Transfer(lot: part.lot, amount: part.amount, from: .reserved, to: isSpent ? .spent : back)
                })
            try database.run(
                "UPDATE credit_hold SET state = ? WHERE job = ? AND output = ?",
                [.text(isSpent ? "settled" : "released"), .text(job.id), .init(output)])
        }
    }

    /// Whether an output's credits are reserved, so that it may be paid for.
    func isReserved(_ output: Int, of job: JobRecord) throws(LedgerError) -> Bool {
        try !database.rows(
            "SELECT 1 AS one FROM credit_hold WHERE job = ? AND output = ? AND state = 'open' LIMIT 1",
            [.text(job.id), .init(output)]
        ).isEmpty
    }

    private func about(_ job: JobRecord, _ output: Int) -> Subject {
        Subject(
            reference: job.subjectRef ?? "", policyID: job.profileID, policyHash: job.profileHash, job: job.id,
            output: output)
    }

    /// Outputs without a reservation that is open or was settled.
    private func lacking(_ job: JobRecord) throws(LedgerError) -> [Int] {
        let rows = try database.rows(
            "SELECT DISTINCT output FROM credit_hold WHERE job = ? AND state <> 'released'", [.text(job.id)])
        let held = Set(rows.compactMap { $0["output"].integer.map(Int.init) })
        return (1...max(1, job.count)).filter { !held.contains($0) }
    }

    // MARK: lots

    /// Moves what is left of a subject's expired lots; how many credits that were.
    @discardableResult
    func expire(_ subject: String) throws(LedgerError) -> Int64 {
        var sum: Int64 = 0
        for row in try database.rows(
            "SELECT number, free FROM credit_lot WHERE subject_ref = ? AND free > 0 AND expires_at <= ?",
            [.text(subject), .integer(now.milliseconds)])
        {
            guard let lot = row["number"].integer, let free = row["free"].integer else { continue }
            try move(
                .expire, "expire/\(lot)/\(now.milliseconds)", Subject(reference: subject, policyID: "", policyHash: ""),
                [Transfer(lot: lot, amount: free, from: .free, to: .expired)])
            sum += free
        }
        return sum
    }

    /// Which lots give `amount`: the one that expires first gives first. The free credits were counted before.
    private func take(_ amount: Int64, of subject: String) throws(LedgerError) -> [(lot: Int64, amount: Int64)] {
        var taken: [(lot: Int64, amount: Int64)] = []
        var rest = amount
        var before: (expiry: Int64, lot: Int64) = (.min, .min)
        while rest > 0 {
            let row = try database.rows(
                """
                SELECT number, free, expires_at FROM credit_lot
                WHERE subject_ref = ? AND free > 0 AND (expires_at, number) > (?, ?)
                ORDER BY expires_at, number LIMIT 1
                """, [.text(subject), .integer(before.expiry), .integer(before.lot)]
            ).first
            guard let lot = row?["number"].integer, let free = row?["free"].integer,
                let expiry = row?["expires_at"].integer
            else { throw LedgerError.storage(code: 0, doing: "find the lots that a balance counts") }
            taken.append((lot, min(free, rest)))
            rest -= min(free, rest)
            before = (expiry, lot)
        }
        return taken
    }

    // MARK: entries

    /// Writes one movement. Both sides of every transfer are written here and nowhere else.
    private func move(
        _ kind: CreditMovement.Kind, _ key: String, _ subject: Subject, _ transfers: [Transfer]
    ) throws(LedgerError) {
        var change: [CreditAccount: Int64] = [:]
        for transfer in transfers {
            change[transfer.from, default: 0] -= transfer.amount
            change[transfer.to, default: 0] += transfer.amount
            let free = (transfer.to == .free ? 1 : 0) - (transfer.from == .free ? 1 : 0)
            try database.run(
                "UPDATE credit_lot SET free = free + ? WHERE number = ?",
                [.integer(Int64(free) * transfer.amount), .integer(transfer.lot)])
        }
        try database.run(
            """
            INSERT INTO credit_account (subject_ref, free, reserved, spent, expired) VALUES (?, 0, 0, 0, 0)
            ON CONFLICT DO NOTHING
            """, [.text(subject.reference)])
        let after = try database.rows(
            """
            UPDATE credit_account
            SET free = free + ?, reserved = reserved + ?, spent = spent + ?, expired = expired + ?
            WHERE subject_ref = ? RETURNING free
            """,
            [CreditAccount.free, .reserved, .spent, .expired].map { .integer(change[$0] ?? 0) }
                + [.text(subject.reference)]
        ).first?["free"].integer
        let number = try database.rows(
            """
            INSERT INTO credit_movement (key, kind, subject_ref, at, job, output, free, policy_id, policy_hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number
            """,
            [
                .text(key), .text(kind.rawValue), .text(subject.reference), .integer(now.milliseconds),
                .init(subject.job), .init(subject.output), .init(after), .text(subject.policyID),
                .text(subject.policyHash),
            ]
        ).first?["number"].integer
        for transfer in transfers {
            for (account, amount) in [(transfer.from, -transfer.amount), (transfer.to, transfer.amount)] {
                try database.run(
                    "INSERT INTO credit_entry (movement, account, lot, amount) VALUES (?, ?, ?, ?)",
                    [.init(number), .text(account.rawValue), .integer(transfer.lot), .integer(amount)])
            }
        }
    }

    func balance(of subject: String) throws(LedgerError) -> CreditBalance {
        var balance = CreditBalance()
        guard
            let row = try database.rows("SELECT * FROM credit_account WHERE subject_ref = ?", [.text(subject)]).first
        else { return balance }
        balance.free = row["free"].integer ?? 0
        balance.reserved = row["reserved"].integer ?? 0
        balance.spent = row["spent"].integer ?? 0
        balance.expired = row["expired"].integer ?? 0
        return balance
    }

    /// Free credits that expire first.
    func expiringNext(of subject: String) throws(LedgerError) -> CreditBalance.Expiry? {
        let row = try database.rows(
            """
            SELECT expires_at, sum(free) AS free FROM credit_lot WHERE subject_ref = ? AND free > 0 AND expires_at < ?
            GROUP BY expires_at ORDER BY expires_at LIMIT 1
            """, [.text(subject), .integer(Self.never)]
        ).first
        guard let row, let at = Timestamp(row["expires_at"]), let free = row["free"].integer else { return nil }
        return CreditBalance.Expiry(amount: free, at: at)
    }
}
