import Domain
import Ledger
import Synchronization

/// A real ledger whose process dies at the n-th write: before it, or when it is durable. After that nothing is done.
final class DyingLedger: JobLedger {
    struct Death: Sendable, Hashable, CustomStringConvertible {
        var write: Int
        var isAfter: Bool
        var description: String { "\(isAfter ? "after" : "before") write \(write)" }
    }

    static let killed = LedgerError.storage(code: -9, doing: "go on: the process is dead")
    private let real: SQLiteLedger
    private let death: Death?
    private let state = Mutex((writes: 0, isDead: false))

    init(_ real: SQLiteLedger, dying death: Death?) {
        self.real = real
        self.death = death
    }

    var isDead: Bool { state.withLock { $0.isDead } }

    func write(_ hold: Hold, _ event: JobEvent?, _ changes: [Change]) async throws(LedgerError) -> JobRecord {
        let number = state.withLock { state in
            state.writes += 1
            return state.writes
        }
        if death == Death(write: number, isAfter: false) { state.withLock { $0.isDead = true } }
        try live()
        let job = try await real.write(hold, event, changes)
        if death == Death(write: number, isAfter: true) { state.withLock { $0.isDead = true } }
        try live()
        return job
    }

    private func live() throws(LedgerError) { if isDead { throw Self.killed } }

    func now() async throws(LedgerError) -> Timestamp {
        try live()
        return try await real.now()
    }
    func accept(_ job: JobRecord, blobs: [BlobRecord]) async throws(LedgerError) -> Acceptance {
        try await real.accept(job, blobs: blobs)
    }
    func claimTokens(
        startingWith prefix: String, after last: String, limit: Int
    ) async throws(LedgerError) -> [String] {
        try await real.claimTokens(startingWith: prefix, after: last, limit: limit)
    }
    func claimSuspect(for owner: String, lease: Span) async throws(LedgerError) -> JobRecord? {
        try await real.claimSuspect(for: owner, lease: lease)
    }
    func suspects(ofDeaths least: Int) async throws(LedgerError) -> [String] {
        try await real.suspects(ofDeaths: least)
    }
    func outOfReach() async throws(LedgerError) -> Set<String> { try await real.outOfReach() }
    func waits() async throws(LedgerError) -> [WaitGroup] { try await real.waits() }
    func deadlines(limit: Int) async throws(LedgerError) -> [Deadline] { try await real.deadlines(limit: limit) }
    func outputsToLookAt(of job: String?, limit: Int) async throws(LedgerError) -> [OutputRecord] {
        try await real.outputsToLookAt(of: job, limit: limit)
    }
    func settled(since moment: Timestamp) async throws(LedgerError) -> [SettledGroup] {
        try await real.settled(since: moment)
    }
    func aheadAtPace(of job: JobRecord) async throws(LedgerError) -> Int { try await real.aheadAtPace(of: job) }
    func nextRequest(of subjectRef: String, at rate: Rate) async throws(LedgerError) -> Timestamp? {
        try await real.nextRequest(of: subjectRef, at: rate)
    }
    func touch() async throws(LedgerError) { try await real.touch() }
    func uncounted() async throws(LedgerError) -> [String] { try await real.uncounted() }
    func forget(settledBefore moment: Timestamp) async throws(LedgerError) -> Int {
        try await real.forget(settledBefore: moment)
    }
    func loads() async throws(LedgerError) -> [String: RouteLoad] { try await real.loads() }
    func openCounts() async throws(LedgerError) -> [JobState: Int] { try await real.openCounts() }
    func job(_ id: String) async throws(LedgerError) -> JobRecord? { try await real.job(id) }
    func jobs(_ filter: JobFilter) async throws(LedgerError) -> [JobRecord] { try await real.jobs(filter) }
    func jobIDs(_ filter: JobFilter) async throws(LedgerError) -> [String] { try await real.jobIDs(filter) }
    func counts(of filter: JobFilter) async throws(LedgerError) -> [JobState: Int] {
        try await real.counts(of: filter)
    }
    func spent(on jobs: [String]) async throws(LedgerError) -> Int64 { try await real.spent(on: jobs) }
    func batches(named name: String?) async throws(LedgerError) -> [BatchID] {
        try await real.batches(named: name)
    }
    func outputs(of job: String) async throws(LedgerError) -> [OutputRecord] { try await real.outputs(of: job) }
    func effects(of job: String) async throws(LedgerError) -> [EffectRecord] { try await real.effects(of: job) }
    func blobs(of job: String) async throws(LedgerError) -> [BlobRecord] { try await real.blobs(of: job) }
    func events(of job: String) async throws(LedgerError) -> [(at: Timestamp, event: LedgerEvent)] {
        try await real.events(of: job)
    }
    func pauses() async throws(LedgerError) -> [RoutePause] { try await real.pauses() }
    func pause(_ route: RoutePause) async throws(LedgerError) { try await real.pause(route) }
    func endPauses() async throws(LedgerError) { try await real.endPauses() }
    func endPause(of route: String) async throws(LedgerError) -> RoutePause? { try await real.endPause(of: route) }
    func budgetDay() async throws(LedgerError) -> BudgetDay { try await real.budgetDay() }
    func callsUnderWay() async throws(LedgerError) -> [String: Int] { try await real.callsUnderWay() }
    func spending(on day: String) async throws(LedgerError) -> [String: Int64] { try await real.spending(on: day) }
    func unknownBlobs(among ids: [String]) async throws(LedgerError) -> Set<String> {
        try await real.unknownBlobs(among: ids)
    }
    func unusedKeys(among keys: [String]) async throws(LedgerError) -> Set<String> {
        try await real.unusedKeys(among: keys)
    }
    func counts() async throws(LedgerError) -> [JobState: Int] { try await real.counts() }
    func claim(_ limit: Int, for owner: String, lease: Span) async throws(LedgerError) -> [JobRecord] {
        try await real.claim(limit, for: owner, lease: lease)
    }
    func seize(_ job: String, for owner: String, from states: [JobState]) async throws(LedgerError) -> JobRecord? {
        try await real.seize(job, for: owner, from: states)
    }
    func freeAll(but owner: String) async throws(LedgerError) -> Int { try await real.freeAll(but: owner) }
    func release(_ hold: Hold) async throws(LedgerError) { try await real.release(hold) }
    func nextWake() async throws(LedgerError) -> Timestamp? { try await real.nextWake() }
    func inputsDue(limit: Int) async throws(LedgerError) -> [JobRecord] { try await real.inputsDue(limit: limit) }
    func outputsDue(limit: Int) async throws(LedgerError) -> [OutputRecord] { try await real.outputsDue(limit: limit) }
    func outputsDeleted(_ outputs: [OutputRecord], found: Bool) async throws(LedgerError) -> [LedgerEvent] {
        try await real.outputsDeleted(outputs, found: found)
    }
    func published(after job: String, limit: Int) async throws(LedgerError) -> [String] {
        try await real.published(after: job, limit: limit)
    }
    func delivered(_ jobs: [String]) async throws(LedgerError) -> [LedgerEvent] { try await real.delivered(jobs) }
    func keepOutputs(_ outputs: [OutputRecord]) async throws(LedgerError) { try await real.keepOutputs(outputs) }
    func expireOutputs(_ outputs: [OutputRecord]) async throws(LedgerError) { try await real.expireOutputs(outputs) }
    func retention() async throws(LedgerError) -> RetentionState { try await real.retention() }
    func lackOfCredit(for job: JobRecord) async throws(LedgerError) -> CreditLack? {
        try await real.lackOfCredit(for: job)
    }
    func holds(on job: String) async throws(LedgerError) -> [LegalHold] { try await real.holds(on: job) }
    func openRequests() async throws(LedgerError) -> [RightsRequest] { try await real.openRequests() }
    func expireCredits() async throws(LedgerError) -> Int64 { try await real.expireCredits() }
    func record(_ event: LedgerEvent) async throws(LedgerError) {
        try live()
        try await real.record(event)
    }
    func installationSecret(_ name: String, make: @Sendable () -> [UInt8]) async throws(LedgerError) -> [UInt8] {
        try await real.installationSecret(name, make: make)
    }

