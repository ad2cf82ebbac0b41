import Digests
package import Disk
import Documents
package import Domain
package import Journal
package import Ledger
package import Spool
package import Vault

/// Turns a claim into a job: images and spec become blobs, the ledger gets its rows, then the plain files go.
///
/// Each step can be run again: a claim is accepted once, by its token; blobs without a row are swept at start.
package struct Acceptor: Sendable {
    package struct Rules: Sendable {
        package var limits: HandOverLimits
        package var retainInputs: Span
        package var retainOutputs: Span?
        /// Longest that inputs live after acceptance.
        package var longestLife = Span.hours(24)
        /// Gives the prompt of a template; may block on the disk. Without a folder of templates there is none.
        package var expand: @Sendable (TemplateUse) throws(Reason) -> ExpandedTemplate = { (_) throws(Reason) in
            throw Reason(
                .invalidManifest, "there is no such template", field: "template.name",
                hint: "the configuration names no folder of templates")
        }
        /// Refuses a prompt for what it holds; may block on the disk.
        package var screen: @Sendable (String) throws(Reason) -> Void = { (_) throws(Reason) in }
        /// Looks at a spec before it is taken: route, model and price; gives the route's name.
        package var examine: @Sendable (JobSpec) throws(Reason) -> String
        package var profile: (id: String, hash: String)
        package var originNode: String
        /// Whether outputs may be kept beyond `retainOutputs`.
        package var maySave = false
        /// What every job vouches for: without it `examine` let none through.
        package var attestations: [String] = []
        /// Credits of its subject that each output of a job costs; 0 uses none.
        package var creditsPerOutput: @Sendable (JobSpec) throws(Reason) -> Int64 = { _ in 0 }

        /// How long it is kept what subjects ask for; nil for not at all.
        package var history: HistoryTerm?
        /// What the plan that a job names lets its subject keep.
        package var planTerms: @Sendable (JobSpec) -> PlanTerms? = { _ in nil }

        package init(
            limits: HandOverLimits, retainInputs: Span, retainOutputs: Span?, profile: (id: String, hash: String),
            originNode: String, examine: @escaping @Sendable (JobSpec) throws(Reason) -> String
        ) {
            self.limits = limits
            self.retainInputs = retainInputs
            self.retainOutputs = retainOutputs
            self.profile = profile
            self.originNode = originNode
            self.examine = examine
        }
    }

    package enum AcceptError: Error, Sendable, CustomStringConvertible {
        case disk(DiskError)
        case vault(VaultError)
        case ledger(LedgerError)

        /// No room left: the claim stays, and is accepted when there is.
        package var isFull: Bool {
            switch self {
            case .disk(let error): error.isFull
            case .vault(let error): error.isFull
            case .ledger(let error): error == .full
            }
        }

        package var description: String {
            switch self {
            case .disk(let error): error.description
            case .vault(let error): error.description
            case .ledger(let error): error.description
            }
        }
    }

    private let ledger: any JobLedger
    private let blobs: any BlobStore
    private let spool: SpoolFolders
    private let claims: Claims
    private let recorder: Recorder
    private let rules: Rules
    private let contentKey: [UInt8]
    private let subjectKey: [UInt8]

    package init(
        ledger: any JobLedger, blobs: any BlobStore, spool: SpoolFolders, claims: Claims, recorder: Recorder,
        rules: Rules
    ) async throws(LedgerError) {
        self.ledger = ledger
        self.blobs = blobs
        self.spool = spool
        self.claims = claims
        self.recorder = recorder
        self.rules = rules
        contentKey = try await ledger.installationSecret("content-hash") { randomBytes(32) }
        subjectKey = try await ledger.installationSecret(SubjectRecord.secret) { randomBytes(32) }
    }

    /// The keyed hash under which the ledger knows a subject.
    package static func reference(to subject: String, key: [UInt8]) -> String {
        SubjectRecord.reference(to: subject, key: key)
    }

    /// What becomes one job: the token by which it is known after a crash, NAME, and the batch that it is a line of.
    private struct Origin {
        let token: String
        let name: String
        var batch: BatchID?
        /// The line's number; nil for what stands for a whole batch.
        var line: Int?
        var droppedBy: UInt32?
        /// The id that it asks for, and does not get.
        var requestedID: String?

        /// The id of a job that has none of its own; nil where one has to be made.
        var id: String? {
            guard let batch else { return nil }
            return line.map(batch.job) ?? batch.description
        }
    }

    /// Accepts one claim and returns the job's id; nil where an earlier try accepted it and only could not end the claim.
    @discardableResult
    package func accept(_ claim: Claim) async throws(AcceptError) -> String? {
        try await sorted {
            let limits = rules.limits
            let claims = claims
            let isOver = try await BlockingLane.disk.run { () throws(DiskError) in
                guard try claims.isOver(claim) else { return false }
                try claims.drop(claim)
                return true
            }
            if isOver { return nil }
            let handOver = try await BlockingLane.disk.run { () throws(DiskError) in
                try HandOver.read(claim, limits: limits)
            }
            // A batch that cannot be read at all: what stands for it has its id.
            let batch = claim.form == .batch ? claim.batch(named: handOver.name) : nil
            let id = try await enter(
                Origin(token: claim.token, name: handOver.name, batch: batch, droppedBy: handOver.droppedBy),
                handOver.content)
            try await BlockingLane.disk.run { () throws(DiskError) in try claims.drop(claim) }
            return id
        }
    }

    /// Accepts one line of a batch and returns the job's id. The claim stays until `end`.
    @discardableResult
    package func accept(_ line: BatchLine, of batch: Batch) async throws(AcceptError) -> String {
        try await sorted {
            let limits = rules.limits
            let handOver = await BlockingLane.disk.run { HandOver.read(line, of: batch, limits: limits) }
            return try await enter(origin(of: line, batch), handOver.content)
        }
    }

    /// Enters one line of a batch as a job that failed, whatever it asks for. An id of its own stays free for another try.
    @discardableResult
    package func refuse(_ line: BatchLine, of batch: Batch, _ reason: Reason) async throws(AcceptError) -> String {
        try await sorted {
            var origin = origin(of: line, batch)
            if case .whole(let bytes) = line.text { origin.requestedID = Manifest.claimedID(bytes) }
            return try await enterRefused(origin, reason, nil)
        }
    }

    /// Ends a batch whose lines are all in the ledger; one that had none becomes a job that failed.
    package func end(_ batch: Batch) async throws(AcceptError) {
        try await sorted {
            if batch.isBlank {
                let reason = Reason(
                    .invalidManifest, "the batch holds no line", hint: "write one manifest a line, as JSON")
                _ = try await enterRefused(
                    Origin(token: batch.claim.token, name: batch.name, batch: batch.id), reason, nil)
            }
            let claims = claims
            try await BlockingLane.disk.run { () throws(DiskError) in try claims.drop(batch.claim) }
        }
    }

    private func origin(of line: BatchLine, _ batch: Batch) -> Origin {
        Origin(token: line.token, name: batch.name, batch: batch.id, line: line.number, droppedBy: batch.droppedBy)
    }

    private func sorted<Value>(_ work: () async throws -> Value) async throws(AcceptError) -> Value {
        do {
            return try await work()
        } catch let error as DiskError {
            throw .disk(error)
        } catch let error as LedgerError {
            throw .ledger(error)
        } catch let error as VaultError {
            throw .vault(error)
        } catch let error as AcceptError {
            throw error
        } catch {
            throw .disk(DiskError("accept a job", code: 5))
        }
    }

    private func enter(_ origin: Origin, _ content: HandOver.Content) async throws -> String {
        switch content {
        case .refused(let reason, let id):
            return try await enterRefused(origin, reason, id)
        case .job(let manifest, let references, let mask):
            let spec: JobSpec
            let route: String
            let credits: Int64
            do throws(Reason) {
                spec = try await expanded(manifest)
                let (screen, prompt) = (rules.screen, spec.prompt)
                try await BlockingLane.disk.run { () throws(Reason) in try screen(prompt) }
                route = try rules.examine(spec)
                credits = try rules.creditsPerOutput(spec)
            } catch {
                return try await enterRefused(origin, error, manifest.spec.id)
            }
            return try await enterJob(origin, spec, (route, credits), references, mask)
        }
    }

    /// The job with its prompt: what is sealed is what the template says now.
    private func expanded(_ manifest: Manifest) async throws(Reason) -> JobSpec {
        guard manifest.template != nil else { return manifest.spec }
        let expand = rules.expand
        return try await BlockingLane.disk.run { () throws(Reason) in try manifest.spec(expanding: expand) }
    }

    // MARK: jobs

    private func enterJob(
        _ origin: Origin, _ spec: JobSpec, _ found: (route: String, credits: Int64), _ references: [String],
        _ mask: String?
    ) async throws -> String {
        var rows: [BlobRecord] = []
        do {
            var job = try await draft(origin, wanting: spec.id, route: found.route)
            job.priority = spec.priority
            job.count = spec.count
            job.referenceCount = spec.referenceCount
            job.retainInputs = min(spec.retainInputs ?? rules.retainInputs, rules.retainInputs)
            job.plan = rules.planTerms(spec)
            job.attestations = spec.attestations
            job.history = spec.subject == nil ? nil : rules.history
            job.retainOutputs =
                spec.save ? nil : [spec.retainOutputs, rules.retainOutputs, job.plan?.age].compactMap { $0 }.min()
            job.maySave = rules.maySave
            job.visibility = spec.visibility
            job.isProtected = spec.protect
            job.creditsPerOutput = found.credits
            job.subjectRef = spec.subject.map { Self.reference(to: $0, key: subjectKey) }
            job.party = job.subjectRef ?? origin.droppedBy.map { "user \($0)" }
            try await keepAll(spec, references, mask, of: &job, &rows)
            let (id, isNew) = try await enter(job, wanting: spec.id, origin, rows)
            if !isNew { await discard(rows) }
            if isNew, !rules.attestations.isEmpty {
                await recorder.record(
                    "job.attested", id, ["attestations": rules.attestations.joined(separator: " ")])
            }
            return id
        } catch {
            // A commit that failed may still be found whole after a crash: its blobs wait for the sweep at start.
            if (error as? LedgerError).map({ $0 == .full }) ?? true { await discard(rows) }
            throw error
        }
    }

    private func enterRefused(_ origin: Origin, _ reason: Reason, _ id: String?) async throws -> String {
        var job = try await draft(origin, wanting: id, route: "")
        job.reason = reason
        let entered = try await enter(job, wanting: id, origin, [])
        if entered.isNew, let rule = AbuseRule(reason) {
            await recorder.record("abuse.refused", entered.id, ["rule": rule.rawValue])
        }
        return entered.id
    }

    private func draft(_ origin: Origin, wanting id: String?, route: String) async throws -> JobRecord {
        let now = try await ledger.now()
        let label = JobName.label(from: origin.name)
        var job = JobRecord(
            id: id ?? origin.id ?? fresh(label), claimToken: origin.token, route: route, acceptedAt: now,
            inputsDeleteBy: now.after(rules.longestLife), retainInputs: rules.retainInputs,
            profileID: rules.profile.id, profileHash: rules.profile.hash, originNode: rules.originNode)
        job.batch = origin.batch
        job.requestedID = origin.requestedID
        return job
    }

    // MARK: ids

    /// Enters the job under its own id, or, where that is taken, under a fresh one that says why.
    private func enter(
        _ job: JobRecord, wanting id: String?, _ origin: Origin, _ rows: [BlobRecord]
    ) async throws -> (id: String, isNew: Bool) {
        let label = id ?? JobName.label(from: origin.name)
        var job = job
        for _ in 0..<8 {
            let rows = rows.map { row in
                var row = row
                row.job = job.id
                return row
            }
            let outcomes = Outcome.allCases.map { spool.outcome($0, of: job.id) }
            let standing = await BlockingLane.disk.run { outcomes.contains(where: Files.exists) }
            // A folder that no row explains belongs to a ledger that is lost: it is not written over.
            let isForeign = standing ? try await ledger.job(job.id) == nil : false
            let acceptance = isForeign ? nil : try await ledger.accept(job, blobs: rows)
            switch acceptance {
            case .accepted:
                recorder.tell(.accepted(job))
                return (job.id, true)
            case .repeated(let known):
                return (known, false)
            case .taken(let holder) where id != nil:
                job.requestedID = id
                job.id = fresh(label)
                if holder.contentRef == job.contentRef, !job.contentRef.isEmpty {
                    job.duplicateOf = holder.id
                } else if job.reason == nil {
                    job.reason = Self.conflict
                }
            case .taken(let holder) where origin.line != nil && holder.claimToken.hasPrefix(JobPapers.foundToken):
                // The same line, taken in by its outcome after the ledger was lost: no other has this number of this batch.
                return (holder.id, false)
            case .taken:
                job.id = fresh(label)
            case nil:
                if id != nil {
                    job.requestedID = id
                    job.reason = job.reason ?? Self.conflict
                }
                job.id = fresh(label)
            }
        }
        throw AcceptError.ledger(.storage(code: 0, doing: "find a free id"))
    }

    private static let conflict = Reason(
        .idConflict, "another job has this id", field: "id", hint: "choose an id that was not used before")

    private func fresh(_ label: String) -> String {
        "\(label.prefix(JobName.longestID - 9))-\(JobName.suffix(from: randomBytes(5)))"
    }

    // MARK: blobs

    /// Keeps references, mask and spec, the spec last and with what makes a job of them again should the ledger be lost. `rows`
    /// grows as they do.
    private func keepAll(
        _ spec: JobSpec, _ references: [String], _ mask: String?, of job: inout JobRecord, _ rows: inout [BlobRecord]
    ) async throws {
        var digest = SHA256Digest()
        let asked = Array(spec.stored.compact.utf8)
        // One key a job: without it nothing of the job can be read.
        let key = try await blobs.newKey(hour: ledger.now().hour)
        // Whose picture it is belongs to what is asked: nobody gets a link to somebody else's outputs.
        for part in [asked, Array((spec.subject ?? "").utf8)] {
            digest.update(Array("\(part.count):".utf8))
            digest.update(part)
        }
        var room = rules.limits.jobBytes
        for (index, path) in references.enumerated() {
            rows.append(try await keep(path, under: key, .reference, index, &room, &digest))
        }
        if let mask { rows.append(try await keep(mask, under: key, .mask, 0, &room, &digest)) }
        job.contentRef = hexadecimal(keyedHash(digest.finish(), key: contentKey))
        job.inputBytes = rows.reduce(0) { $0 + $1.bytes }
        let stored = Array(JobPapers(job, rows).beside(spec.stored).compact.utf8)
        let id = try await blobs.put(stored, under: key)
        job.specBlob = id
        rows.append(BlobRecord(id: id, job: "", kind: .spec, position: 0, bytes: Int64(stored.count)))
    }

    private func keep(
        _ path: String, under key: String, _ kind: BlobRecord.Kind, _ position: Int, _ room: inout Int,
        _ digest: inout SHA256Digest
    ) async throws -> BlobRecord {
        let limit = min(rules.limits.referenceBytes, room)
        // What was looked at may be another file by now: this is a file of its own, or it is looked at again.
        let bytes = try await BlockingLane.disk.run { () throws(DiskError) in try Files.readOwn(path, limit: limit) }
        // Whoever still writes to it: the claim stays, and the next look at it gives the reason.
        guard let bytes else { throw AcceptError.disk(DiskError("read an image that grew", code: 27)) }
        room -= bytes.count
        digest.update(Array("\(bytes.count):".utf8))
        digest.update(bytes)
        let id = try await blobs.put(bytes, under: key)
        return BlobRecord(id: id, job: "", kind: kind, position: position, bytes: Int64(bytes.count))
    }

    /// Leaves no copy of an input that no row explains; one that can not be deleted is swept at start.
    private func discard(_ rows: [BlobRecord]) async {
        for key in Set(rows.map { BlobID.key(of: $0.id) }) { try? await blobs.destroyKey(key) }
        for row in rows { try? await blobs.destroy(row.id) }
    }
}
