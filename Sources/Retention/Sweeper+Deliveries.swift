import Disk
import Domain
import Journal
package import Ledger
import Spool

/// Outputs that were taken away from `done/`.
extension Sweeper {
    /// How many published folders are looked for at a time, and at most at a look: there may be a million that nobody fetches.
    private static let look = 500
    package static let mostLooks = 5000

    /// Folders that are not in `done/` any more, and that nothing of ours deleted, were taken away: that is their delivery.
    ///
    /// - Parameters:
    ///   - place: what the look before gave, the empty string for the first.
    ///   - most: how many folders are looked for.
    /// - Returns: where the next look goes on; the empty string when all were looked for.
    @discardableResult
    package func noteDeliveries(after place: String = "", most: Int = .max) async throws(LedgerError) -> String {
        let done = spool.outcomes(.done)
        var last = place
        var looked = 0
        while looked < most,
            case let jobs = try await ledger.published(after: last, limit: min(Self.look, most - looked))
        {
            guard let end = jobs.last else { return "" }
            last = end
            looked += jobs.count
            let gone = await BlockingLane.disk.run { jobs.filter { Self.isGone(done + "/" + $0) } }
            // Where the place itself is gone, nothing can be said of what was in it.
            guard await BlockingLane.disk.run({ Files.exists(done) }) else { return "" }
            for event in try await ledger.delivered(gone) { recorder.tell(event) }
        }
        return last
    }

    /// What can not be looked at may well be there.
    private static func isGone(_ path: String) -> Bool {
        do throws(DiskError) { return try Files.info(path) == nil } catch { return false }
    }
}
