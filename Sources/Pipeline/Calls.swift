import Digests
import Disk
import Domain
import Imaging
import Inspection
import Journal
import Ledger
import Provenance
import Providers
import Settings
import Synchronization
import Transport
import Vault

/// ready → answered, as far as one route has to do with it: one paid request an output, written down before it leaves and
/// closed when its end is known.
///
/// A class: a thousand calls may be under way, and what belongs to the job stands in memory once for each.
final class Calls: Sendable {
    let shop: Workshop
    let job: JobRecord
    let spec: JobSpec
    let route: Route
    /// Whether a token that is refused may be got anew: once a call.
    let mayRenewToken: Bool
    /// By output: which reading of the route's key its call was made with.
    private let readings = Mutex<[Int: Int]>([:])

    init(shop: Workshop, job: JobRecord, spec: JobSpec, route: Route, mayRenewToken: Bool = true) {
        self.shop = shop
        self.job = job
        self.spec = spec
        self.route = route
        self.mayRenewToken = mayRenewToken
    }

    /// Room that one answer and its output may need on the disk, in bytes: every pixel of what is kept as it is, and a little more.
    /// Not what the largest of all answers would need: with a thousand calls under way no disk has that.
    private func room(for plan: CallPlan) -> Int64 {
        let canvas = shop.configuration.canvas(of: spec.output, native: plan.expected)
        // An original is delivered beside the copy that is kept.
        let natives = plan.expected.pixels * (spec.output.original ? 2 : 1)
        return Int64(clamping: 4 * (natives + canvas.pixels) + 1_000_000)
    }

    /// How one output's call ended.
    enum End: Sendable {
        case ended
        /// This output has come to another route, which is to be called.
        case fellBack(Int)
        /// The call cost nothing, and another token may be taken.
        case tokenRefused
        case wait(Span, Reason)
        case stopping
    }

    /// Calls these outputs, all at once as far as the lane lets them; gives the ends.
    func run(_ outputs: [OutputRecord]) async throws -> [End] {
        var plan: CallPlan
        do throws(Reason) {
            // The register may have changed since the job was taken.
            try shop.configuration.checkReceiver(of: route, for: spec)
            plan = try CallPlan(spec, on: route, references: job.referenceSizes)
            if isToldOfSubjects { plan.endUser = job.subjectRef.map(Self.endUser) }
        } catch {
            // Of other routes there may be answers already, which are not lost for it.
            for output in outputs { try await fail(output, error) }
            return outputs.map { _ in .ended }
        }
        return try await each(of: outputs) { [self, plan] output in try await call(output, plan) }
    }

    /// Hashed once more: what a service is told of a subject stands nowhere in the ledger.
    private static func endUser(_ subjectRef: String) -> String {
        hexadecimal(SHA256Digest.of(Array("end user \(subjectRef)".utf8)))
    }

    /// Whether the service gets a pseudonym of whose they are: it has a field for it, and its row says so.
    private var isToldOfSubjects: Bool {
        route.provider.isToldOfSubjects
            && shop.configuration.processor(of: route)?.categories.contains(.subjectPseudonym) == true
    }

    // MARK: one output

    private func call(_ output: OutputRecord, _ plan: CallPlan) async throws -> End {
        guard let lane = shop.lanes[route.name] else {
            throw StepEnd.refused(Reason(.internalFault, "the route has no lane"))
        }
        // Whoever would not be called needs no place: another route may have one.
        if let end = try await pausedEnd(output) { return end }
        if let end = try await pacedEnd() { return end }
        guard await lane.enter(priority: job.priority, party: job.party) else { return .stopping }
        defer { lane.leave() }
        let room = room(for: plan)
        guard shop.reserve.reserve(room) else {
            return .wait(.seconds(30), Reason(.diskFull, "there is no room for the answer", hint: "free disk space"))
        }
        defer { shop.reserve.release(room) }
        guard !shop.stopping.isSet else { return .stopping }
        // Looked at only now: the call before this one may have met the refusal.
        if let end = try await pausedEnd(output) { return end }
        // As the route is called now: its key may have been read again meanwhile.
        let reading = shop.routes.reading(of: route.name)
        readings.withLock { $0[output.index] = reading }
        guard let adapter = shop.routes.adapter(of: route.name) else {
            throw StepEnd.refused(Reason(.internalFault, "the route has no adapter"))
        }
        guard let tokens = shop.routes.tokens(of: route.name) else {
            return try await send(output, plan, adapter, token: nil)
        }
        let token: SecretText
        do throws(ConfigurationError) { token = try await tokens.token() } catch {
            return try await tokenless(output, error)
        }
        let end = try await send(output, plan, adapter, token: token)
        guard case .tokenRefused = end else { return end }
        let other: SecretText
        do throws(ConfigurationError) { other = try await tokens.token(inPlaceOf: token) } catch {
            return try await tokenless(output, error)
        }
        let again = Calls(shop: shop, job: job, spec: spec, route: route, mayRenewToken: false)
        return try await again.send(output, plan, adapter, token: other)
    }

