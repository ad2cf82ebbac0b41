package import Audit
import Digests
import Disk
package import Documents
import Domain
package import Journal
package import Ledger
import Outcomes
package import Spool
package import Statistics
package import Vault

/// Erases all of one subject, step by step; each step is durable, and whoever comes next goes on from it:
/// `requested`, `hidden`, `shredded`, `purged`, `closing`, `closed`, or `held` until the last legal hold ends.
///
/// First nothing of it can be seen, then no key opens anything, then no byte is left, then the ledger and the book of calls know a
/// random tombstone in its place, and last the audit log loses the key of its name.
package struct Erasure: Sendable {
    /// How far an erasure has come.
    package struct Progress: Sendable {
        package var request: RightsRequest
        /// Jobs in a paid call, or whose answer is being finished: they are erased as soon as that has ended.
        package var busy: [String] = []
        /// The signed receipt, once there is one.
        package var receipt: JSONValue?

        /// Nothing is left to do before a hold ends.
        package var isOver: Bool { request.state == .closed || request.state == .held }
    }

    let ledger: SQLiteLedger
    let blobs: any BlobStore
    let vault: SubjectVault
    let spool: SpoolFolders
    let eraser: Eraser
    let gallery: Gallery
    let auditor: Auditor
    let recorder: Recorder
    let statistics: PromptStatistics

    package init(
        ledger: SQLiteLedger, blobs: any BlobStore, vault: SubjectVault, spool: SpoolFolders, auditor: Auditor,
        recorder: Recorder, statistics: PromptStatistics
    ) {
        self.ledger = ledger
        self.blobs = blobs
        self.vault = vault
        self.spool = spool
        self.auditor = auditor
        self.recorder = recorder
        self.statistics = statistics
        gallery = Gallery(ledger: ledger, spool: spool, recorder: recorder)
        eraser = Eraser(ledger: ledger, blobs: blobs, recorder: recorder)
    }

    /// Begins the erasure of a subject, or gives the one that has begun; `unknownSubject` where nothing is held of it.
    ///
    /// - Parameter isAlone: as for `run`.
    package func begin(
        _ order: RightsOrder, id: String, reference: String, isAlone: Bool
    ) async throws(RightsError) -> RightsRequest {
        let known = try await onLedger { () throws(LedgerError) in try await ledger.request(id) }
        if let known { return known }
        // One whose last steps a crash has kept from their end may not bear the subject's name any more.
        await resume(isAlone: isAlone)
        let documents = try await inVault { () throws(VaultError) in try await vault.documents(of: reference) }.count
        let isKnown = try await onLedger { () throws(LedgerError) in try await ledger.knows(reference) }
        guard isKnown || documents > 0 else { throw .unknownSubject }
        return try await onLedger { () throws(LedgerError) in
            var request = RightsRequest(
                id: id, verb: order.verb.rawValue, subjectRef: reference, label: order.cause.rawValue,
                received: try await ledger.now())
            request.tombstone = hexadecimal(randomBytes(32))
            return try await ledger.beginErasing(request)
        }
    }

    /// Takes up everything that is not over, as a start and each sweep do; what another process works on is left to it.
    ///
    /// - Parameter isAlone: nobody else works on jobs: a call that looks open ended with the run that made it.
    package func resume(isAlone: Bool) async {
        do throws(RightsError) {
            let open = try await onLedger { () throws(LedgerError) in try await ledger.openRequests() }
            for request in open where request.verb == RightsOrder.Verb.erase.rawValue {
                do throws(RightsError) {
                    _ = try await run(request.id, isAlone: isAlone)
                } catch {
                    if case .busy = error { continue }
                    recorder.log.error(
                        "an erasure could not go on", ["request": request.id, "why": error.description])
                }
            }
        } catch {
            recorder.log.error("erasures could not be looked at", ["why": error.description])
        }
    }

    /// Goes on with an erasure as far as it can go now.
    package func run(_ id: String, isAlone: Bool) async throws(RightsError) -> Progress {
        let place = spool.rightsLock
        let lock: FolderLock?
        do throws(DiskError) { lock = try FolderLock.take(place) } catch { throw .disk(error) }
        guard let lock else { throw .busy }
        let progress = try await go(id, isAlone: isAlone)
        _ = consume lock
        return progress
    }

    private func go(_ id: String, isAlone: Bool) async throws(RightsError) -> Progress {
        guard let request = try await onLedger({ () throws(LedgerError) in try await ledger.request(id) }) else {
            throw .unknownSubject
        }
        var progress = Progress(request: request)
        while !progress.isOver || progress.request.state == .held {
            let before = progress.request.state
            switch before {
            case .requested: try await hide(&progress, isAlone: isAlone)
            case .hidden: try await shred(&progress)
            case .shredded: try await purge(&progress)
            case .purged: try await bury(&progress)
            case .closing: try await close(&progress)
            case .held: try await endHolds(&progress)
            case .closed: break
            }
            guard progress.request.state != before else { break }
        }
        if progress.isOver { progress.receipt = try await storedReceipt(id) }
        return progress
    }

    // MARK: hidden

    /// Ends what is open of the subject and takes its folders out of sight, those of jobs in a paid call as soon as that has ended.
    private func hide(_ progress: inout Progress, isAlone: Bool) async throws(RightsError) {
        let request = progress.request
        progress.busy = []
        // What others see goes first.
        try await onLedger { () throws(LedgerError) in _ = try await gallery.withdraw(subject: request.subjectRef) }
        let open = try await onLedger { () throws(LedgerError) in try await ledger.unsettled(of: request.subjectRef) }
        for job in open {
            let isOver = try await onLedger { () throws(LedgerError) in
                try await ledger.withdraw(job, isAlone: isAlone)
            }
            if !isOver { progress.busy.append(job) }
        }
        let (jobs, folders) = try await hideFolders(of: request)
        try await removeAnswers(of: request)
        guard progress.busy.isEmpty else { return }
        progress.request = try await move(
            request, to: .hidden, "subject.hidden", ["jobs": String(jobs), "folders": String(folders)])
    }

    private func hideFolders(of request: RightsRequest) async throws(RightsError) -> (jobs: Int, folders: Int) {
        let folders = ErasedFolders(spool: spool, request: request.id)
        var (count, hidden) = (0, 0)
        try await eachJob(of: request.subjectRef) { jobs throws(RightsError) in
            count += jobs.count
            // Folders that are gone by now were delivered; the others will be gone for another reason.
            let ids = jobs.filter { $0.state == .done }.map(\.id)
            let standing = try await onDisk { () throws(DiskError) in
                var standing: [String] = []
                for id in ids { if try folders.isPublished(id) { standing.append(id) } }
                return standing
            }
            let gone = Set(ids).subtracting(standing)
            let events = try await onLedger { () throws(LedgerError) in
                let events = try await ledger.delivered(gone.sorted())
                try await ledger.unpublish(standing)
                return events
            }
            for event in events { recorder.tell(event) }
            for job in jobs { hidden += try await hide(job, folders) }
        }
        try await onDisk { () throws(DiskError) in try folders.sync() }
        return (count, hidden)
    }

    private func hide(_ job: JobRecord, _ folders: ErasedFolders) async throws(RightsError) -> Int {
        let isHeld = try await onLedger { () throws(LedgerError) in try await !ledger.holds(on: job.id).isEmpty }
        let id = job.id
        let found = try await onDisk { () throws(DiskError) in try folders.hide(id, keeps: isHeld) }
        guard found.outcomes.contains(.done) else { return found.outcomes.count }
        if isHeld {
            try await onLedger { () throws(LedgerError) in try await ledger.keepUnderHold(id) }
        } else {
            try await tellDeleted(id)
        }
        return found.outcomes.count
    }

    /// Writes down that a job's outputs are deleted; those that were before stay as they are.
    private func tellDeleted(_ job: String) async throws(RightsError) {
        let events = try await onLedger { () throws(LedgerError) in
            let outputs = try await ledger.outputs(of: job).filter { $0.file != nil && $0.deletedAt == nil }
            return try await ledger.outputsDeleted(outputs, found: true)
        }
        for event in events { recorder.tell(event) }
    }

    private func removeAnswers(of request: RightsRequest) async throws(RightsError) {
        let folders = ErasedFolders(spool: spool, request: request.id)
        let answers = try await onLedger { () throws(LedgerError) in
            try await ledger.requests(of: request.subjectRef).filter { $0.id != request.id }.compactMap(\.answer)
        }
        for answer in answers { try await onDisk { () throws(DiskError) in try folders.removeAnswer(answer) } }
    }

    // MARK: shredded

    /// Destroys every key: of the subject's jobs with their work files, and its own where no hold keeps its history.
    private func shred(_ progress: inout Progress) async throws(RightsError) {
        let request = progress.request
        var (jobs, files, failures) = (0, 0, 0)
        try await eachJob(of: request.subjectRef) { some throws(RightsError) in
            for job in some where job.inputsDeletedAt == nil {
                let answers = try await onLedger { () throws(LedgerError) in
                    try await ledger.effects(of: job.id).compactMap(\.answerBlob)
                }
                let report = try await onLedger { () throws(LedgerError) in try await eraser.erase(job) }
                jobs += 1
                files += report.blobs
                failures += report.failures
                // An answer that no row came to: noise by now, and still bytes.
                for answer in answers {
                    try await inVault { () throws(VaultError) in try await blobs.destroy(answer) }
                }
            }
        }
        // What was counted in weeks that are open: of those that are closed nobody can tell.
        let (statistics, reference) = (statistics, request.subjectRef)
        try await onDisk { () throws(DiskError) in try statistics.withdraw(reference) }
        // What could not be destroyed was said, and is tried again.
        guard failures == 0 else { return }
        if try await activeHolds(of: request).isEmpty {
            try await inVault { () throws(VaultError) in try await vault.end(request.subjectRef) }
        }
        progress.request = try await move(
            request, to: .shredded, "subject.shredded", ["jobs": String(jobs), "files": String(files)])
    }

    // MARK: purged

    /// Deletes every byte that is out of sight, and has the log say so.
    private func purge(_ progress: inout Progress) async throws(RightsError) {
        let request = progress.request
        let folders = ErasedFolders(spool: spool, request: request.id)
        var count = 0
        try await eachJob(of: request.subjectRef) { jobs throws(RightsError) in
            count += jobs.count
            let ids = jobs.map(\.id)
            try await onDisk { () throws(DiskError) in try folders.purge(ids) }
        }
        let held = try await activeHolds(of: request)
        if held.isEmpty {
            _ = try await onLedger { () throws(LedgerError) in try await ledger.dropHistory(of: request.subjectRef) }
        }
        let subject = try await onLedger { () throws(LedgerError) in try await ledger.subject(request.subjectRef) }
        if let record = subject?.record {
            try await inVault { () throws(VaultError) in try await vault.destroy(record, for: request.subjectRef) }
        }
        let keptJobs = try await onDisk { () throws(DiskError) in try folders.keptJobs() }
        progress.request = try await move(
            request, to: .purged, "subject.erased",
            ["jobs": String(count), "holds": String(held.count), "kept_jobs": String(keptJobs.count)])
    }

    // MARK: closing

    /// Makes the receipt while the log still knows whose entries these are, then puts the tombstone in the subject's place.
    private func bury(_ progress: inout Progress) async throws(RightsError) {
        let request = progress.request
        try await issueReceipt(request)
        let isBuried = try await onLedger { () throws(LedgerError) in try await ledger.bury(request) }
        // A job has come in meanwhile: it goes the same way.
        progress.request = isBuried ? try await again(request) : try await move(request, to: .requested)
    }

    /// The places that stand beside the ledger; the audit log last, so that all entries before could still belong to the subject.
    private func close(_ progress: inout Progress) async throws(RightsError) {
        let request = progress.request
        guard let tombstone = request.tombstone else { return }
        let isHeld = try await !activeHolds(of: request, under: tombstone).isEmpty
        if request.subjectRef != tombstone {
            let folder = spool.privateFolder
            try await onDisk { () throws(DiskError) in
                try CallBookFile.replace(request.subjectRef, with: tombstone, in: folder)
            }
            if isHeld {
                try await inVault { () throws(VaultError) in try await vault.move(request.subjectRef, to: tombstone) }
            }
            // Also what was sealed while the erasure was on its way.
            try await inVault { () throws(VaultError) in try await vault.end(request.subjectRef) }
            try await inAudit { () throws(AuditError) in try await auditor.forget(subject: request.subjectRef) }
        }
        guard try await onLedger({ () throws(LedgerError) in try await ledger.detach(request) }) else { return }
        try await onLedger { () throws(LedgerError) in
            try await ledger.conclude(request, as: isHeld ? .held : .closed)
        }
        recorder.tell(LedgerEvent(isHeld ? "request.held" : "request.closed", ["request": request.id]))
        progress.request = try await again(request)
    }

    // MARK: held

    /// Deletes what no hold keeps any more; with the last one the erasure is over.
    private func endHolds(_ progress: inout Progress) async throws(RightsError) {
        let request = progress.request
        let folders = ErasedFolders(spool: spool, request: request.id)
        for job in try await onDisk({ () throws(DiskError) in try folders.keptJobs() }) {
            guard try await onLedger({ () throws(LedgerError) in try await ledger.holds(on: job).isEmpty }) else {
                continue
            }
            try await tellDeleted(job)
            try await onDisk { () throws(DiskError) in try folders.purgeKept(job) }
        }
        guard try await activeHolds(of: request).isEmpty else { return }
        try await onDisk { () throws(DiskError) in try folders.endKept() }
        try await inVault { () throws(VaultError) in try await vault.end(request.subjectRef) }
        _ = try await onLedger { () throws(LedgerError) in try await ledger.dropHistory(of: request.subjectRef) }
        var count = 0
        try await eachJob(of: request.subjectRef) { jobs throws(RightsError) in count += jobs.count }
        _ = try await move(
            request, to: .held, "subject.erased", ["jobs": String(count), "holds": "0", "kept_jobs": "0"])
        try await issueReceipt(request)
        try await inAudit { () throws(AuditError) in try await auditor.forget(subject: request.subjectRef) }
        try await onLedger { () throws(LedgerError) in try await ledger.conclude(request, as: .closed) }
        progress.request = try await again(request)
    }

    func activeHolds(
        of request: RightsRequest, under reference: String? = nil
    ) async throws(RightsError) -> [LegalHold] {
        try await onLedger { () throws(LedgerError) in
            let now = try await ledger.now()
            return try await ledger.holds(of: reference ?? request.subjectRef).filter { $0.isActive(at: now) }
        }
    }

    // MARK: parts

    private func move(
        _ request: RightsRequest, to state: RightsRequest.State, _ event: String? = nil,
        _ facts: [String: String] = [:]
    ) async throws(RightsError) -> RightsRequest {
        let next = try await onLedger { () throws(LedgerError) in
            try await ledger.move(request, to: state, event, facts)
        }
        if let event { recorder.tell(LedgerEvent(event, facts.merging(["request": request.id]) { first, _ in first })) }
        return next
    }

    private func again(_ request: RightsRequest) async throws(RightsError) -> RightsRequest {
        try await onLedger { () throws(LedgerError) in try await ledger.request(request.id) } ?? request
    }

    /// All jobs of a subject, some hundred at a time.
    func eachJob(
        of reference: String, _ work: ([JobRecord]) async throws(RightsError) -> Void
    ) async throws(RightsError) {
        var last = ""
        while true {
            let jobs = try await onLedger { () throws(LedgerError) in
                try await ledger.jobs(of: reference, after: last, limit: 200)
            }
            guard let end = jobs.last else { return }
            last = end.id
            try await work(jobs)
        }
    }
}
