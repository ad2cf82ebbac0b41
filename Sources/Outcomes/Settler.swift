import Disk
import Documents
package import Domain
package import Journal
package import Ledger
package import Spool

/// The one place that saves an outcome: a complete folder appears by one rename, then the ledger says so.
///
/// Every step can be run again after a crash. The ledger's `staged` says that the folder in `staging` is complete; if
/// it is then no longer there, its rename has happened.
package struct Settler: Sendable {
    private let ledger: any JobLedger
    private let spool: SpoolFolders
    private let eraser: Eraser
    private let recorder: Recorder
    private let gallery: Gallery

    package init(ledger: any JobLedger, spool: SpoolFolders, eraser: Eraser, recorder: Recorder) {
        gallery = Gallery(ledger: ledger, spool: spool, recorder: recorder)
        self.ledger = ledger
        self.spool = spool
        self.eraser = eraser
        self.recorder = recorder
    }

    /// Saves `outcome` of a job that the caller holds. Outputs and sidecars stand in its staging folder already.
    ///
    /// An outcome that is staged already is finished first, and stands: only one that was held gives way. What it throws
    /// leaves the job as it was; it is taken up again.
    package func settle(_ job: JobRecord, as outcome: Outcome, because reason: Reason?) async throws(LedgerError) {
        var job = try await current(job)
        if let staged = job.staged {
            try await resume(job)
            guard staged == .held, outcome != .held else { return }
            job = try await current(job)
        }
        if outcome != .done, job.reopened > 0, try await isPublished(job) { return try await restore(job) }
        guard job.state.after(.settled(outcome)) != nil else {
            throw .illegal(job: job.id, from: job.state, event: "settled(\(outcome.rawValue))")
        }
        let now = try await ledger.now()
        let deleteBy = Self.deleteBy(job, outcome: outcome, settledAt: now)
        var outputs = try await ledger.outputs(of: job.id)
        if let keep = job.retainOutputs, outcome == .done {
            // What an earlier run published keeps the time that it was given, or that it was saved.
            for index in outputs.indices
            where outputs[index].state == .made && outputs[index].expiresAt == nil && !outputs[index].isSaved {
                outputs[index].expiresAt = now.after(keep)
                outputs[index].rule = job.plan?.age == keep ? .planAge : .time
                outputs[index].tellAt = job.plan.map { plan in
                    now.after(Span(milliseconds: max(0, keep.milliseconds - plan.notice.milliseconds)))
                }
            }
        }
        let effects = try await ledger.effects(of: job.id)
        let shown = outcome == .done ? try await gallery.plan(job, outputs, effects) : []
        let status = StatusDocument(
            job: job, outcome: outcome, reason: reason, outputs: outputs, effects: effects, settledAt: now,
            inputsDeleteBy: deleteBy, shown: shown)
        try await stage(job.id, outcome, status)
        // What the folder says is written down with it, so that a later finish can not say something else.
        let settled: [Change] = outcome == .held ? [] : [.settled(at: now, inputsDeleteBy: deleteBy)]
        let staged = try await ledger.write(
            job.hold, nil,
            [.staged(outcome), .reason(reason), .shown(shown)] + settled + outputs.map { .output($0) })
        try await finish(staged)
    }

    /// Whether an earlier run of this job was published, in part, and is still there.
    private func isPublished(_ job: JobRecord) async throws(LedgerError) -> Bool {
        guard try await ledger.outputs(of: job.id).contains(where: { $0.file != nil && $0.deletedAt == nil }) else {
            return false
        }
        let folder = spool.outcome(.done, of: job.id)
        return await BlockingLane.disk.run { Files.exists(folder) }
    }

    /// A second run that came to nothing takes nothing away: the job is again what it was.
    private func restore(_ job: JobRecord) async throws(LedgerError) {
        let now = try await ledger.now()
        let outputs = try await ledger.outputs(of: job.id).map { output in
            var output = output
            output.state = output.file != nil ? .made : .failed
            return Change.output(output)
        }
        let deleteBy = Self.deleteBy(job, outcome: .done, settledAt: now)
        try await recorder.write(
            job.hold, .restored, [.settled(at: now, inputsDeleteBy: deleteBy), .staged(nil)] + outputs,
            LedgerEvent("job.settled", job: job.id, ["outcome": Outcome.done.rawValue, "partial": "yes"]))
    }

    /// Goes on with an outcome that was complete when the daemon died.
    package func resume(_ job: JobRecord) async throws(LedgerError) {
        try await finish(try await current(job))
    }

    /// The job as the ledger knows it, if the caller still holds it: nothing of another holder's is touched.
    private func current(_ job: JobRecord) async throws(LedgerError) -> JobRecord {
        guard let current = try await ledger.job(job.id) else { throw .unknownJob(job.id) }
        guard current.fence == job.fence else { throw .lost(job: job.id) }
        return current
    }

    /// min(settled + retention, accepted + 24 h): a held job is not settled for this clock.
    private static func deleteBy(_ job: JobRecord, outcome: Outcome, settledAt: Timestamp) -> Timestamp {
        outcome == .held ? job.inputsDeleteBy : min(job.inputsDeleteBy, settledAt.after(job.retainInputs))
    }

    private func stage(_ job: String, _ outcome: Outcome, _ status: StatusDocument) async throws(LedgerError) {
        let folder = spool.staged(job)
        let text = Array(status.document.pretty.utf8)
        try await onDisk { () throws(DiskError) in
            // Only a made job has files that belong to its outcome; what a broken try left does not.
            if outcome != .done { try Folders.removeTree(folder) }
            try Folders.make(folder)
            try Folders.setMode(folder, SpoolFolders.outcomeMode)
            try Files.writeDurably(text, to: folder + "/status.json", mode: 0o640)
            try Folders.sync(Files.parent(of: folder))
        }
    }

    private func finish(_ job: JobRecord) async throws(LedgerError) {
        guard let outcome = job.staged else { return }
        let now = try await ledger.now()
        // Inputs that are due the moment the job settles go first: whoever sees the folder finds none of them.
        if job.inputsDeleteBy <= now, outcome != .held {
            if job.inputsDeletedAt == nil { _ = try await eraser.erase(job) }
            await clearClaim(of: job)
        }
        // Before the folder can be seen, which others may take away at once.
        let isShown = outcome == .done ? try await gallery.place(job) : false
        let from = spool.staged(job.id)
        let target = spool.outcome(outcome, of: job.id)
        try await onDisk { () throws(DiskError) in
            // What can not be looked at may well be there: then this is tried again, and nothing is settled without it.
            if try Files.info(from) != nil {
                // A job has one outcome folder at a time: what waited for a person makes way, and so does what a retry
                // left. A folder of the same name with outputs in it was paid for: the rename fails rather than lose it.
                for other in Outcome.allCases where other != outcome || other != .done {
                    try Folders.removeTree(spool.outcome(other, of: job.id))
                }
                if job.reopened > 0, outcome == .done, Files.exists(target) {
                    // The new folder holds what the old one held and more: nobody finds none in between.
                    try Files.exchange(from, target)
                    try Folders.removeTree(from)
                } else {
                    try Files.rename(from, to: target)
                }
            }
            // Also after a rename of an earlier run: the row must not be durable before it.
            try Folders.sync(Files.parent(of: target))
            try Folders.sync(Files.parent(of: from))
        }
        var facts = ["outcome": outcome.rawValue]
        facts["reason"] = job.reason?.code.rawValue
        if outcome == .done, try await ledger.outputs(of: job.id).contains(where: { $0.state != .made }) {
            facts["partial"] = "yes"
        }
        try await recorder.write(
            job.hold, .settled(outcome), [.staged(nil)], LedgerEvent("job.settled", job: job.id, facts))
        if isShown { await gallery.tell() }
    }

    /// The plain files that the job came from are dropped right after its acceptance; a job that settles faster than
    /// that waits for it, so that they too are gone before the outcome can be seen.
    private func clearClaim(of job: JobRecord) async {
        let places = spool.claimPlaces(job.claimToken)
        for _ in 0..<200 {
            if await BlockingLane.disk.run({ !places.contains(where: Files.exists) }) { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
        await BlockingLane.disk.run { for place in places { try? Folders.removeTree(place) } }
    }

    private func onDisk(_ work: @escaping @Sendable () throws(DiskError) -> Void) async throws(LedgerError) {
        do throws(DiskError) {
            try await BlockingLane.disk.run(work)
        } catch {
            throw error.isFull ? .full : .disk(code: error.code, doing: error.operation)
        }
    }
}
