package import Disk
package import Sealing

package enum VaultError: Error, Sendable, Hashable, CustomStringConvertible {
    case missing
    case tooLarge(limit: Int)
    /// What is on the disk is not what was sealed.
    case unopened(SealingError)
    case disk(DiskError)
    /// The key that all others are sealed to cannot be used.
    case rootKey(String)

    /// No room left on the disk.
    package var isFull: Bool {
        if case .disk(let error) = self { error.isFull } else { false }
    }

    package var description: String {
        switch self {
        case .missing: "a work file or its key is gone"
        case .tooLarge(let limit): "a work file has more than \(limit) bytes"
        case .unopened(let error): "a work file cannot be opened: \(error)"
        case .disk(let error): error.description
        case .rootKey(let what): "the sealing key \(what)"
        }
    }
}
