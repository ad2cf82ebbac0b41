import Disk
import Domain
import Journal
package import Ledger
import Spool
import Vault

/// What belongs to no job any more: old claims, work files, folders, and the keys of hours.
extension Sweeper {
    /// How long what belongs to no job may lie there: the life of an input.
    private static let strayLife = Span.hours(24)
    /// How long a work file may be without its row: longer than any call may take.
    static let strayRest = Span.hours(2)

    /// Claims that nobody accepted in a day: their files are inputs like any other.
    func sweepClaims(_ report: inout SweepReport) async throws(LedgerError) {
        let claims = spool.claims
        // Claims are stamped by the clock that deadlines hang on.
        let now = try await ledger.now().milliseconds
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
    func sweepStrays(unchangedFor age: Span, _ report: inout SweepReport) async throws(LedgerError) {
        let old = Monotonic.wall() - age.milliseconds
        if let walk = try? await blobs.walkBlobs() {
            while let names = try? await walk.next(), !names.isEmpty {
                for blob in try await strays(among: names.filter { $0.changed <= old }.map(\.name)) {
                    await end("work file", &report) { () throws(VaultError) in try await blobs.destroy(blob) }
                }
            }
        }
        if let used = try await sweepKeys(before: old, &report) {
            // The hour before may still be given to a job that is being taken in.
            let hour = try await ledger.now().hour
            await endHours { () throws(VaultError) in try await blobs.endHours(before: hour - 1, but: used) }
        }
        if report.strays > 0 { await recorder.record("strays.deleted", nil, ["files": String(report.strays)]) }
    }

    /// Gives the hours of all keys that there are; nil where not all of them could be looked at.
    private func sweepKeys(before old: Int64, _ report: inout SweepReport) async throws(LedgerError) -> Set<Int64>? {
        guard let walk = try? await blobs.walkKeys() else { return nil }
        var hours: Set<Int64> = []
        while let names = try? await walk.next() {
            if names.isEmpty { return hours }
            hours.formUnion(names.compactMap { BlobID.hour(of: $0.name) })
            for key in try await ledger.unusedKeys(among: names.filter { $0.changed <= old }.map(\.name)) {
                await end("key", &report) { () throws(VaultError) in try await blobs.destroyKey(key) }
            }
        }
        return nil
    }

    /// How many hours the key of an hour lasts: as long as the inputs of a job that was taken in at its end, and one for taking in.
    private static let hoursOfKeys: Int64 = 26

    /// Whatever else goes wrong, nothing of an hour can be read when its key has ended.
    func sweepHours() async throws(LedgerError) {
        let hour = try await ledger.now().hour
        await endHours { () throws(VaultError) in try await blobs.endHours(before: hour - Self.hoursOfKeys) }
    }

    private func endHours(_ end: () async throws(VaultError) -> Int) async {
        do throws(VaultError) {
            let ended = try await end()
            if ended > 0 { await recorder.record("hour_keys.destroyed", nil, ["hours": String(ended)]) }
        } catch {
            recorder.log.error("the key of an hour could not be destroyed", ["why": error.description])
        }
    }

    private func strays(among ids: [String]) async throws(LedgerError) -> [String] {
        let unknown = try await ledger.unknownBlobs(among: ids)
        if unknown.isEmpty { return [] }
        // A picture of an answer gets its row with the answer's.
        let ownerless = try await ledger.unknownBlobs(among: unknown.map { BlobID.owner(of: $0) })
        return unknown.filter { ownerless.contains(BlobID.owner(of: $0)) }
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
