import Disk
import Domain
import Intake
import Journal
import Ledger
import Pipeline
import Policies
import Providers
import Settings
import Spool
import Synchronization

/// The loop from the inbox to the ledger.
final class IntakeService: Sendable {
    /// How the inbox looked last.
    struct State: Sendable {
        var hasLooked = false
        /// Milliseconds of the monotonic clock at the last look that could be made.
        var lookedAt: Int64 = 0
        /// Arrivals that are not whole yet but soon will be.
        var settling = 0
        /// Names that are still there.
        var left = 0
        /// Names that no form explains, as many as were last spoken of.
        var strangers = 0
        /// Whether something was left only because the queue, or that of a route, was full.
        var waitsForPlaces = false
        /// Requests that lay before all routes when something was left for its route; nil where nothing was.
        var requestsAhead: Int?
        /// Why the inbox could not be listed, as it was last said.
        var trouble: String?
        /// Why nothing more is taken, as it was last said.
        var waitsFor: String?
    }

    private let stores: Stores
    private let watcher: InboxWatcher
    private let conductor: Conductor
    private let reserve: DiskReserve
    private let stopping: StopFlag
    private let claims: Claims
    private let acceptor: Acceptor
    private let batches: BatchFeed
    private let shared = Mutex(State())
    /// Claims that could not be accepted yet, for want of room.
    private let postponed = Mutex<[Claim]>([])

    /// Names that could not be taken and were said so.
    private let troubled = Mutex<Set<String>>([])
    /// What the hand-overs that wait ask for, so that each is read once.
    private let asked = Mutex<[Arrival: Admission.Request]>([:])

    init(
        _ stores: Stores, watcher: InboxWatcher, conductor: Conductor, reserve: DiskReserve, stopping: StopFlag
    ) async throws(LedgerError) {
        self.stores = stores
        self.watcher = watcher
        self.conductor = conductor
        self.reserve = reserve
        self.stopping = stopping
        let configuration = stores.configuration
        claims = Claims(spool: stores.spool, mostBytes: configuration.limits.jobBytes.bytes)
        acceptor = try await Acceptor(
            ledger: stores.ledger, blobs: stores.blobs, spool: stores.spool, claims: claims,
            recorder: stores.recorder, rules: Self.rules(configuration))
        batches = BatchFeed(
            stores, acceptor, watcher: watcher, conductor: conductor, reserve: reserve, stopping: stopping)
    }

    var state: State { shared.withLock { $0 } }

    /// Claims that an earlier run took and did not accept.
    func recover() async {
        do throws(DiskError) {
            for claim in try claims.leftOver() { await accept(claim, isNew: false) }
        } catch {
            stores.recorder.log.error("earlier claims could not be read", ["why": error.description])
        }
    }

    func run() async {
        let inbox = stores.configuration.inbox
        var survey = InboxSurvey(
            settle: inbox.settle, orphanAfter: inbox.orphanAfter, owners: inbox.allowed)
        for await _ in watcher.wakes {
            if stopping.isSet { return }
            await look(&survey)
        }
    }