    func gallery(of job: String) async throws(LedgerError) -> [GalleryPicture] {
        try live()
        return try await real.gallery(of: job)
    }
    func galleryStrays(among names: [String]) async throws(LedgerError) -> Set<String> {
        try await real.galleryStrays(among: names)
    }
    func galleryPictures(after id: String, limit: Int) async throws(LedgerError) -> [GalleryPicture] {
        try await real.galleryPictures(after: id, limit: limit)
    }
    func galleryIndex(
        withdrawnAfter moment: Timestamp
    ) async throws(LedgerError) -> (pictures: [GalleryPicture], withdrawn: [GalleryTombstone]) {
        try live()
        return try await real.galleryIndex(withdrawnAfter: moment)
    }
    func withdraw(_ choice: GalleryChoice) async throws(LedgerError) -> [GalleryPicture] {
        try await real.withdraw(choice)
    }
    func forgetWithdrawn(before moment: Timestamp) async throws(LedgerError) -> Int {
        try await real.forgetWithdrawn(before: moment)
    }

    func plansToCheck(limit: Int) async throws(LedgerError) -> [(subjectRef: String, changes: Int64)] {
        try await real.plansToCheck(limit: limit)
    }
    func planShelf(of subjectRef: String) async throws(LedgerError) -> PlanShelf? {
        try await real.planShelf(of: subjectRef)
    }
    func setEnds(
        _ changes: [PlanShelf.Change], of subjectRef: String, checked mark: Int64
    ) async throws(LedgerError) -> [LedgerEvent] {
        try await real.setEnds(changes, of: subjectRef, checked: mark)
    }
    func tellOfEnds(limit: Int) async throws(LedgerError) -> [LedgerEvent] { try await real.tellOfEnds(limit: limit) }
    func deliveries(of job: String) async throws(LedgerError) -> [Delivery] { try await real.deliveries(of: job) }
    func deliveries(ofSubject subjectRef: String) async throws(LedgerError) -> [Delivery] {
        try await real.deliveries(ofSubject: subjectRef)
    }

    func galleryRefusals() async throws(LedgerError) -> [String] { try await real.galleryRefusals() }
    func mayShow(_ subjectRef: String) async throws(LedgerError) -> Bool { try await real.mayShow(subjectRef) }
    func history(of job: JobRecord) async throws(LedgerError) -> HistoryRecord? { try await real.history(of: job) }
    func history(ofSubject subjectRef: String) async throws(LedgerError) -> [HistoryRecord] {
        try await real.history(ofSubject: subjectRef)
    }
    func historyDue(limit: Int) async throws(LedgerError) -> [HistoryRecord] { try await real.historyDue(limit: limit) }
    func endHistory(_ records: [HistoryRecord]) async throws(LedgerError) -> [LedgerEvent] {
        try live()
        return try await real.endHistory(records)
    }
    func unknownDocuments(among ids: [String]) async throws(LedgerError) -> Set<String> {
        try await real.unknownDocuments(among: ids)
    }
    func allows(_ purpose: Purpose, of subjectRef: String) async throws(LedgerError) -> Bool {
        try live()
        return try await real.allows(purpose, of: subjectRef)
    }
    func consents(of subjectRef: String) async throws(LedgerError) -> [Consent] {
        try await real.consents(of: subjectRef)
    }
}
