package import Disk
package import Domain
package import Journal
package import Ledger
package import Spool

/// What a person decides about a job: let it go on, try it again, give it up, stop it.
///
/// Works beside a running daemon: a job is taken by raising its fence, so that a run which still believes to have it can
/// neither pay nor publish.
package struct Reopener: Sendable {
    /// Why a job stays as it is.
    package enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        case unknown
        /// Its state gives the verb nothing to do.
        case wrongState(JobState)
        /// A paid call is on its way, or was answered: what is paid for is taken.
        case isPaying
        /// The prompt and references were deleted by their clock.
        case inputsGone
        /// There never was a readable job behind it.
        case neverRead
        case noCredit(CreditLack)
        /// The route that it was to run on cannot take it.
        case unfit(Reason)
        case ledger(LedgerError)
        case disk(DiskError)

        package var description: String {
            switch self {
            case .unknown: "there is no such job"
            case .wrongState(let state): "the job is \(state.rawValue)"
            case .isPaying: "the job is in a paid call, or its answer is being finished"
            case .inputsGone: "the job's inputs are deleted"
            case .neverRead: "the job could not be read when it came in; hand it over again"
            case .noCredit(let lack): "its subject has \(lack.free) free credits, and \(lack.need) are needed"
            case .unfit(let reason): "the route cannot take the job: \(reason.description)"
            case .ledger(let error): error.description
            case .disk(let error): error.description
            }
        }
    }

    private let ledger: any JobLedger
    private let spool: SpoolFolders
    private let settler: Settler
    private let recorder: Recorder
    private let owner: String

    package init(
        ledger: any JobLedger, spool: SpoolFolders, settler: Settler, recorder: Recorder, owner: String
    ) {
        self.ledger = ledger
        self.spool = spool
        self.settler = settler
        self.recorder = recorder
        self.owner = owner
    }

    /// Longest life of an input.
    private static let life = Span.hours(24)

    /// A held job goes on: calls whose end is unknown are made again.
    package func release(_ id: String) async throws(Refusal) {
        try await reopen(id, from: [.held], verb: "release")
    }

    /// A held job ends as failed, for the reason it was held for.
    package func giveUp(_ id: String) async throws(Refusal) {
        let job = try await take(id, from: [.held])
        let reason = job.reason ?? Reason(.outcomeUnknown, "given up by a person")
        try await onLedger { () throws(LedgerError) in
            try await settler.settle(job, as: .failed, because: reason)
        }
        await recorder.record("job.given_up", id, [:])
    }

    /// A failed job runs again; of a partial one only what is missing is asked for.
    ///
    /// - Parameter route: the route that is asked from now on, which the caller found fit; nil stays with the job's own.
    /// - Returns: work files that were made for the old route and that no row names any more.
    @discardableResult
    package func retry(_ id: String, on route: String? = nil) async throws(Refusal) -> [BlobRecord] {
        try await reopen(id, from: [.failed, .done], verb: "retry", on: route)
    }

    /// A job for which nothing was paid ends as failed, `cancelled`.
    package func cancel(_ id: String) async throws(Refusal) {
        let job = try await take(id, from: [.accepted, .ready, .waiting, .held])
        let reason = Reason(.cancelled, "the job was cancelled")
        try await onLedger { () throws(LedgerError) in try await settler.settle(job, as: .failed, because: reason) }
        await recorder.record("job.cancelled", id, [:])
    }

    // MARK: steps

    /// Takes the job for this verb; whoever had it has it no more.
    private func take(_ id: String, from states: [JobState]) async throws(Refusal) -> JobRecord {
        let taken = try await onLedger { () throws(LedgerError) in
            try await ledger.seize(id, for: owner, from: states)
        }
        if let taken { return taken }
        guard let job = try await onLedger({ () throws(LedgerError) in try await ledger.job(id) }) else {
            throw .unknown
        }
        let isPaying = [.calling, .answered, .made].contains(job.state)
        throw isPaying ? .isPaying : .wrongState(job.state)
    }

    @discardableResult
    private func reopen(
        _ id: String, from states: [JobState], verb: String, on route: String? = nil
    ) async throws(Refusal) -> [BlobRecord] {
        let job = try await take(id, from: states)
        do throws(Refusal) {
            let blobs = try await onLedger { () throws(LedgerError) in try await ledger.blobs(of: job.id) }
            let plan = try await plan(job, blobs).moved(to: route, job, blobs)
            // Asked before its folder is taken away; the write below reserves, and fails the job where somebody was faster.
            let lack = try await onLedger { () throws(LedgerError) in try await ledger.lackOfCredit(for: job) }
            if let lack { throw Refusal.noCredit(lack) }
            // What waits for a person, or failed, is taken away first; what was published stays until there is more.
            for outcome in [Outcome.held, .failed] { try await remove(spool.outcome(outcome, of: id)) }
            try await onLedger { () throws(LedgerError) in
                var facts = ["by": verb, "from": job.state.rawValue]
                facts["route"] = plan.route
                try await recorder.write(
                    job.hold, .reopened(plan.next),
                    [.reopened(inputsDeleteBy: job.acceptedAt.after(Self.life))] + plan.changes,
                    LedgerEvent("job.reopened", job: id, facts))
            }
            return plan.dropped
        } catch {
            try? await ledger.release(job.hold)
            throw error
        }
    }

    /// Where the job goes on, and what each of its outputs has still before it. Nothing that was answered is asked again.
    private func plan(_ job: JobRecord, _ blobs: [BlobRecord]) async throws(Refusal) -> Plan {
        let now = try await onLedger { () throws(LedgerError) in try await ledger.now() }
        if job.inputsDeletedAt != nil || job.acceptedAt.after(Self.life) <= now.after(.minutes(1)) { throw .inputsGone }
        guard job.specBlob != nil else { throw .neverRead }
        var outputs = try await onLedger { () throws(LedgerError) in try await ledger.outputs(of: job.id) }
        if job.state == .done, !outputs.contains(where: { $0.state == .failed || $0.state == .unknown }) {
            throw .wrongState(.done)
        }
        let unread = try await unreadAnswers(of: job)
        for index in outputs.indices {
            // Set aside after a crash: it is read once more, and nothing is paid for.
            if unread.contains(outputs[index].index) {
                outputs[index].state = .calling
                outputs[index].reason = nil
                continue
            }
            let hasAnswer = blobs.contains { $0.kind == .original && $0.position == outputs[index].index }
            outputs[index].state = hasAnswer ? .answered : .pending
            outputs[index].reason = nil
            // A retry begins where the job began; what is released is asked for again where its end is unknown.
            if !hasAnswer, job.state != .held { outputs[index].fallbacks = [] }
        }
        if blobs.filter({ $0.kind == .normalized }).count < job.referenceCount {
            return Plan(next: .accepted, outputs: outputs)
        }
        let isOpen = outputs.contains { $0.state == .pending || $0.state == .calling }
        return Plan(next: isOpen ? .ready : .answered, outputs: outputs)
    }

    /// Outputs whose last call brought a durable answer that was never read to its end.
    private func unreadAnswers(of job: JobRecord) async throws(Refusal) -> Set<Int> {
        guard job.state == .held else { return [] }
        let effects = try await onLedger { () throws(LedgerError) in try await ledger.effects(of: job.id) }
        let last = Dictionary(effects.map { ($0.output, $0) }) { _, later in later }
        return Set(last.values.filter { $0.state == .answered && $0.callClass == nil }.map(\.output))
    }

    /// How a job goes on.
    private struct Plan {
        var next: JobState
        var outputs: [OutputRecord]
        /// The route that it moves to; nil where it stays.
        var route: String?
        var isSimulated = false
        /// What was made for the route that it leaves.
        var dropped: [BlobRecord] = []

        var changes: [Change] {
            outputs.map(Change.output) + (route.map { [.moved(to: $0, isSimulated: isSimulated)] } ?? [])
                + dropped.map { .dropBlob($0.id) }
        }

        /// The same on another route; a job whose outputs are all answered has nothing to ask it for.
        func moved(to route: String?, _ job: JobRecord, _ blobs: [BlobRecord]) -> Plan {
            guard let route, route != job.route, outputs.contains(where: { $0.state == .pending }) else { return self }
            var plan = self
            plan.route = route
            // What is answered stays with the route that answered it.
            for index in outputs.indices where outputs[index].state != .pending && outputs[index].fallbacks.isEmpty {
                plan.outputs[index].fallbacks = [job.route]
            }
            plan.isSimulated = job.simulated && outputs.contains { $0.state != .pending }
            // References are made again for what the new model takes, and its rules are held against them.
            plan.next = .accepted
            plan.dropped = blobs.filter { $0.kind == .normalized || $0.kind == .normalizedMask }
            return plan
        }
    }

    private func remove(_ folder: String) async throws(Refusal) {
        do throws(DiskError) {
            try await BlockingLane.disk.run { () throws(DiskError) in try Folders.removeTree(folder) }
        } catch {
            throw .disk(error)
        }
    }

    private func onLedger<Value>(_ work: () async throws(LedgerError) -> Value) async throws(Refusal) -> Value {
        do throws(LedgerError) { return try await work() } catch { throw .ledger(error) }
    }
}