    /// Whether the call of this output was made with the key that the route has now.
    func isOfNewestKey(_ output: OutputRecord) -> Bool {
        readings.withLock { $0[output.index] ?? shop.routes.reading(of: route.name) }
            == shop.routes.reading(of: route.name)
    }

    /// A request that is written down. A class: what waits for the answer waits with a reference to it.
    private final class Sending: Sendable {
        let effect: EffectRecord
        let output: OutputRecord
        let writer: AnswerWriter
        let request: OutgoingRequest
        let adapter: any Adapter

        init(
            _ effect: EffectRecord, _ output: OutputRecord, _ writer: AnswerWriter, _ request: OutgoingRequest,
            _ adapter: any Adapter
        ) {
            self.effect = effect
            self.output = output
            self.writer = writer
            self.request = request
            self.adapter = adapter
        }
    }

    private enum Begun: Sendable {
        case sending(Sending)
        case over(End)
    }

    private func send(
        _ output: OutputRecord, _ plan: CallPlan, _ adapter: any Adapter, token: SecretText?
    ) async throws -> End {
        switch try await apart({ try await self.begin(output, plan, adapter, token) }) {
        case .over(let end): return end
        case .sending(let sending): return try await arrived(await exchange(sending), sending)
        }
    }

    private func exchange(_ sending: Sending) async -> ExchangeResult {
        let writer = sending.writer
        return await unsafe shop.client.exchange(sending.request) { bytes in try unsafe writer.write(bytes) }
    }

    /// Writes the request down; from here on it counts as one that may have left.
    private func begin(
        _ output: OutputRecord, _ plan: CallPlan, _ adapter: any Adapter, _ token: SecretText?
    ) async throws -> Begun {
        // Read only now: jobs that wait for the lane hold no pictures in memory.
        let pictures = try await sentPictures()

        var effect = EffectRecord(
            id: randomUUID(), job: job.id, output: output.index, route: route.name, provider: route.provider.rawValue,
            model: route.deployment, cost: plan.estimate, sentAt: try await shop.ledger.now())
        effect.day = try await shop.ledger.budgetDay().day
        effect.subjectRef = job.subjectRef
        effect.fallbackFrom = output.fallbacks.isEmpty ? nil : ([job.route] + output.fallbacks.dropLast()).last
        var calling = output
        calling.state = .calling
        let writer = AnswerWriter(try await shop.blobs.begin(under: BlobID.key(of: job.specBlob ?? "")))
        // The answer's blob is named before the request leaves: one that is whole on the disk is found after a crash.
        effect.answerBlob = writer.id
        var request = adapter.request(plan, references: pictures.references, mask: pictures.mask)
        if let token { request.headers.append(("Authorization", "Bearer " + token.exposed)) }
        do throws(LedgerError) {
            try await shop.recorder.write(
                job.hold, .called, [.spend(effect, within: limits), .output(calling)],
                disclosure(effect, plan, request, pictures: pictures))
        } catch {
            writer.abandon()
            return .over(try await refused(output, error))
        }
        return .sending(Sending(effect, calling, writer, request, adapter))
    }

    /// Who is about to receive what: from here on it may have.
    private func disclosure(
        _ effect: EffectRecord, _ plan: CallPlan, _ request: OutgoingRequest,
        pictures: (references: [SentPicture], mask: SentPicture?)
    ) -> LedgerEvent {
        var carried = Processor.Category.always
        if !pictures.references.isEmpty { carried.append(.references) }
        if pictures.mask != nil { carried.append(.mask) }
        if plan.endUser != nil { carried.append(.subjectPseudonym) }
        var facts = [
            "output": String(effect.output), "route": effect.route, "provider": effect.provider, "call": effect.id,
            "bytes": String(request.body.count), "carried": carried.map(\.rawValue).joined(separator: " "),
        ]
        // What the row said when the data left: it may say something else by the time that somebody asks.
        if let row = shop.configuration.processor(of: route) {
            facts["processor"] = row.name
            facts["recipient"] = row.legalName
            facts["regions"] = row.terms.regionWords
            facts["kept"] = row.terms.retention.description
            facts["training"] = row.terms.training.rawValue
        }
        return LedgerEvent("call.sent", job: job.id, facts)
    }