    private func look(_ survey: inout InboxSurvey) async {
        await retryPostponed()
        let folder = stores.spool.inbox
        let limit = stores.configuration.limits.manifestBytes.bytes
        let before = survey
        let began = Monotonic.milliseconds()
        let findings: InboxSurvey.Findings
        do throws(DiskError) {
            (findings, survey) = try await BlockingLane.disk.run { () throws(DiskError) in
                var survey = before
                // Held open while it is looked at: nothing outside of it is, whatever takes the place of a name meanwhile.
                let inbox = try OpenFolder(folder)
                let findings = survey.survey(
                    try inbox.list().entries, now: Timestamp(milliseconds: Monotonic.milliseconds()),
                    inside: { name in (try? inbox.folder(name).list().entries) ?? [] },
                    named: { name, names in names.readOn(name, in: inbox, longest: limit) })
                return (findings, survey)
            }
        } catch {
            sayTrouble(error.description)
            return watcher.wake(within: .seconds(5))
        }
        sayTrouble(nil)
        let look = Span(milliseconds: Monotonic.milliseconds() - began)
        var room = await openPlaces()
        var admission = await admission(for: findings.arrivals.count + batches.count)
        let (taken, unfinished) = await take(findings.arrivals, &room, &admission)
        admission = await batches.feed(&room, admission, after: look)
        sayWhyTheyWait(
            findings.arrivals.count - taken - unfinished + (room > 0 ? 0 : batches.count), isFull: room <= 0, admission)
        let now = Timestamp(milliseconds: Monotonic.milliseconds())
        if let again = findings.lookAgain { watcher.wake(within: again.since(now)) }
        if taken < findings.arrivals.count { watcher.wake(within: BatchFeed.pause(room, after: look)) }
        // Closing a file gives an event, but unmapping it gives none.
        if unfinished > 0 { watcher.wake(within: stores.configuration.inbox.settle) }
        let isNews = shared.withLock { state in
            defer { state.strangers = findings.strangers }
            return findings.strangers > state.strangers
        }
        if isNews {
            stores.recorder.log.warning(
                "the inbox holds names that are no hand-over: folders without a job.json, links, files of other kinds or of others",
                ["names": String(findings.strangers)])
        }
        let open = batches.count
        shared.withLock { state in
            state.hasLooked = true
            state.lookedAt = Monotonic.milliseconds()
            state.settling = findings.settling + unfinished + postponed.withLock { $0.count } + (room > 0 ? open : 0)
            state.left = findings.waiting + findings.arrivals.count - taken + (room > 0 ? 0 : open)
            state.waitsForPlaces = room <= 0 && (taken + unfinished < findings.arrivals.count || open > 0)
            state.requestsAhead = admission.flatMap { $0.full.isEmpty ? nil : $0.requests }
        }
    }

    /// One line when the inbox can not be listed, and one when it can be again.
    private func sayTrouble(_ why: String?) {
        let isNews = shared.withLock { state in
            defer { state.trouble = why }
            return state.trouble != why
        }
        guard isNews else { return }
        if let why {
            stores.recorder.log.error("the inbox could not be listed", ["why": why])
        } else {
            stores.recorder.log.info("the inbox can be listed again")
        }
    }

    private func retryPostponed() async {
        let claims = postponed.withLock { postponed in
            defer { postponed = [] }
            return postponed
        }
        for claim in claims { await accept(claim) }
    }

    /// What the routes can still serve in time; nil where there is nothing to take, or the ledger can not be read.
    private func admission(for count: Int) async -> Admission? {
        guard count > 0, let loads = try? await stores.ledger.loads() else { return nil }
        return Admission(stores.configuration, loads)
    }

