package import Audit
package import Disk
package import Ledger
package import Vault

/// Why something that was asked for a subject did not happen. Never names the subject.
package enum RightsError: Error, Sendable, CustomStringConvertible {
    /// What was asked makes no sense: the field, a sentence, what to write instead.
    case order(field: String, message: String, hint: String?)
    /// Nothing is held of the subject.
    case unknownSubject
    case unknownHold(String)
    /// The subject has no such job.
    case unknownJob(String)
    /// Another process erases something, which only one may do at a time.
    case busy
    case ledger(LedgerError)
    case vault(VaultError)
    case audit(AuditError)
    case disk(DiskError)
    /// The package could not be written; `detail` is for people.
    case package(detail: String)

    package var description: String {
        switch self {
        case .order(let field, let message, _): "\(field): \(message)"
        case .unknownSubject: "nothing is held of this subject"
        case .unknownHold(let id): "the subject has no hold \(id) that has not ended"
        case .unknownJob(let id): "the subject has no job \(id)"
        case .busy: "another process is erasing something"
        case .ledger(let error): error.description
        case .vault(let error): error.description
        case .audit(let error): error.description
        case .disk(let error): error.description
        case .package(let detail): "the package could not be written: \(detail)"
        }
    }

    /// For programs.
    package var code: String {
        switch self {
        case .order: "invalid_request"
        case .unknownSubject: "unknown_subject"
        case .unknownHold: "unknown_hold"
        case .unknownJob: "unknown_job"
        case .busy: "busy"
        case .ledger, .vault, .audit, .disk, .package: "input_output"
        }
    }
}

func onLedger<Value>(_ work: () async throws(LedgerError) -> Value) async throws(RightsError) -> Value {
    do throws(LedgerError) { return try await work() } catch { throw .ledger(error) }
}

func inVault<Value>(_ work: () async throws(VaultError) -> Value) async throws(RightsError) -> Value {
    do throws(VaultError) { return try await work() } catch { throw .vault(error) }
}

func inAudit<Value>(_ work: () async throws(AuditError) -> Value) async throws(RightsError) -> Value {
    do throws(AuditError) { return try await work() } catch { throw .audit(error) }
}

func onDisk<Value: Sendable>(
    _ work: @escaping @Sendable () throws(DiskError) -> Value
) async throws(RightsError) -> Value {
    do throws(DiskError) { return try await BlockingLane.disk.run(work) } catch { throw .disk(error) }
}
