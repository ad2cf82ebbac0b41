package import Audit
package import Disk
package import Domain
package import Journal
package import Ledger
package import Outcomes
package import Retention
package import Rights
package import Settings
package import Spool
package import Statistics
package import Vault

/// Why nothing could be started; each says what to do.
package enum StartError: Error, Sendable, CustomStringConvertible {
    /// There is no spool, and the caller does not make one.
    case noSpool(String)
    case inUse(String)
    case disk(DiskError, path: String)
    case ledger(LedgerError)
    case configuration(ConfigurationError)
    case machine(String)
    /// The address of the status page can not be had.
    case listen(ListenAddress, why: String)

    package var description: String {
        switch self {
        case .noSpool(let path):
            "there is no spool at \(path): name it with --spool, or start `darkroom run` once to make it"
        case .inUse(let path): "another Darkroom works on \(path): stop it first, or use another spool"
        case .disk(let error, let path):
            "\(path): \(error.description): check that it exists and belongs to the user that runs Darkroom"
        case .ledger(let error): error.description
        case .configuration(let error): error.description
        case .machine(let what): what
        case .listen(let address, let why):
            "\(address) can not be listened on (\(why)): choose another for \"listen\", or \"off\""
        }
    }
}

/// The spool with all that keeps it: what every verb that looks at jobs opens.
package struct Stores: Sendable {
    package let configuration: Configuration
    package let spool: SpoolFolders
    package let ledger: SQLiteLedger
    package let blobs: FileBlobs
    package let subjects: SubjectVault
    package let recorder: Recorder
    package let settler: Settler
    package let sweeper: Sweeper
    package let reopener: Reopener
    package let auditor: Auditor
    package let shelf: Shelf
    package let statistics: PromptStatistics
    package let history: History
    package let rights: RightsOffice
    package let erasure: Erasure

    /// Opens the spool of `configuration`.
    ///
    /// - Parameters:
    ///   - makes: makes the spool where there is none.
    ///   - owner: name of this run.
    package init(
        _ configuration: Configuration, makes: Bool, owner: String, log: Log,
        clock: any Timekeeper = SystemClock(), watch: @escaping @Sendable (LedgerEvent) -> Void = { _ in }
    ) throws(StartError) {
        self.configuration = configuration
        let spool = SpoolFolders(root: configuration.spool)
        guard makes || spool.exists else {
            // What may not be looked into is not missing.
            guard let refusal = Files.refusal(to: .enter, spool.privateFolder), !refusal.isMissing else {
                throw .noSpool(spool.root)
            }
            throw .disk(refusal, path: spool.privateFolder)
        }
        if makes {
            do throws(DiskError) {
                try spool.prepare(
                    group: configuration.spoolGroup?.number, requests: configuration.requestsGroup?.number)
            } catch {
                throw .disk(error, path: spool.root)
            }
        }
        do throws(LedgerError) {
            ledger = try SQLiteLedger(path: spool.ledger, timekeeper: clock)
        } catch {
            throw .ledger(error)
        }
        self.spool = spool
        let root = Self.root(configuration, spool)
        blobs = FileBlobs(folder: spool.blobs, keys: spool.keys, hours: spool.hours, root: root)
        subjects = SubjectVault(folder: spool.subjects, keys: spool.keys, hours: spool.hours, root: root)
        recorder = Recorder(ledger: ledger, log: log, watch: watch)
        auditor = Auditor(ledger, AuditFolder(path: spool.audit, key: spool.auditKey))
        let eraser = Eraser(ledger: ledger, blobs: blobs, recorder: recorder)
        settler = Settler(ledger: ledger, spool: spool, eraser: eraser, recorder: recorder)
        reopener = Reopener(ledger: ledger, spool: spool, settler: settler, recorder: recorder, owner: owner)
        shelf = Shelf(ledger: ledger, spool: spool, recorder: recorder)
        statistics = PromptStatistics(folder: spool.statistics)
        history = History(ledger: ledger, vault: subjects, recorder: recorder)
        let gallery = Gallery(ledger: ledger, spool: spool, recorder: recorder)
        rights = RightsOffice(
            ledger: ledger, vault: subjects, auditor: auditor, recorder: recorder, gallery: gallery, history: history)
        erasure = Erasure(
            ledger: ledger, blobs: blobs, vault: subjects, spool: spool, auditor: auditor, recorder: recorder,
            statistics: statistics)
        sweeper = Sweeper(
            ledger: ledger, blobs: blobs, spool: spool, settler: settler, eraser: eraser, recorder: recorder,
            owner: owner, statistics: statistics, history: history)
    }

    /// What packages all that is held of a subject.
    package var exportPackage: ExportPackage {
        ExportPackage(
            office: rights, blobs: blobs, spool: spool,
            about: ExportPackage.About(policy: (configuration.profile.id, configuration.profile.hash)))
    }

    private static func root(_ configuration: Configuration, _ spool: SpoolFolders) -> RootKey {
        guard let source = configuration.sealKey else { return RootKey(.own(spool.sealKey)) }
        return RootKey(
            .given { () throws(VaultError) in
                do throws(ConfigurationError) {
                    return try source.readBytes()
                } catch {
                    throw .rootKey("seal.key: " + error.faults.joined(separator: "; "))
                }
            })
    }
}