    /// The end of a call that the ledger did not let through.
    private func refused(_ output: OutputRecord, _ error: LedgerError) async throws -> End {
        switch error {
        case .overBudget(let budget, let limit, let need): return try await overBudget(budget, limit, need, output)
        case .overRate(let next): return try await overRate(until: next)
        case .noCredit(let lack):
            try await fail(output, lack.reason)
            return .ended
        case .suspended(let reason):
            try await fail(output, reason)
            return .ended
        // Until somebody ends it, which lets the job go on at once.
        case .restricted(let reason):
            return .wait(max(.seconds(1), try await job.inputsDeleteBy.since(shop.ledger.now())), reason)
        default: throw error
        }
    }

    private func arrived(_ result: ExchangeResult, _ sending: Sending) async throws -> End {
        let (writer, calling, adapter) = (sending.writer, sending.output, sending.adapter)
        var effect = sending.effect
        effect.endedAt = try? await shop.ledger.now()
        switch result {
        case .answered(let head):
            return try await answered(head, writer, effect, calling, adapter)
        case .notSent(let fault):
            writer.abandon()
            effect.answerBlob = nil
            return try await ended(Verdict(.notSent), effect, calling, fault: fault.kind.rawValue, changes: [])
        case .unknown(let fault):
            writer.abandon()
            effect.answerBlob = nil
            var verdict = Verdict(.outcomeUnknown)
            verdict.httpStatus = fault.head?.status
            verdict.requestID = fault.head.flatMap { (adapter as? any Reconciling)?.generation($0) }
            return try await ended(verdict, effect, calling, fault: fault.kind.rawValue, changes: [])
        }
    }

    var limits: SpendLimits {
        let budgets = [spec.maxCost, shop.configuration.budgetPerJob].compactMap { $0 }
        return SpendLimits(
            perJob: budgets.min(), perDay: shop.configuration.budgetPerDay,
            perSubjectDay: shop.configuration.budgetPerSubjectDay, subjectRate: shop.configuration.ratePerSubject)
    }

    /// The end of a call that has to wait for its subject's pace, before it takes a place from others.
    private func pacedEnd() async throws -> End? {
        guard let rate = shop.configuration.ratePerSubject, let subject = job.subjectRef,
            let next = try await shop.ledger.nextRequest(of: subject, at: rate)
        else { return nil }
        return try await overRate(until: next)
    }

    private func overRate(until next: Timestamp) async throws -> End {
        let reason = Reason(
            .overRate, "the subject has made as many requests as its pace allows", field: "rates.per_subject",
            limit: shop.configuration.ratePerSubject?.description, hint: "it goes on by itself")
        let wait = try await next.since(shop.ledger.now()).milliseconds + queue()
        return .wait(max(.seconds(1), Span(milliseconds: wait)), reason)
    }

    /// Milliseconds until those who wait before this job have had their requests, or about half of that: where all came at the
    /// next moment, thousands would come each second for the one that may go.
    private func queue() async throws -> Int64 {
        guard let rate = shop.configuration.ratePerSubject else { return 0 }
        return Int64(try await shop.ledger.aheadAtPace(of: job) / (2 * rate.count)) * rate.span.milliseconds
    }

    /// Nothing was sent: what the job alone may cost fails its output, a day's budget comes back with the next day.
    private func overBudget(
        _ budget: SpendLimits.Budget, _ limit: Int64, _ need: Int64, _ output: OutputRecord
    ) async throws -> End {
        let reason = Reason(
            .overBudget, "\(budget.rawValue) does not reach for another call", field: budget.rawValue,
            limit: Money.text(limit), value: Money.text(need),
            hint: budget == .perJob
                ? "raise it, or ask for less" : "it goes on with the next UTC day, or with a raised budget")
        guard budget == .perJob else {
            let (day, now) = (try await shop.ledger.budgetDay(), try await shop.ledger.now())
            return .wait(max(.seconds(1), day.end.since(now)), reason)
        }
        try await fail(output, reason)
        return .ended
    }

    /// Nothing was sent for it.
    func fail(_ output: OutputRecord, _ reason: Reason) async throws {
        var failed = output
        failed.state = .failed
        failed.reason = reason
        try await shop.ledger.write(job.hold, nil, [.output(failed)])
    }
}
