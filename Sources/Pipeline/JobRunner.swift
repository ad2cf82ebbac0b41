import Disk
import Documents
import Domain
import Journal
package import Ledger
import Outcomes
import Providers
import Settings
import Vault
import Workers

/// Takes one claimed job as far as it can go now. Every step reads what the step before made durable.
package struct JobRunner: Sendable {
    private let shop: Workshop

    package init(_ shop: Workshop) {
        self.shop = shop
    }

    /// Runs the job until it is settled, held, waits, or the daemon stops.
    ///
    /// - Parameter alone: nothing else is worked on. Then it goes no further than to its next paid call, which may take minutes, and
    ///   is given back.
    /// - Returns: false when the ledger could not even be told that nobody works on the job any more.
    package func run(_ job: JobRecord, alone: Bool = false) async -> Bool {
        do {
            try await advance(job, alone)
            return true
        } catch {
            return await end(job, error)
        }
    }

    // MARK: steps

    /// A job between its steps. A class: what waits in a call waits with a reference to it, and a thousand may.
    private final class Course: Sendable {
        let job: JobRecord
        let spec: JobSpec
        let route: Route
        let timings: [(stage: String, milliseconds: Int64)]

        init(_ job: JobRecord, _ spec: JobSpec, _ route: Route, _ timings: [(stage: String, milliseconds: Int64)]) {
            self.job = job
            self.spec = spec
            self.route = route
            self.timings = timings
        }
    }

    private func advance(_ first: JobRecord, _ isAlone: Bool) async throws {
        guard let ready = try await apart({ try await self.begun(first, isAlone) }),
            let called = try await apart({ try await self.called(ready) })
        else { return }
        try await finish(called)
    }

    /// Up to the paid calls; nil where the job does not go on now.
    private func begun(_ first: JobRecord, _ isAlone: Bool) async throws -> Course? {
        var job = first
        if job.staged != nil {
            try await shop.settler.resume(job)
            return nil
        }
        // Taken in with what it fails for, or reopened without the credits for it.
        if let reason = job.reason {
            try await shop.settler.settle(job, as: .failed, because: reason)
            return nil
        }
        if job.state == .accepted, job.duplicateOf != nil {
            try await Duplicate(shop: shop, job: job).run()
            return nil
        }
        let spec = try await spec(of: job)
        guard let route = shop.configuration.routes[job.route] else {
            throw StepEnd.refused(
                Reason(.modelNotFound, "the configuration has no such route any more", field: "model"))
        }
        if job.state != .made { try await needWorkers() }
        var timings: [(stage: String, milliseconds: Int64)] = []
        if job.state == .accepted {
            job = try await timed("normalize", &timings) {
                try await Prepare(shop: shop, job: job, spec: spec, routes: [route]).run()
            }
        }
        if job.state == .waiting { job = try await shop.ledger.write(job.hold, .resumed, []) }
        if job.state == .ready || job.state == .calling {
            // Also a job that waited may have an output in a call whose end could not be saved: it is never left open.
            for (route, _) in try await courses(of: job, of: { $0.state == .calling }) {
                let wait = try await Calls(shop: shop, job: job, spec: spec, route: route).recover()
                if case .wait(let span, let reason)? = wait { throw StepEnd.hindered(reason, span) }
            }
            if isAlone {
                try await shop.ledger.write(job.hold, nil, [.tried])
                try await shop.ledger.release(job.hold)
                return nil
            }
        }
        return Course(job, spec, route, timings)
    }

    /// The paid calls, where any is to be made; nil where the job does not go on now.
    private func called(_ course: Course) async throws -> Course? {
        guard course.job.state == .ready || course.job.state == .calling else { return course }
        var timings = course.timings
        let ends = try await timed("call", &timings) { try await call(course.job, course.spec) }
        return try await conclude(course.job, ends).map { Course($0, course.spec, course.route, timings) }
    }

    private func finish(_ course: Course) async throws {
        var job = course.job
        if job.state == .answered {
            try await count(job, course.spec)
            job = try await Finish(
                shop: shop, job: job, spec: course.spec, route: course.route, timings: course.timings
            ).run()
        }
        if job.state == .made { try await settleMade(job, course.spec) }
    }

    /// Once an answer is there, again after a crash: who counts knows what was counted.
    private func count(_ job: JobRecord, _ spec: JobSpec) async throws {
        guard let counter = shop.counter, job.subjectRef != nil else { return }
        let outputs = try await shop.ledger.outputs(of: job.id)
        let answered = outputs.first { $0.state == .answered || $0.state == .made }
        guard let route = answered.flatMap({ shop.configuration.routes[$0.route(of: job)] }),
            let plan = try? CallPlan(spec, on: route, references: job.referenceSizes)
        else { return }
        await counter(job, spec, route, plan.expected)
    }

    /// Outputs by the route that has them now.
    private func courses(
        of job: JobRecord, of isMeant: (OutputRecord) -> Bool
    ) async throws -> [(route: Route, outputs: [OutputRecord])] {
        let outputs = try await shop.ledger.outputs(of: job.id).filter(isMeant)
        return try Dictionary(grouping: outputs) { $0.route(of: job) }.map { name, outputs in
            guard let route = shop.configuration.routes[name] else {
                throw StepEnd.refused(
                    Reason(.modelNotFound, "the configuration has no such route any more", field: "model"))
            }
            return (route, outputs)
        }
    }

    /// Calls what is pending, each output on the route that has it; what another route took over is called in the next round.
    private func call(_ first: JobRecord, _ spec: JobSpec) async throws -> [Calls.End] {
        var job = first
        var ends: [Calls.End] = []
        var courses = try await courses(of: job) { $0.state == .pending }
        // A route has an output at most once, so that the rounds come to an end.
        while !courses.isEmpty {
            // The references were made for the job's own route.
            if spec.referenceCount > 0, courses.contains(where: { $0.route.name != job.route }) {
                job = try await refitted(job, spec)
            }
            let round = try await each(of: courses) { [job] (route, outputs) in
                try await Calls(shop: shop, job: job, spec: spec, route: route).run(outputs)
            }.flatMap(\.self)
            ends += round.filter { if case .fellBack = $0 { false } else { true } }
            let moved = round.compactMap { if case .fellBack(let index) = $0 { index } else { nil } }
            courses = try await self.courses(of: job) { moved.contains($0.index) }
        }
        return ends
    }

    /// With references that suit every route that has something to call.
    private func refitted(_ job: JobRecord, _ spec: JobSpec) async throws -> JobRecord {
        let routes = try await courses(of: job) { $0.state == .pending }.map(\.route)
        return try await Prepare(shop: shop, job: job, spec: spec, routes: routes).refit()
    }

    /// Nothing is paid for that no worker could finish: without one, as where it can not be locked, the job waits.
    private func needWorkers() async throws {
        do throws(WorkerError) {
            try await shop.workers.makeSure()
        } catch {
            throw error.stepEnd { _ in Reason(.internalFault, error.description) }
        }
    }

    /// What all ends of the calls together mean for the job; nil when it does not go on now.
    private func conclude(_ job: JobRecord, _ ends: [Calls.End]) async throws -> JobRecord? {
        var wait: (span: Span, reason: Reason)?
        for end in ends {
            switch end {
            case .ended, .fellBack, .tokenRefused: break
            case .stopping: throw StepEnd.stopping
            case .wait(let span, let reason):
                if span > wait?.span ?? Span(milliseconds: -1) { wait = (span, reason) }
            }
        }
        if let wait { throw StepEnd.hindered(wait.reason, wait.span) }
        let outputs = try await shop.ledger.outputs(of: job.id)
        if outputs.contains(where: { $0.state == .answered || $0.state == .made }) {
            return try await shop.ledger.write(job.hold, .answered, [])
        }
        let current = try await shop.ledger.job(job.id) ?? job
        if let unknown = outputs.first(where: { $0.state == .unknown }) {
            try await shop.settler.settle(current, as: .held, because: unknown.reason)
        } else {
            let reason = outputs.lazy.compactMap(\.reason).first
            try await shop.settler.settle(
                current, as: .failed, because: reason ?? Reason(.internalFault, "no output came to an end"))
        }
        return nil
    }

    private func settleMade(_ job: JobRecord, _ spec: JobSpec) async throws {
        let outputs = try await shop.ledger.outputs(of: job.id)
        if outputs.contains(where: { $0.state == .made }) {
            // While the prompt can still be read: with the outcome it may be gone.
            try await shop.history.keep(job, spec)
            try await shop.settler.settle(job, as: .done, because: nil)
        } else {
            let reason = outputs.lazy.compactMap(\.reason).first
            try await shop.settler.settle(
                job, as: .failed, because: reason ?? Reason(.outputFailed, "no output could be finished"))
        }
    }

    private func spec(of job: JobRecord) async throws -> JobSpec {
        guard let id = job.specBlob else { throw StepEnd.vault(.missing) }
        let bytes = try await shop.blobs.get(id, limit: 8 << 20)
        guard let document = try? JSONParser.parse(bytes), let spec = JobSpec(stored: document) else {
            throw StepEnd.refused(Reason(.internalFault, "the stored job is damaged"))
        }
        return spec
    }

    private func timed<Value>(
        _ stage: String, _ timings: inout [(stage: String, milliseconds: Int64)], _ work: () async throws -> Value
    ) async throws -> Value {
        let started = Monotonic.milliseconds()
        let value = try await work()
        timings.append((stage, Monotonic.milliseconds() - started))
        return value
    }

    // MARK: ends

    /// Nothing is ever dropped: what stopped a job fails it, lets it wait, or gives it back.
    private func end(_ job: JobRecord, _ error: any Error) async -> Bool {
        do {
            switch error {
            case StepEnd.stopping: try await shop.ledger.release(job.hold)
            case StepEnd.refused(let reason): try await settleFailed(job, reason)
            case StepEnd.hindered(let reason, let span): try await wait(job, reason, span)
            // Whoever erases takes the job from here.
            case LedgerError.erasing: try await shop.ledger.release(job.hold)
            case LedgerError.lost:
                shop.recorder.log.warning("a job was taken over while it was worked on", ["job": job.id])
            case StepEnd.vault(.missing), VaultError.missing:
                try await settleFailed(job, Reason(.internalFault, "a work file of the job is gone"))
            case let error as VaultError where error.isFull: try await waitForRoom(job)
            case let error as DiskError where error.isFull: try await waitForRoom(job)
            case LedgerError.full: try await waitForRoom(job)
            default:
                shop.recorder.log.error("a job could not go on", ["job": job.id, "why": "\(error)"])
                let hint = "the log says why, with the job's id; it is tried again by itself"
                let reason = Reason(.internalFault, "this machine could not go on with the job", hint: hint)
                try await wait(job, reason, .seconds(15))
            }
            return true
        } catch {
            // Not even that could be written: the claim is given back later, and the job goes on from there.
            shop.recorder.log.error("a job's state could not be saved", ["job": job.id, "why": "\(error)"])
            return false
        }
    }

    private func settleFailed(_ job: JobRecord, _ reason: Reason) async throws {
        guard let current = try await shop.ledger.job(job.id), current.fence == job.fence else { return }
        try await shop.settler.settle(current, as: .failed, because: reason)
    }

    private func waitForRoom(_ job: JobRecord) async throws {
        try await wait(job, Reason(.diskFull, "the disk is full", hint: "free disk space"), .seconds(15))
    }

    /// A hindered job keeps its state where the machine has no arrow to `waiting`: then only its time is set.
    private func wait(_ job: JobRecord, _ reason: Reason, _ span: Span) async throws {
        let until = try await shop.ledger.now().after(span)
        guard let current = try await shop.ledger.job(job.id), current.fence == job.fence else { return }
        let canWait = current.state.after(.hindered) != nil
        try await shop.ledger.write(current.hold, canWait ? .hindered : nil, [.wait(until: until, reason)])
        if !canWait { try await shop.ledger.release(current.hold) }
        await shop.recorder.record(
            "job.waits", job.id,
            [
                "reason": reason.code.rawValue, "why": reason.message,
                "seconds": String(span.milliseconds / 1000),
            ])
    }
}
