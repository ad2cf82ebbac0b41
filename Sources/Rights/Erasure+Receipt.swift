import Audit
import Disk
package import Documents
import Domain
import Ledger
import Spool

/// The receipts of erasures: signed statements of what was erased, what was not and why, and who had received it.
extension Erasure {
    private static let longest = 256 << 20

    /// Makes the receipt of an erasure and stores it, durably. A second one takes the place of the first.
    func issueReceipt(_ request: RightsRequest) async throws(RightsError) {
        // What happened stands in the log first.
        try await inAudit { () throws(AuditError) in _ = try await auditor.move() }
        var jobs: [JobRecord] = []
        try await eachJob(of: request.subjectRef) { some throws(RightsError) in jobs += some }
        let holds = try await activeHolds(of: request)
        let now = Timestamp(milliseconds: Monotonic.wall())
        let erased = ErasureClaim(
            request: request.id, cause: request.label ?? "", received: request.received.description,
            holds: holds.map { .init(id: $0.id, reason: $0.reason, expires: $0.expires.description, job: $0.job) })
        let found = jobs
        let receipt = try await inAudit { () throws(AuditError) in
            try await ReceiptOffice(auditor.folder, ledger).issue(for: found, erasing: erased, issued: now)
        }
        let text = Array(receipt.document.pretty.utf8)
        let (folder, place) = (spool.receipts, place(of: request.id))
        try await onDisk { () throws(DiskError) in
            try Folders.make(folder)
            try Files.writeDurably(text, to: place)
        }
    }

    /// The stored receipt of an erasure; nil where there is none.
    package func storedReceipt(_ request: String) async throws(RightsError) -> JSONValue? {
        let place = place(of: request)
        return try await onDisk { () throws(DiskError) in
            guard try Files.info(place) != nil, let bytes = try Files.read(place, limit: Self.longest) else {
                return nil
            }
            return try? JSONParser.parse(bytes)
        }
    }

    private func place(of request: String) -> String { spool.receipts + "/" + request + ".json" }
}
