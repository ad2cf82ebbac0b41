import Disk
package import Domain
package import Journal
package import Ledger
package import Outcomes
package import Spool
package import Statistics
import Synchronization
package import Vault

/// What one sweep did and what is left.
package struct SweepReport: Sendable {
    /// Jobs whose inputs were deleted.
    package var jobs = 0
    package var files = 0
    package var bytes: Int64 = 0
    /// Jobs that were not settled in time and are now `failed`, `expired`.
    package var expired = 0
    package var outputs = 0
    /// Work files that belong to no job.
    package var strays = 0
    /// Things that could not be deleted, tried again at the next sweep.
    package var failures = 0
    /// Jobs that are remembered no more.
    package var forgotten = 0
    package var state = RetentionState(nextDeadline: nil, holding: 0, oldestOverdue: nil)
    package var now = Timestamp(milliseconds: 0)
}

/// Deletes inputs and outputs when their time is over; knows every place they can be.
///
/// Runs in the daemon and as a command, also both at once: whoever comes second finds nothing left to do.
package struct Sweeper: Sendable {
    let ledger: any JobLedger
    let blobs: any BlobStore
    let spool: SpoolFolders
    private let settler: Settler
    private let eraser: Eraser
    private let shelf: Shelf
    private let gallery: Gallery
    private let history: History?
    private let galleryPace = Pace(.seconds(20))
    let recorder: Recorder
    private let owner: String
    private let statistics: PromptStatistics?

    package init(
        ledger: any JobLedger, blobs: any BlobStore, spool: SpoolFolders, settler: Settler, eraser: Eraser,
        recorder: Recorder, owner: String, statistics: PromptStatistics? = nil,
        history: History? = nil
    ) {
        self.history = history
        self.ledger = ledger
        self.blobs = blobs
        self.spool = spool
        self.settler = settler
        self.eraser = eraser
        shelf = Shelf(ledger: ledger, spool: spool, recorder: recorder)
        gallery = Gallery(ledger: ledger, spool: spool, recorder: recorder)
        self.recorder = recorder
        self.owner = owner
        self.statistics = statistics
    }

    private static let batch = 200
    /// How long the id of a settled job is remembered.
    private static let memory = Span.hours(30 * 24)
    /// Most jobs that one sweep forgets: the first one after an upgrade may find years of them.
    private static let mostForgotten = 10_000

    /// Sweeps once. Something that cannot be deleted stops nothing else.
    ///
    /// - Parameters:
    ///   - claims: also old claims. A start leaves them alone: it is about to accept what an earlier run took, and
    ///     a hand-over that is deleted unaccepted has no outcome at all.
    ///   - strays: also work files that belong to no job, for which each one is looked at: nothing to do every second. Not where the ledger may have
    ///     come from a backup: the next start knows.
    package func runOnce(claims: Bool = true, strays: Bool = true) async throws(LedgerError) -> SweepReport {
        var report = SweepReport()
        try await sweepInputs(&report)
        try await sweepPlans(&report)
        try await sweepOutputs(&report)
        try await sweepGallery(&report)
        if let history { report.failures += try await history.sweep(strays: strays) }
        try await sweepCredits()
        try await sweepIDs(&report)
        if strays { try await sweepStrays(unchangedFor: Self.strayRest, &report) }
        try await sweepHours()
        try await sweepStatistics(&report)
        if claims { try await sweepClaims(&report) }
        report.state = try await ledger.retention()
        report.now = try await ledger.now()
        return report
    }

    // MARK: inputs

    /// Jobs whose inputs are deleted at once: each waits for the disk to be sure, and a busy spool has many that are due.
    private static let atOnce = 8

    private func sweepInputs(_ report: inout SweepReport) async throws(LedgerError) {
        // Those that are due still, though they were tried.
        var stuck: Set<String> = []
        while true {
            let due = try await ledger.inputsDue(limit: Self.batch + stuck.count).filter { !stuck.contains($0.id) }
            if due.isEmpty { return }
            await withTaskGroup(of: (String, End).self) { group in
                var left = due[...]
                for _ in 0..<Self.atOnce {
                    if let job = left.popFirst() { group.addTask { (job.id, await self.end(inputsOf: job)) } }
                }
                for await (id, end) in group {
                    if !end.isOver { stuck.insert(id) }
                    end.add(to: &report)
                    if let job = left.popFirst() { group.addTask { (job.id, await self.end(inputsOf: job)) } }
                }
            }
        }
    }

    /// What became of the inputs of one job.
    private struct End: Sendable {
        var erased = Eraser.Report()
        var isOver = false
        var isExpired = false

        func add(to report: inout SweepReport) {
            report.files += erased.blobs
            report.bytes += erased.bytes
            report.failures += erased.failures
            if isOver { report.jobs += 1 }
            if isExpired { report.expired += 1 }
        }
    }

    private func end(inputsOf job: JobRecord) async -> End {
        var end = End()
        do throws(LedgerError) {
            if job.state.isSettled {
                end.erased = try await eraser.erase(job)
                end.isOver = end.erased.failures == 0
            } else {
                try await expire(job, &end)
            }
        } catch {
            end.erased.failures += 1
            recorder.log.error("inputs could not be deleted", ["job": job.id, "why": error.description])
        }
        return end
    }

    /// A job that did not settle in a day ends here, whatever it was waiting for.
    private func expire(_ job: JobRecord, _ end: inout End) async throws(LedgerError) {
        guard let seized = try await ledger.seize(job.id, for: owner) else { return }
        if seized.staged == .done || seized.staged == .failed {
            try await settler.resume(seized)
        } else {
            let reason = Reason(
                .expired, "the job did not settle within 24 hours of its acceptance", limit: "24h",
                hint: "look at what it waited for (darkroom show), then submit it again")
            try await settler.settle(seized, as: .failed, because: reason)
            end.isExpired = true
        }
        guard let after = try await ledger.job(job.id) else { return }
        if after.inputsDeletedAt == nil { end.erased = try await eraser.erase(after) }
        end.isOver = end.erased.failures == 0
    }

    // MARK: outputs

    private func sweepOutputs(_ report: inout SweepReport) async throws(LedgerError) {
        for output in try await ledger.outputsDue(limit: 10_000) {
            do throws(Shelf.Refusal) {
                try await shelf.end(output)
            } catch {
                if case .ledger(let error) = error { throw error }
                report.failures += 1
                recorder.log.error("an output could not be deleted", ["job": output.job, "why": error.description])
                continue
            }
            report.outputs += 1
        }
    }

    private func sweepPlans(_ report: inout SweepReport) async throws(LedgerError) {
        do throws(LedgerError) {
            try await shelf.limit()
        } catch {
            guard case .disk = error else { throw error }
            report.failures += 1
            recorder.log.error("plans could not be looked at", ["why": error.description])
        }
    }

    /// A gallery that can not be set right stops nothing else.
    private func sweepGallery(_ report: inout SweepReport) async throws(LedgerError) {
        do throws(LedgerError) {
            try await gallery.heed()
            if galleryPace.isTime() { try await gallery.agree() }
        } catch {
            guard case .disk = error else { throw error }
            report.failures += 1
            recorder.log.error("the gallery could not be set right", ["why": error.description])
        }
    }

    // MARK: statistics

    /// Weeks of counted prompts that are over end: what may be published is, and nothing is left that leads back to anybody.
    private func sweepStatistics(_ report: inout SweepReport) async throws(LedgerError) {
        guard let statistics else { return }
        let now = try await ledger.now()
        do throws(DiskError) {
            guard try await BlockingLane.disk.run({ () throws(DiskError) in try statistics.isDue(at: now) }) else {
                return
            }
        } catch {
            return sayOpen(error, &report)
        }
        let uncounted = try await ledger.uncounted()
        do throws(DiskError) {
            let closed = try await BlockingLane.disk.run { () throws(DiskError) in
                try statistics.close(before: now, without: uncounted)
            }
            for week in closed {
                await recorder.record(
                    "statistics.closed", nil, ["week": week.week.name, "cells": week.cells.map(String.init) ?? "0"])
            }
        } catch {
            sayOpen(error, &report)
        }
    }

    private func sayOpen(_ error: DiskError, _ report: inout SweepReport) {
        report.failures += 1
        recorder.log.error("a week of statistics could not be closed", ["why": error.description])
    }

    // MARK: credits

    private func sweepCredits() async throws(LedgerError) {
        var expired: Int64 = 0
        while case let some = try await ledger.expireCredits(), some > 0 { expired += some }
        if expired > 0 { await recorder.record("credits.expired", nil, ["credits": String(expired)]) }
    }

    // MARK: ids

    private func sweepIDs(_ report: inout SweepReport) async throws(LedgerError) {
        let moment = try await ledger.now().after(Span(milliseconds: -Self.memory.milliseconds))
        while report.forgotten < Self.mostForgotten, case let some = try await ledger.forget(settledBefore: moment),
            some > 0
        {
            report.forgotten += some
        }
        if report.forgotten > 0 { await recorder.record("jobs.forgotten", nil, ["jobs": String(report.forgotten)]) }
    }
}

/// What need not be done at every sweep: the first time, then after a while.
private final class Pace: Sendable {
    private let span: Span
    private let last = Mutex<Int64?>(nil)

    init(_ span: Span) { self.span = span }

    func isTime() -> Bool {
        let now = Monotonic.milliseconds()
        return last.withLock { last in
            if let last, now - last < span.milliseconds { return false }
            last = now
            return true
        }
    }
}
