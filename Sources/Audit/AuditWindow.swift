import Digests
import Disk

/// What anybody may see of a log: its key, what is signed, its entries.
package struct AuditWindow: Sendable {
    private let folder: AuditFolder

    package init(_ folder: AuditFolder) {
        self.folder = folder
    }

    /// The published key; nil where nothing was ever signed here.
    package func key() async throws(AuditError) -> VerifierKey? {
        let folder = folder
        return try await BlockingLane.disk.run { () throws(AuditError) in try AuditDesk.verifier(folder) }
    }

    /// The newest signed checkpoint.
    package func checkpoint() async throws(AuditError) -> String? {
        let folder = folder
        return try await BlockingLane.disk.run { () throws(AuditError) in try AuditHead.note(in: folder) }
    }

    /// The last entries, at most `limit`, oldest first; of one job where one is named.
    package func entries(of job: String?, limit: Int) async throws(AuditError) -> [AuditEntry] {
        var last: [AuditEntry] = []
        var cursor = try await LogCursor.begin(folder)
        while let piece = try await cursor.read() {
            // Of a long log only the end is wanted.
            let lines = job == nil ? piece.lines.suffix(limit) : piece.lines[...]
            last += lines.compactMap { AuditEntry(line: $0) }.filter { job == nil || $0.job == job }
            last.removeFirst(max(0, last.count - limit))
        }
        return last
    }
}
