package import Domain

/// Credits of subjects: lots with an expiry, kept by double entry in whole numbers.
///
/// What belongs to jobs happens inside the job's own writes (`JobLedger`): a job that is accepted or reopened reserves,
/// one that settles turns the reservations of what it delivered into spent credits and releases the others.
package protocol CreditLedger: Sendable {
    /// Gives credits, or takes them back where the amount is negative; once for each key.
    func credit(_ grant: CreditGrant) async throws(LedgerError) -> CreditAnswer
    /// What a subject has; nothing but zeros for one that never had any.
    func creditBalance(of subjectRef: String) async throws(LedgerError) -> CreditBalance
    /// Newest first.
    func creditHistory(of subjectRef: String, limit: Int) async throws(LedgerError) -> [CreditMovement]
    /// Everything that does not add up; reads every entry.
    func creditFaults() async throws(LedgerError) -> [CreditFault]
}

/// Credits that an operator gives to a subject, or a correction of what was given.
package struct CreditGrant: Sendable, Hashable {
    package var subjectRef: String
    /// Negative takes back, from what expires first.
    package var amount: Int64
    /// Nil never expires.
    package var expiresAt: Timestamp?
    /// What makes a repetition cost nothing.
    package var key: String
    /// The policy that it was given under.
    package var policyID: String
    package var policyHash: String

    package init(
        subjectRef: String, amount: Int64, expiresAt: Timestamp?, key: String, policy: (id: String, hash: String)
    ) {
        self.subjectRef = subjectRef
        self.amount = amount
        self.expiresAt = expiresAt
        self.key = key
        self.policyID = policy.id
        self.policyHash = policy.hash
    }

    /// Most credits that one grant gives or takes.
    package static let most: Int64 = 1_000_000_000
    /// Most credits that one subject may have been given.
    package static let mostOfSubject: Int64 = 1_000_000_000_000
}

/// What became of a grant.
package enum CreditAnswer: Sendable, Hashable {
    case entered
    /// The same was entered before under this key.
    case repeated
    /// Something else was entered under this key.
    case keyTaken
    /// A correction may take no more than what is free.
    case moreThanFree(Int64)
    /// More than `CreditGrant.mostOfSubject`.
    case tooMany
}

/// What a subject has, had and used.
package struct CreditBalance: Sendable, Hashable {
    package var free: Int64 = 0
    /// Set aside for outputs that are being made.
    package var reserved: Int64 = 0
    package var spent: Int64 = 0
    package var expired: Int64 = 0
    /// Free credits that expire first, and when; nil where none do.
    package var expiringNext: Expiry?

    package struct Expiry: Sendable, Hashable {
        package var amount: Int64
        package var at: Timestamp
    }

    package init() {}
}

/// One transaction of the book: entries that sum to zero.
package struct CreditMovement: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case credit, correct, reserve, settle, release, expire
    }

    package struct Entry: Sendable, Hashable {
        package var account: CreditAccount
        package var lot: Int64
        package var amount: Int64
    }

    package var number: Int64
    package var kind: Kind
    package var at: Timestamp
    package var job: String?
    package var output: Int?
    /// Free credits afterwards.
    package var free: Int64
    package var policyID: String
    package var policyHash: String
    package var entries: [Entry]

    /// How many credits it moved.
    package var amount: Int64 { entries.reduce(0) { $0 + max(0, $1.amount) } }
}

/// The accounts of the book. `issued` is the other side of everything: it is what was given, as a negative number.
package enum CreditAccount: String, Sendable, CaseIterable {
    case issued, free, reserved, spent, expired
}

/// Too few free credits for what a job asks.
package struct CreditLack: Sendable, Hashable {
    package var free: Int64
    package var need: Int64

    package init(free: Int64, need: Int64) {
        self.free = free
        self.need = need
    }

    package var reason: Reason {
        Reason(
            .noCredit, "the subject's free credits do not reach for the job", limit: String(free),
            value: String(need), hint: "darkroom account credit gives more, then darkroom retry runs the job")
    }
}

/// Something in the book of credits that does not add up.
package enum CreditFault: Sendable, Hashable, CustomStringConvertible {
    case unbalanced(movement: Int64, sum: Int64)
    case wrongTotal(Int64)
    case negativeLot(Int64)
    /// A lot's free credits are not what its entries say.
    case wrongLot(Int64)
    /// A subject's running balance is not what the entries say; named by the start of its keyed hash.
    case wrongBalance(subject: String)
    /// What is reserved is not what open reservations hold.
    case wrongReserved(subject: String)
    /// Credits are reserved for a job that has settled, or is gone.
    case strayReservation(job: String, output: Int)
    /// An output was delivered and its credits were not taken.
    case notTaken(job: String, output: Int)

    package var description: String {
        switch self {
        case .unbalanced(let movement, let sum): "movement \(movement) sums to \(sum), not to 0"
        case .wrongTotal(let sum): "all entries sum to \(sum), not to 0"
        case .negativeLot(let lot): "lot \(lot) has less than nothing"
        case .wrongLot(let lot): "the free credits of lot \(lot) are not what its entries say"
        case .wrongBalance(let subject): "the balance of subject \(subject)… is not what its entries say"
        case .wrongReserved(let subject): "what subject \(subject)… has reserved is not what its jobs hold"
        case .strayReservation(let job, let output):
            "credits are reserved for output \(output) of job \(job), which is not under way"
        case .notTaken(let job, let output): "output \(output) of job \(job) was delivered without its credits"
        }
    }
}
