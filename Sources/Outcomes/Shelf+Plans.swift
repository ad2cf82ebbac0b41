import Disk
import Domain
import Journal
package import Ledger
import Spool

extension Shelf {
    private static let batch = 100

    /// Looks at the outputs of each subject of whose anything changed, and gives those that are more than its plan allows an end. What
    /// stands in their folders says so before the ledger does: where this is cut short, it is done again.
    package func limit() async throws(LedgerError) {
        for event in try await ledger.tellOfEnds(limit: 10_000) { recorder.tell(event) }
        while case let subjects = try await ledger.plansToCheck(limit: Self.batch), !subjects.isEmpty {
            for (subject, mark) in subjects { try await limit(subject, mark) }
        }
    }

    private func limit(_ subject: String, _ mark: Int64) async throws(LedgerError) {
        let now = try await ledger.now()
        let changes = try await ledger.planShelf(of: subject)?.changes(now: now) ?? []
        let spool = spool
        do throws(DiskError) {
            try await BlockingLane.disk.run { () throws(DiskError) in
                for change in changes {
                    let folder = spool.outcome(.done, of: change.output.job)
                    try OutcomeNote.noteEnd(change.end, of: change.output, in: folder)
                }
            }
        } catch {
            throw error.isFull ? .full : .disk(code: error.code, doing: error.operation)
        }
        for event in try await ledger.setEnds(changes, of: subject, checked: mark) { recorder.tell(event) }
    }
}
