import Disk
import Documents
import Domain
package import Ledger
package import Spool
package import Vault

/// What is sealed with a job's prompt beside it: enough to take the job in again from its work files alone, where the
/// ledger that knew it was lost or came from a backup.
package struct JobPapers: Sendable {
    package let job: JobRecord
    package let rows: [BlobRecord]

    /// Begins the token of a job that was taken in by its outcome folder.
    package static let foundToken = "found-"

    init(_ job: JobRecord, _ rows: [BlobRecord]) {
        self.job = job
        self.rows = rows
    }

    private static let key = "job"

    /// The stored spec with these papers in it, which whoever reads the spec passes over.
    func beside(_ spec: JSONValue) -> JSONValue {
        let papers = JSONValue.fields([
            "id": .string(job.id), "token": .string(job.claimToken), "batch": .text(job.batch?.description),
            "route": .string(job.route),
            "accepted": .integer(job.acceptedAt.milliseconds), "delete_by": .integer(job.inputsDeleteBy.milliseconds),
            "subject": .text(job.subjectRef), "content": .string(job.contentRef),
            "retain_inputs": .integer(job.retainInputs.milliseconds),
            "retain_outputs": job.retainOutputs.map { .integer($0.milliseconds) },
            "profile": .string(job.profileID), "profile_hash": .string(job.profileHash),
            "node": .string(job.originNode), "credits": .integer(job.creditsPerOutput),
            "may_save": .bool(job.maySave), "plan": job.plan.map(Self.document),
            "history": .text(job.history?.description),
            "files": .array(
                rows.map { row in
                    .fields([
                        "id": .string(row.id), "kind": .string(row.kind.rawValue), "position": .integer(row.position),
                        "bytes": .integer(row.bytes),
                    ])
                }),
        ])
        return .object((spec.members ?? []) + [.init(key: Self.key, value: papers)])
    }

    private static func document(_ plan: PlanTerms) -> JSONValue {
        .fields([
            "name": .string(plan.name), "age": plan.age.map { .integer($0.milliseconds) },
            "count": plan.count.map { .integer($0) }, "bytes": plan.bytes.map { .integer($0) },
            "notice": .integer(plan.notice.milliseconds),
        ])
    }

    private static func plan(_ document: JSONValue) -> PlanTerms? {
        guard let name = document["name"]?.string else { return nil }
        var terms = PlanTerms(name: name)
        terms.age = document["age"]?.int.map { Span(milliseconds: Int64($0)) }
        terms.count = document["count"]?.int
        terms.bytes = document["bytes"]?.int.map { Int64($0) }
        terms.notice = document["notice"]?.int.map { Span(milliseconds: Int64($0)) } ?? terms.notice
        return terms
    }

    /// Nil for what is no spec, or one that was sealed before papers were.
    init?(stored: JSONValue, as blob: String, bytes: Int) {
        guard let papers = stored[Self.key], let spec = JobSpec(stored: stored), let id = papers["id"]?.string,
            JobName.isValidID(id), let token = papers["token"]?.string, let route = papers["route"]?.string,
            let accepted = papers["accepted"]?.int, let deleteBy = papers["delete_by"]?.int,
            let retain = papers["retain_inputs"]?.int
        else { return nil }
        var job = JobRecord(
            id: id, claimToken: token, route: route, acceptedAt: Timestamp(milliseconds: Int64(accepted)),
            inputsDeleteBy: Timestamp(milliseconds: Int64(deleteBy)), retainInputs: Span(milliseconds: Int64(retain)),
            priority: spec.priority, count: min(max(1, spec.count), JobSpec.mostOutputs),
            profileID: papers["profile"]?.string ?? "", profileHash: papers["profile_hash"]?.string ?? "",
            originNode: papers["node"]?.string ?? "", contentRef: papers["content"]?.string ?? "",
            referenceCount: spec.referenceCount)
        job.batch = papers["batch"]?.string.flatMap { BatchID($0) }
        job.subjectRef = papers["subject"]?.string
        job.retainOutputs = papers["retain_outputs"]?.int.map { Span(milliseconds: Int64($0)) }
        job.creditsPerOutput = Int64(max(0, papers["credits"]?.int ?? 0))
        job.maySave = papers["may_save"]?.bool ?? false
        job.plan = papers["plan"].flatMap(Self.plan)
        job.history = papers["history"]?.string.flatMap { HistoryTerm($0) }
        job.visibility = spec.visibility
        job.isProtected = spec.protect
        job.specBlob = blob
        var rows = (papers["files"]?.array ?? []).compactMap { file -> BlobRecord? in
            guard let id = file["id"]?.string, let kind = file["kind"]?.string.flatMap(BlobRecord.Kind.init(rawValue:)),
                let position = file["position"]?.int, let bytes = file["bytes"]?.int
            else { return nil }
            return BlobRecord(id: id, job: job.id, kind: kind, position: position, bytes: Int64(bytes))
        }
        job.inputBytes = rows.reduce(0) { $0 + $1.bytes }
        rows.append(BlobRecord(id: blob, job: job.id, kind: .spec, position: 0, bytes: Int64(bytes)))
        self.init(job, rows)
    }
}

/// Work files that no row explains and that hold a whole job.
package struct StrayJobs: Sendable {
    private let ledger: any JobLedger
    private let blobs: any BlobStore
    private let spool: SpoolFolders

    package init(ledger: any JobLedger, blobs: any BlobStore, spool: SpoolFolders) {
        self.ledger = ledger
        self.blobs = blobs
        self.spool = spool
    }

    private static let longest = 8 << 20

    /// The papers of each such job. What is still in `claims/` is accepted from there and is not among them, unless it was called.
    ///
    /// - Parameter called: tokens of jobs that calls were made for.
    package func find(called: Set<String>) async throws(LedgerError) -> [JobPapers] {
        let strays = try await strayKeys()
        if strays.isEmpty { return [] }
        let all = await files(under: strays)
        var found: [JobPapers] = []
        for file in all {
            guard let papers = await read(file), papers.rows.allSatisfy({ all.contains($0.id) }) else { continue }
            let claim = spool.claim(String(papers.job.claimToken.prefix { $0 != "." }))
            let stands = await BlockingLane.disk.run { Files.exists(claim) }
            if stands, !called.contains(papers.job.claimToken) { continue }
            found.append(papers)
        }
        return found
    }

    private func strayKeys() async throws(LedgerError) -> Set<String> {
        var strays: Set<String> = []
        guard let walk = try? await blobs.walkKeys() else { return [] }
        while let names = try? await walk.next(), !names.isEmpty {
            strays.formUnion(try await ledger.unusedKeys(among: names.map(\.name)))
        }
        return strays
    }

    private func files(under keys: Set<String>) async -> Set<String> {
        var files: Set<String> = []
        guard let walk = try? await blobs.walkBlobs() else { return [] }
        while let names = try? await walk.next(), !names.isEmpty {
            files.formUnion(names.lazy.map(\.name).filter { keys.contains(BlobID.key(of: $0)) })
        }
        return files
    }

    private func read(_ id: String) async -> JobPapers? {
        // Most files are pictures: their first byte says so.
        guard let first = try? await blobs.head(id, count: 1), first == [UInt8(ascii: "{")],
            let bytes = try? await blobs.get(id, limit: Self.longest), let document = try? JSONParser.parse(bytes)
        else { return nil }
        return JobPapers(stored: document, as: id, bytes: bytes.count)
    }
}
