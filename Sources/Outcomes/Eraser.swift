import Domain
package import Journal
package import Ledger
package import Vault

/// Ends the inputs of one job: every blob destroyed, then its row, then the fact noted.
package struct Eraser: Sendable {
    private let ledger: any JobLedger
    private let blobs: any BlobStore
    private let recorder: Recorder

    package init(ledger: any JobLedger, blobs: any BlobStore, recorder: Recorder) {
        self.ledger = ledger
        self.blobs = blobs
        self.recorder = recorder
    }

    /// What was ended, and what stood in the way.
    package struct Report: Sendable {
        package var blobs = 0
        package var bytes: Int64 = 0
        package var failures = 0

        package init() {}
    }

    /// Destroys the key and the work files of the job. One that cannot be destroyed stops no other; the job then counts as holding.
    package func erase(_ job: JobRecord) async throws(LedgerError) -> Report {
        var report = Report()
        var changes: [Change] = []
        let rows = try await ledger.blobs(of: job.id)
        // The keys first: what cannot be unlinked is noise by then.
        let keys = Set(rows.map { BlobID.key(of: $0.id) })
        for key in keys {
            do throws(VaultError) {
                try await blobs.destroyKey(key)
            } catch {
                report.failures += 1
                recorder.log.error("a key could not be destroyed", ["job": job.id, "why": error.description])
            }
        }
        for blob in rows {
            do throws(VaultError) {
                try await blobs.destroy(blob.id)
                changes.append(.dropBlob(blob.id))
                report.blobs += 1
                report.bytes += blob.bytes
            } catch {
                report.failures += 1
                recorder.log.error("a work file could not be deleted", ["job": job.id, "why": error.description])
            }
        }
        let now = try await ledger.now()
        if report.failures == 0 { changes.append(.inputsDeleted(at: now)) }
        let late = max(0, now.since(job.inputsDeleteBy).milliseconds / 1000)
        // What stays where it was has been told of.
        if !changes.isEmpty {
            try await recorder.write(
                job.hold, nil, changes,
                LedgerEvent(
                    "inputs.deleted", job: job.id,
                    [
                        "blobs": String(report.blobs), "bytes": String(report.bytes), "keys": String(keys.count),
                        "left": String(report.failures), "late_s": String(late),
                    ]))
        }
        if late > Self.breach { try await tellBreach(job, late: late, isOver: report.failures == 0) }
        return report
    }

    /// A deadline that was not kept: in the log each time, among the events once.
    private func tellBreach(_ job: JobRecord, late: Int64, isOver: Bool) async throws(LedgerError) {
        recorder.log.error(
            "inputs are not deleted by their deadline",
            ["job": job.id, "late_s": String(late), "over": isOver ? "yes" : "no"])
        let known = try await ledger.events(of: job.id).contains { $0.event.name == Self.breachName }
        if !known { await recorder.record(Self.breachName, job.id, ["late_s": String(late)]) }
    }

    private static let breachName = "inputs.overdue"

    /// Seconds after which a deletion that was due is a broken promise.
    package static let breach: Int64 = 60
}
