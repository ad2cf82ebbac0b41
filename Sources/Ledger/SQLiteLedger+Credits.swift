import Documents
import Domain

extension SQLiteLedger: CreditLedger {
    package func credit(_ grant: CreditGrant) throws(LedgerError) -> CreditAnswer {
        try inBook { book throws(LedgerError) in try book.enter(grant) }
    }

    package func creditBalance(of subjectRef: String) throws(LedgerError) -> CreditBalance {
        try inBook { book throws(LedgerError) in
            try book.expire(subjectRef)
            var balance = try book.balance(of: subjectRef)
            balance.expiringNext = try book.expiringNext(of: subjectRef)
            return balance
        }
    }

    package func creditHistory(of subjectRef: String, limit: Int) throws(LedgerError) -> [CreditMovement] {
        var movements: [CreditMovement] = []
        for row in try database.rows(
            """
            SELECT m.number, m.kind, m.at, m.job, m.output, m.free, m.policy_id, m.policy_hash, e.account, e.lot,
                e.amount
            FROM (SELECT * FROM credit_movement WHERE subject_ref = ? ORDER BY number DESC LIMIT ?) m
            JOIN credit_entry e ON e.movement = m.number ORDER BY m.number DESC, e.lot, e.amount
            """, [.text(subjectRef), .init(limit)])
        {
            guard let number = row["number"].integer, let at = Timestamp(row["at"]),
                let kind = row["kind"].text.flatMap(CreditMovement.Kind.init(rawValue:)),
                let account = row["account"].text.flatMap(CreditAccount.init(rawValue:)),
                let lot = row["lot"].integer, let amount = row["amount"].integer
            else { continue }
            if movements.last?.number != number {
                movements.append(
                    CreditMovement(
                        number: number, kind: kind, at: at, job: row["job"].text,
                        output: row["output"].integer.map(Int.init), free: row["free"].integer ?? 0,
                        policyID: row["policy_id"].text ?? "", policyHash: row["policy_hash"].text ?? "", entries: []))
            }
            movements[movements.count - 1].entries.append(.init(account: account, lot: lot, amount: amount))
        }
        return movements
    }

    package func creditFaults() throws(LedgerError) -> [CreditFault] {
        try inBook { book throws(LedgerError) in try CreditAudit(database: book.database).faults() }
    }

    package func lackOfCredit(for job: JobRecord) throws(LedgerError) -> CreditLack? {
        guard job.creditsPerOutput > 0 else { return nil }
        return try inBook { book throws(LedgerError) in try book.lack(of: job) }
    }

    package func expireCredits() throws(LedgerError) -> Int64 {
        let now = try now()
        let due = "SELECT subject_ref FROM credit_lot WHERE free > 0 AND expires_at <= ? ORDER BY expires_at LIMIT 500"
        // Looked at without the write lock: nearly always there are none.
        let rows = try database.rows(due, [.integer(now.milliseconds)])
        let subjects = Set(rows.compactMap { $0["subject_ref"].text })
        guard !subjects.isEmpty else { return 0 }
        return try inBook { book throws(LedgerError) in
            var sum: Int64 = 0
            for subject in subjects { sum += try book.expire(subject) }
            return sum
        }
    }

    private func inBook<Value>(_ work: (CreditBook) throws(LedgerError) -> Value) throws(LedgerError) -> Value {
        try database.transaction { () throws(LedgerError) in
            try work(CreditBook(database: database, now: try now()))
        }
    }
}

// MARK: what a job's own writes do

extension SQLiteLedger {
    /// Within the transaction that accepts a job: reserves for all its outputs, or gives the reason to fail it for.
    func reserve(_ job: JobRecord) throws(LedgerError) -> Reason? {
        guard job.creditsPerOutput > 0, job.reason == nil, job.duplicateOf == nil else { return nil }
        return try CreditBook(database: database, now: try now()).reserve(job)?.reason
    }

    /// Within the transaction that lets a paid request leave: none does without its credits.
    func checkReserved(_ change: Change, of job: JobRecord) throws(LedgerError) {
        guard job.creditsPerOutput > 0, case .spend(let effect, within: _) = change else { return }
        let book = CreditBook(database: database, now: try now())
        if try !book.isReserved(effect.output, of: job) {
            throw .noCredit(CreditLack(free: 0, need: job.creditsPerOutput))
        }
    }

    /// Within the transaction that moves a job, after its other changes.
    func moveCredits(of job: JobRecord, by event: JobEvent?) throws(LedgerError) {
        guard job.creditsPerOutput > 0 else { return }
        let book = CreditBook(database: database, now: try now())
        switch event {
        case .settled(.done):
            let made = try outputs(of: job.id).filter { $0.state == .made }.map(\.index)
            try book.close(job, delivered: Set(made))
        // A second run that came to nothing published nothing.
        case .settled(.failed), .restored: try book.close(job, delivered: [])
        case .reopened:
            guard let lack = try book.reserve(job) else { return }
            // Somebody was faster: the job runs into its end with the next claim.
            try database.run(
                "UPDATE job SET reason = ? WHERE id = ?", [.text(lack.reason.json.compact), .text(job.id)])
        default: return
        }
    }
}
