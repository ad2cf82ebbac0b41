import Domain
package import Ledger

/// How much of their time the requests in the register have used up.
package struct RequestClock: Sendable {
    /// A request that has used up so many hundredths of its time, said once for each.
    package struct Warning: Sendable {
        package let request: RightsRequest
        package let share: Int
    }

    private let ledger: SQLiteLedger

    package init(_ ledger: SQLiteLedger) { self.ledger = ledger }

    private static let shares: [Int64] = [100, 80, 50]

    /// What has not been said yet.
    package func warnings() async throws(LedgerError) -> [Warning] {
        let now = try await ledger.now()
        var warnings: [Warning] = []
        // What a hold keeps of an erasure was answered for.
        for request in try await ledger.openRequests() where request.state != .held {
            let whole = max(1, request.due.since(request.received).milliseconds)
            let used = now.since(request.received).milliseconds
            guard let share = Self.shares.first(where: { used >= whole / 100 * $0 }) else { continue }
            if try await ledger.warn(of: request.id, at: Int(share)) {
                warnings.append(Warning(request: request, share: Int(share)))
            }
        }
        return warnings
    }
}
