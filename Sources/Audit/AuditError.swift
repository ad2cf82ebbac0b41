package import Disk
package import Ledger

/// What the audit log could not do.
package enum AuditError: Error, Sendable, Hashable, CustomStringConvertible {
    case disk(DiskError)
    case ledger(LedgerError)
    /// Something holds the log's lock for long.
    case busy
    /// The log is not as it was left: nothing is written to it until a person has looked.
    case alarm(String)
    /// A key, a note or a receipt that is not one.
    case unreadable(String)

    package var description: String {
        switch self {
        case .disk(let error): error.description
        case .ledger(let error): error.description
        case .busy: "another process works on the audit log"
        case .alarm(let what): what
        case .unreadable(let what): what
        }
    }
}
