package import Domain

/// The truth about jobs, money and deadlines. Every method is one transaction, durable when it returns.
///
/// Rows move by compare-and-set on (id, state, fence), so that a second machine, or a process that was thought dead,
/// can waste time but never publish or pay.
package protocol JobLedger: GalleryLedger, PlanLedger, HistoryLedger, SelectionLedger {
    /// The age clock: never behind what it showed before, whatever the wall clock does.
    func now() async throws(LedgerError) -> Timestamp

    /// Writes down what the age clock shows, whatever else there is to write: the ledger can be written when this returns.
    func touch() async throws(LedgerError)

    /// Takes a job in with its blobs and one pending row an output, and reserves its credits; without enough of them it
    /// is taken in with the reason `no_credit`.
    func accept(_ job: JobRecord, blobs: [BlobRecord]) async throws(LedgerError) -> Acceptance

    func job(_ id: String) async throws(LedgerError) -> JobRecord?
    func outputs(of job: String) async throws(LedgerError) -> [OutputRecord]
    func effects(of job: String) async throws(LedgerError) -> [EffectRecord]
    func blobs(of job: String) async throws(LedgerError) -> [BlobRecord]
    func events(of job: String) async throws(LedgerError) -> [(at: Timestamp, event: LedgerEvent)]
    /// Of these blobs those that belong to no job: without a row, and no answer of a request that is not closed.
    func unknownBlobs(among ids: [String]) async throws(LedgerError) -> Set<String>
    /// Of these keys those under which no blob of a job is sealed: none that is known begins with the key and `_`.
    func unusedKeys(among keys: [String]) async throws(LedgerError) -> Set<String>
    /// Tokens of jobs that begin with `prefix`, as those of a batch's lines do, in order: those behind `last`, at most `limit`.
    func claimTokens(
        startingWith prefix: String, after last: String, limit: Int
    ) async throws(LedgerError) -> [String]
    /// What lies before each route that has any.
    func loads() async throws(LedgerError) -> [String: RouteLoad]
    /// Number of jobs in each state that is not settled; it takes no longer for all that have settled.
    func openCounts() async throws(LedgerError) -> [JobState: Int]
    /// Number of jobs in each state: of all jobs there ever were, which takes time where these are many.
    func counts() async throws(LedgerError) -> [JobState: Int]

    /// Takes at most `limit` jobs that can go on: highest priority first, then by turns between subjects, then oldest first.
    func claim(_ limit: Int, for owner: String, lease: Span) async throws(LedgerError) -> [JobRecord]
    /// Takes one job in one of these states, whoever had it; nil when it is in another, or gone.
    func seize(_ job: String, for owner: String, from states: [JobState]) async throws(LedgerError) -> JobRecord?
    /// Frees every job of other owners: the caller holds the spool's lock, so they are dead. Each of these jobs has seen one death
    /// more, until it has got somewhere.
    func freeAll(but owner: String) async throws(LedgerError) -> Int
    /// Takes the job that has seen the fewest deaths of those that have seen any; nil when there is none.
    func claimSuspect(for owner: String, lease: Span) async throws(LedgerError) -> JobRecord?
    /// Open jobs that were under way at least that many times in a row when the daemon died.
    func suspects(ofDeaths least: Int) async throws(LedgerError) -> [String]
    /// Gives a job back unchanged.
    func release(_ hold: Hold) async throws(LedgerError)
    /// Earliest moment at which a waiting job may go on; nil when none waits.
    func nextWake() async throws(LedgerError) -> Timestamp?

    /// Moves the job by `event` (nil: it stays) and applies `changes`, if `hold` is still the newest.
    @discardableResult
    func write(_ hold: Hold, _ event: JobEvent?, _ changes: [Change]) async throws(LedgerError) -> JobRecord

    /// Routes that get no calls now.
    func pauses() async throws(LedgerError) -> [RoutePause]
    /// Pauses a route; an earlier pause of it gives way.
    func pause(_ route: RoutePause) async throws(LedgerError)
    /// Ends every pause but an operator's own, and lets the jobs that waited for one go on: a new start may have new keys.
    func endPauses() async throws(LedgerError)
    /// Ends the pause of one route, whatever it was for; nil where there was none.
    @discardableResult
    func endPause(of route: String) async throws(LedgerError) -> RoutePause?
    /// The day whose budget is spent now.
    func budgetDay() async throws(LedgerError) -> BudgetDay
    /// When a subject may make its next request; nil where it may at once.
    func nextRequest(of subjectRef: String, at rate: Rate) async throws(LedgerError) -> Timestamp?
    /// How many jobs of the same subject wait for its pace and go before this one.
    func aheadAtPace(of job: JobRecord) async throws(LedgerError) -> Int
    /// Requests on their way, by route.
    func callsUnderWay() async throws(LedgerError) -> [String: Int]
    /// Micro-dollars of a UTC day by route, with what is set aside for calls under way.
    func spending(on day: String) async throws(LedgerError) -> [String: Int64]

    /// Jobs whose inputs are due at the age clock's now.
    func inputsDue(limit: Int) async throws(LedgerError) -> [JobRecord]
    /// Published outputs that are due at the age clock's now.
    func outputsDue(limit: Int) async throws(LedgerError) -> [OutputRecord]
    /// Writes down that outputs were deleted, or `found` to be gone when their time was over, and gives the events that say so.
    func outputsDeleted(_ outputs: [OutputRecord], found: Bool) async throws(LedgerError) -> [LedgerEvent]
    /// Jobs whose outcome folders were published and not yet seen to be gone; in order of their ids, those after `job`.
    func published(after job: String, limit: Int) async throws(LedgerError) -> [String]
    /// Writes down that others took these outcome folders away, and gives the events that say so.
    func delivered(_ jobs: [String]) async throws(LedgerError) -> [LedgerEvent]
    /// Outputs that somebody wants kept: they are due no more.
    func keepOutputs(_ outputs: [OutputRecord]) async throws(LedgerError)
    /// Outputs that are to end: they are due now.
    func expireOutputs(_ outputs: [OutputRecord]) async throws(LedgerError)
    func retention() async throws(LedgerError) -> RetentionState
    /// What is deleted next, in that order, at most `limit`.
    func deadlines(limit: Int) async throws(LedgerError) -> [Deadline]
    /// Outputs that lie in `done/` and may be looked at, those of the newest jobs first: not those of people whose use is restricted.
    ///
    /// - Parameter job: of this job alone; nil looks at the newest few hundred.
    func outputsToLookAt(of job: String?, limit: Int) async throws(LedgerError) -> [OutputRecord]
    /// What jobs wait for, the most frequent first.
    func waits() async throws(LedgerError) -> [WaitGroup]
    /// Routes whose last requests could not be delivered: jobs wait for the next try.
    func outOfReach() async throws(LedgerError) -> Set<String>
    /// What has settled since a moment of the age clock.
    func settled(since moment: Timestamp) async throws(LedgerError) -> [SettledGroup]
    /// Forgets some jobs that settled before `moment`, by the age clock, and of which nothing is left to be deleted; how many that
    /// were, 0 when none are left. Their ids may come again, and what they paid stays in the history of credits.
    func forget(settledBefore moment: Timestamp) async throws(LedgerError) -> Int

    /// What is missing of the credits that a job would need to go on; nil where nothing is.
    func lackOfCredit(for job: JobRecord) async throws(LedgerError) -> CreditLack?
    /// Moves what is left of expired lots, some hundred at a time; how many credits that were, 0 when none are left.
    func expireCredits() async throws(LedgerError) -> Int64

    /// The legal holds that keep a job's outputs now.
    func holds(on job: String) async throws(LedgerError) -> [LegalHold]
    /// What people asked for and has not come to its end, in the order in which it is due.
    func openRequests() async throws(LedgerError) -> [RightsRequest]

    /// Subjects of whom nothing is counted: those who object to it, and those whose use is restricted.
    func uncounted() async throws(LedgerError) -> [String]

    /// The one seam that every step passes: the audit log and the register hang on it.
    func record(_ event: LedgerEvent) async throws(LedgerError)
    /// A value that belongs to this installation, made by `make` on first use.
    func installationSecret(_ name: String, make: @Sendable () -> [UInt8]) async throws(LedgerError) -> [UInt8]
}