    /// Takes arrivals as long as there is room for them: in the ledger, on the disk, and on their routes. The rest stays untouched.
    private func take(_ arrivals: [Arrival], _ room: inout Int, _ admission: inout Admission?) async -> (
        taken: Int, unfinished: Int
    ) {
        var taken = 0
        var unfinished = 0
        var left = arrivals.byTurns[...]
        let isTight = admission?.isTight(for: arrivals.count) ?? false
        if !isTight { asked.withLock { $0 = [:] } }
        guard !left.isEmpty, let age = try? await stores.ledger.now() else { return (0, 0) }
        while !left.isEmpty, !stopping.isSet, room > 0, reserve.hasRoom {
            var some: [Arrival] = []
            while some.count < min(room, Self.atOnce), let next = left.popFirst() {
                if isTight {
                    let request = await request(of: next)
                    guard admission?.admits(request) ?? true else { continue }
                }
                some.append(next)
            }
            let ends = await withTaskGroup(of: TakeEnd.self) { group in
                for arrival in some { group.addTask { await self.take(arrival, at: age) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let count = ends.count { $0 == .taken }
            taken += count
            unfinished += ends.count { $0 == .unfinished }
            room -= count
            if ends.contains(.full) { break }
        }
        if isTight {
            let here = Set(arrivals)
            asked.withLock { asked in asked = asked.filter { here.contains($0.key) } }
        }
        return (taken, unfinished)
    }

    private func request(of arrival: Arrival) async -> Admission.Request? {
        if let known = asked.withLock({ $0[arrival] }) { return known }
        let folder = stores.spool.inbox
        let longest = stores.configuration.limits.manifestBytes.bytes
        let request = await BlockingLane.disk.run {
            Admission.Request(arrival, in: folder, longest: longest)
        }
        if let request { asked.withLock { $0[arrival] = request } }
        return request
    }

    /// Hand-overs that are taken at once: most of the time is spent waiting for the disk to be sure.
    private static let atOnce = 4

    private enum TakeEnd {
        case taken, full, troubled, unfinished
    }

    private func take(_ arrival: Arrival, at age: Timestamp) async -> TakeEnd {
        do throws(DiskError) {
            let claims = claims
            let (isUnfinished, claim) = try await BlockingLane.disk.run { () throws(DiskError) in
                claims.isBeingWritten(arrival) ? (true, nil) : (false, try claims.take(arrival, at: age))
            }
            if let claim { await accept(claim) }
            return isUnfinished ? .unfinished : .taken
        } catch {
            if error.isFull { return .full }
            // One that cannot be moved stops no other, and is named in the log once.
            if troubled.withLock({ $0.insert(arrival.name).inserted }) {
                stores.recorder.log.error(
                    "a hand-over could not be taken",
                    ["label": JobName.label(from: arrival.name), "why": error.description])
            }
            return .troubled
        }
    }

    /// One line when hand-overs begin to wait for want of room, and none until it has changed.
    private func sayWhyTheyWait(_ waiting: Int, isFull: Bool, _ admission: Admission?) {
        let routes = (admission?.full ?? []).sorted().joined(separator: ", ")
        var why: String?
        if waiting > 0 || !routes.isEmpty {
            why = isFull ? "queue.max_accepted is reached" : reserve.hasRoom ? nil : "the disk is full"
            if why == nil, !routes.isEmpty { why = "more than can be served in queue.max_wait waits for \(routes)" }
        }
        let isNews = shared.withLock { state in
            defer { state.waitsFor = why }
            return state.waitsFor != why
        }
        guard isNews, let why else { return }
        stores.recorder.log.warning("hand-overs wait in the inbox", ["waiting": String(waiting), "why": why])
    }

    /// Whether something that was left could be taken now.
    func couldTakeMore() async -> Bool {
        let state = state
        if state.waitsForPlaces, await openPlaces() > 0 { return true }
        // A route that has served something since takes something.
        guard let before = state.requestsAhead, let loads = try? await stores.ledger.loads() else { return false }
        return Admission(stores.configuration, loads).requests < before
    }

    /// How many more jobs the queue takes.
    func openPlaces() async -> Int {
        guard let open = try? await stores.ledger.openCounts() else { return 0 }
        return max(0, stores.configuration.maxAccepted - open.values.reduce(0, +))
    }

    private func accept(_ claim: Claim, isNew: Bool = true) async {
        do throws(Acceptor.AcceptError) {
            if claim.form == .batch, try await batches.open(claim, isNew: isNew) { return }
            try await acceptor.accept(claim)
            conductor.poke()
        } catch {
            // The claim stays where it is, whole, and is tried again until it is accepted.
            stores.recorder.log.error("a hand-over could not be accepted yet", ["why": error.description])
            postponed.withLock { $0.append(claim) }
            watcher.wake(within: .seconds(2))
        }
    }

    private static func rules(_ configuration: Configuration) -> Acceptor.Rules {
        let limits = configuration.limits
        var rules = Acceptor.Rules(
            limits: HandOverLimits(
                manifestBytes: limits.manifestBytes.bytes, references: limits.references,
                referenceBytes: limits.referenceBytes.bytes, jobBytes: limits.jobBytes.bytes,
                orphanAfter: configuration.inbox.orphanAfter, owners: configuration.inbox.allowed),
            retainInputs: configuration.retainInputs, retainOutputs: configuration.retainOutputs,
            profile: configuration.profile, originNode: Machine.name
        ) { spec throws(Reason) in try configuration.examine(spec).route.name }
        if let folder = TemplateFolder(configuration) {
            rules.expand = { use throws(Reason) in try folder.expanded(use) }
        }
        if let list = DenyList(configuration) {
            rules.screen = { prompt throws(Reason) in try list.check(prompt) }
        }
        rules.maySave = configuration.policy.maySave
        rules.attestations = configuration.policy.attestations
        rules.creditsPerOutput = { spec throws(Reason) in try configuration.policy.creditsPerOutput(of: spec) }
        rules.history = configuration.policy.history
        rules.planTerms = { configuration.policy.terms(of: $0) }
        return rules
    }
}

extension InboxSettings {
    /// The users whose files are taken, this one always; empty for everybody's.
    var allowed: Set<UInt32> { owners.isEmpty ? [] : Set(owners.map(\.number) + [Accounts.own]) }
}
