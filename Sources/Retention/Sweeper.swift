import Disk
package import Domain
package import Journal
package import Ledger
package import Outcomes
package import Spool
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
    package var state = RetentionState(nextDeadline: nil, holding: 0, oldestOverdue: nil)
    package var now = Timestamp(milliseconds: 0)
}

/// Deletes inputs and outputs when their time is over; knows every place they can be.
///
/// Runs in the daemon and as a command, also both at once: whoever comes second finds nothing left to do.
package struct Sweeper: Sendable {
    private let ledger: any JobLedger
    private let blobs: any BlobStore
    private let spool: SpoolFolders
    private let settler: Settler
    private let eraser: Eraser
    private let shelf: Shelf
    private let recorder: Recorder
    private let owner: String

    package init(
        ledger: any JobLedger, blobs: any BlobStore, spool: SpoolFolders, settler: Settler, eraser: Eraser,
        recorder: Recorder, owner: String
    ) {
        self.ledger = ledger
        self.blobs = blobs
        self.spool = spool
        self.settler = settler
        self.eraser = eraser
        shelf = Shelf(ledger: ledger, spool: spool, recorder: recorder)
        self.recorder = recorder
        self.owner = owner
    }

    private static let batch = 200
    /// How long what belongs to no job may lie there: the life of an input.
    private static let strayLife = Span.hours(24)
    /// How long a work file may be without its row: longer than any call may take.
    private static let strayRest = Span.hours(2)

    /// Sweeps once. Something that cannot be deleted stops nothing else.
    ///
    /// - Parameter claims: also old claims. A start leaves them alone: it is about to accept what an earlier run took, and
    ///   a hand-over that is deleted unaccepted has no outcome at all.
    package func runOnce(claims: Bool = true) async throws(LedgerError) -> SweepReport {
        var report = SweepReport()
        try await sweepInputs(&report)
        try await sweepOutputs(&report)
        try await sweepCredits()
        try await sweepStrays(unchangedFor: Self.strayRest, &report)
        if claims { await sweepClaims(&report) }
        report.state = try await ledger.retention()
        report.now = try await ledger.now()
        return report
    }

    // MARK: inputs

    private func sweepInputs(_ report: inout SweepReport) async throws(LedgerError) {
        var tried: Set<String> = []
        while true {
            let due = try await ledger.inputsDue(limit: Self.batch + tried.count).filter { !tried.contains($0.id) }
            if due.isEmpty { return }
            for job in due {
                tried.insert(job.id)
                do throws(LedgerError) {
                    if job.state.isSettled {
                        add(try await eraser.erase(job), to: &report)
                    } else {
                        try await expire(job, &report)
                    }
                } catch {
                    report.failures += 1
                    recorder.log.error("inputs could not be deleted", ["job": job.id, "why": error.description])
                }
            }
        }
    }

    /// A job that did not settle in a day ends here, whatever it was waiting for.
    private func expire(_ job: JobRecord, _ report: inout SweepReport) async throws(LedgerError) {
        guard let seized = try await ledger.seize(job.id, for: owner) else { return }
        if seized.staged == .done || seized.staged == .failed {
            try await settler.resume(seized)
        } else {
            let reason = Reason(
                .expired, "the job did not settle within 24 hours of its acceptance", limit: "24h",
                hint: "look at what it waited for (darkroom show), then submit it again")
            try await settler.settle(seized, as: .failed, because: reason)
            report.expired += 1
        }
        if let after = try await ledger.job(job.id) {
            if after.inputsDeletedAt == nil {
                add(try await eraser.erase(after), to: &report)
            } else {
                report.jobs += 1
            }
        }
    }

    private func add(_ erased: Eraser.Report, to report: inout SweepReport) {
        report.files += erased.blobs
        report.bytes += erased.bytes
        report.failures += erased.failures
        if erased.failures == 0 { report.jobs += 1 }
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

    // MARK: deliveries

    /// How many published folders are looked for at a time.
    private static let look = 500

    /// Folders that are not in `done/` any more, and that nothing of ours deleted, were taken away: that is their delivery.
    package func noteDeliveries() async throws(LedgerError) {
        let done = spool.outcomes(.done)
        var last = ""
        while case let jobs = try await ledger.published(after: last, limit: Self.look), let end = jobs.last {
            last = end
            let gone = await BlockingLane.disk.run { jobs.filter { Self.isGone(done + "/" + $0) } }
            // Where the place itself is gone, nothing can be said of what was in it.
            guard await BlockingLane.disk.run({ Files.exists(done) }) else { return }
            for event in try await ledger.delivered(gone) { recorder.tell(event) }
        }
    }

    /// What can not be looked at may well be there.
    private static func isGone(_ path: String) -> Bool {
        do throws(DiskError) { return try Files.info(path) == nil } catch { return false }
    }

    // MARK: credits

    private func sweepCredits() async throws(LedgerError) {
        var expired: Int64 = 0
        while case let some = try await ledger.expireCredits(), some > 0 { expired += some }
        if expired > 0 { await recorder.record("credits.expired", nil, ["credits": String(expired)]) }
    }

    // MARK: strays

    /// Claims that nobody accepted in a day: their files are inputs like any other.
    private func sweepClaims(_ report: inout SweepReport) async {
        let claims = spool.claims
        let now = Monotonic.wall()
        let gone = try? await BlockingLane.disk.run { () throws(DiskError) -> Int in
            var gone = 0
            for claim in try Folders.list(claims).entries
            where now - claim.info.modified / 1_000_000 > Self.strayLife.milliseconds {
                try Folders.removeTree(claims + "/" + claim.name)
                gone += 1
            }
            return gone
        }
        guard let gone, gone > 0 else { return }
        report.strays += gone
        await recorder.record("claims.expired", nil, ["claims": String(gone)])
    }

    /// What a crash left that belongs to no job: work files without a row, outcome folders that nobody will publish.
    ///
    /// Only for whoever holds the spool's lock, before anything is accepted.
    package func sweepStart() async throws(LedgerError) {
        var report = SweepReport()
        try await sweepStrays(unchangedFor: .zero, &report)
        let staging = spool.staging
        let names = try? await BlockingLane.disk.run { () throws(DiskError) in
            try Folders.list(staging).entries.map(\.name)
        }
        for name in names ?? [] {
            if let job = try await ledger.job(name), !job.state.isSettled { continue }
            try? await BlockingLane.disk.run { () throws(DiskError) in try Folders.removeTree(staging + "/" + name) }
        }
    }

    /// Blobs without a row, and keys without a blob that has one. What changed a moment ago is about to get its row, and is left
    /// alone.
    private func sweepStrays(unchangedFor age: Span, _ report: inout SweepReport) async throws(LedgerError) {
        guard let files = try? await blobs.list(), let keys = try? await blobs.keys() else { return }
        let known = try await ledger.allBlobIDs()
        let used = Set(known.map { BlobID.key(of: $0) })
        let old = Monotonic.wall() - age.milliseconds
        // A picture of an answer gets its row with the answer's.
        for blob in files
        where !known.contains(blob.id) && !known.contains(BlobID.owner(of: blob.id)) && blob.changed <= old {
            await end("work file", &report) { () throws(VaultError) in try await blobs.destroy(blob.id) }
        }
        for key in keys where !used.contains(key.key) && key.changed <= old {
            await end("key", &report) { () throws(VaultError) in try await blobs.destroyKey(key.key) }
        }
        if report.strays > 0 { await recorder.record("strays.deleted", nil, ["files": String(report.strays)]) }
    }

    private func end(
        _ what: String, _ report: inout SweepReport, _ destroy: () async throws(VaultError) -> Void
    ) async {
        do throws(VaultError) {
            try await destroy()
            report.strays += 1
        } catch {
            report.failures += 1
            recorder.log.error("a stray could not be deleted", ["what": what, "why": error.description])
        }
    }
}