extension JobLedger {
    /// Takes one job whoever had it; nil when it has settled or is gone.
    package func seize(_ job: String, for owner: String) async throws(LedgerError) -> JobRecord? {
        try await seize(job, for: owner, from: JobState.allCases.filter { !$0.isSettled })
    }
}

/// What the ledger could not do.
package enum LedgerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Somebody else has taken the job since.
    case lost(job: String)
    /// The state machine has no such arrow.
    case illegal(job: String, from: JobState, event: String)
    case unknownJob(String)
    /// The file was written by a newer Darkroom.
    case newer(found: Int, known: Int)
    /// A paid request would pass a budget; in micro-dollars.
    case overBudget(SpendLimits.Budget, limit: Int64, need: Int64)
    /// A subject has made as many requests as its pace allows; the next may leave then.
    case overRate(until: Timestamp)
    /// A paid request would leave without the credits of its output.
    case noCredit(CreditLack)
    /// No request leaves for a subject that is suspended, or whose data may only be stored.
    case suspended(Reason)
    case restricted(Reason)
    /// The job's subject is being erased: nothing of it comes any further.
    case erasing(job: String)
    /// No room on the disk.
    case full
    case storage(code: Int32, doing: String)
    /// A folder beside the ledger that could not be changed; `code` is `errno`.
    case disk(code: Int32, doing: String)

    package var description: String {
        switch self {
        case .lost(let job): "job \(job) was taken over by another worker"
        case .illegal(let job, let from, let event): "job \(job) is \(from.rawValue): \(event) has no place there"
        case .unknownJob(let job): "the ledger has no job \(job)"
        case .newer(let found, let known):
            "the ledger is of version \(found), this Darkroom knows \(known): install the newer Darkroom again"
        case .overRate(let until): "the subject's pace allows no request before \(until)"
        case .overBudget(let budget, let limit, let need):
            "\(budget.rawValue) is \(Money.text(limit)), and \(Money.text(need)) would be spent"
        case .noCredit(let lack): "\(lack.need) credits are needed, and \(lack.free) are free"
        case .suspended(let reason), .restricted(let reason): reason.message
        case .erasing(let job): "the subject of job \(job) is being erased"
        case .full: "the ledger's disk is full: make room on the spool's file system; nothing accepted is lost"
        case .disk(let code, let doing): "the spool's disk could not \(doing) (error \(code))"
        case .storage(let code, let doing): "the ledger could not \(doing) (SQLite code \(code))"
        }
    }
}
