/// What is wrong with a log, and where.
package struct AuditFault: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// A line that is no entry.
        case unreadable
        /// An entry that stands where another should.
        case order
        /// An entry that does not name the hash of the one before it.
        case chain
        /// A file whose name says another first entry than it has.
        case file
        /// The tree is not the one that was signed.
        case root
        /// There are fewer entries than were signed.
        case short
        /// The signature is missing, damaged, or made with another key.
        case signature
        /// What stands behind the signed part was not written by Darkroom.
        case tail
        /// An entry and the ledger say different things of one event.
        case ledger
    }

    package let kind: Kind
    /// The entry that it shows at, counted from 0.
    package let entry: Int?
    package let detail: String

    package var description: String { (entry.map { "entry \($0): " } ?? "") + detail }
}

/// What a look at a whole log found.
package struct AuditReport: Sendable {
    /// Entries that are there, signed for or not.
    package var entries = 0
    package var files = 0
    package var checkpoint: Checkpoint?
    /// Events of the ledger that are not in the log yet: the daemon moves them every few seconds, and at its start.
    package var pending: Int64 = 0
    /// Bytes behind the signed part: a batch that is being written, or that a crash left.
    package var unsigned: Int64 = 0
    /// Whether the ledger was there to compare with.
    package var comparesLedger = false
    /// The first ones; a removed line can show in thousands of places.
    package private(set) var faults: [AuditFault] = []
    package private(set) var faultCount = 0

    private static let mostFaults = 20

    package mutating func add(_ kind: AuditFault.Kind, _ entry: Int?, _ detail: String) {
        faultCount += 1
        if faults.count < Self.mostFaults { faults.append(AuditFault(kind: kind, entry: entry, detail: detail)) }
    }
}
