import Disk
import Documents
import Domain
package import Ledger
package import Spool
package import Vault

/// All that is held of one subject, as one zip file: `manifest.json`, which says what there is, and the documents and pictures
/// themselves. It is written as it is read; a subject with a thousand pictures takes no more memory than one with ten.
package struct ExportPackage: Sendable {
    /// What the operator says of the installation.
    package struct About: Sendable {
        package var policy: (id: String, sha256: String)
        /// Whom to ask; nil where the configuration names nobody.
        package var contact: String?

        package init(policy: (id: String, sha256: String), contact: String? = nil) {
            self.policy = policy
            self.contact = contact
        }
    }

    /// What is in a package.
    package struct Content: Sendable, Hashable {
        package var jobs = 0
        package var files = 0
        package var bytes: Int64 = 0

        package var facts: [String: String] {
            ["jobs": String(jobs), "files": String(files), "bytes": String(bytes)]
        }
    }

    package static let schema = "darkroom.export/1"

    let office: RightsOffice
    let blobs: any BlobStore
    let spool: SpoolFolders
    let about: About
    var ledger: SQLiteLedger { office.ledger }

    package init(office: RightsOffice, blobs: any BlobStore, spool: SpoolFolders, about: About) {
        self.office = office
        self.blobs = blobs
        self.spool = spool
        self.about = about
    }

    /// Writes the package of a subject, and the request into the register.
    ///
    /// - Parameters:
    ///   - subject: as it was named.
    ///   - descriptor: open for writing; need not be seekable.
    package func write(
        _ subject: String, id: String, to descriptor: Int32
    ) async throws(RightsError) -> (request: RightsRequest, content: Content) {
        let reference = try await office.reference(to: subject)
        let story = try await office.story(of: reference)
        var request = try await onLedger { () throws(LedgerError) in
            RightsRequest(
                id: id, verb: RightsOrder.Verb.export.rawValue, subjectRef: reference, received: try await ledger.now())
        }
        if let known = try await onLedger({ () throws(LedgerError) in try await ledger.request(id) }) {
            request = known
        } else {
            let new = request
            try await onLedger { () throws(LedgerError) in try await ledger.open(new) }
        }
        let content = try await write(story, request, to: descriptor)
        let ended = request
        try await onLedger { () throws(LedgerError) in
            try await ledger.close(ended, result: "exported", facts: content.facts)
        }
        let closed = try await onLedger { () throws(LedgerError) in try await ledger.request(id) }
        return (closed ?? request, content)
    }

    private func write(
        _ story: SubjectStory, _ request: RightsRequest, to descriptor: Int32
    ) async throws(RightsError) -> Content {
        let reference = request.subjectRef
        let zip = try await onDisk { () throws(DiskError) in try ZipFile(to: descriptor) }
        // Beside the package until all that it lists is in there: then it says what there is and no more.
        let manifest = try ManifestFile(spool.staging + "/export-" + request.id)
        var content = Content()
        try await manifest.begin(try await heading(story, request))
        var processors = ProcessorList()
        var last = ""
        while true {
            let jobs = try await onLedger { () throws(LedgerError) in
                try await ledger.jobs(of: reference, after: last, limit: 100)
            }
            guard let end = jobs.last else { break }
            last = end.id
            for job in jobs {
                let files = try await add(job, to: zip, &content)
                let events = try await onLedger { () throws(LedgerError) in try await ledger.events(of: job.id) }
                processors.look(at: events.map(\.event))
                try await manifest.add(try await document(of: job, files: files, &processors))
            }
            content.jobs += jobs.count
        }
        let documents = try await addDocuments(of: story, reference, to: zip, &content)
        try await manifest.end([
            .init(key: "processors", value: .array(processors.documents)),
            .init(key: "documents", value: .array(documents.map { .string($0) })),
        ])
        let path = manifest.path
        try await onDisk { () throws(DiskError) in
            _ = try zip.add("manifest.json", file: path)
            try zip.end()
        }
        content.files += 1
        await manifest.remove()
        return content
    }

    // MARK: files

    /// A file of the package.
    struct Packed: Sendable {
        let path: String
        let bytes: Int64

        var document: JSONValue { .fields(["path": .string(path), "bytes": .integer(bytes)]) }
    }

    private func add(_ job: JobRecord, to zip: ZipFile, _ content: inout Content) async throws(RightsError) -> [Packed]
    {
        let (spool, id) = (spool, job.id)
        var files = try await onDisk { () throws(DiskError) in
            var packed: [Packed] = []
            for outcome in Outcome.allCases {
                let folder = spool.outcome(outcome, of: id)
                guard Files.exists(folder) else { continue }
                for entry in try Folders.list(folder).entries where entry.info.kind == .file {
                    let path = "jobs/\(id)/\(entry.name)"
                    guard let bytes = try zip.add(path, file: folder + "/" + entry.name) else { continue }
                    packed.append(Packed(path: path, bytes: bytes))
                }
            }
            return packed
        }
        if job.inputsDeletedAt == nil { files += try await addInputs(of: job, to: zip) }
        content.files += files.count
        content.bytes += files.reduce(0) { $0 + $1.bytes }
        return files
    }

    /// Largest input that is packed; none is larger (`limits.job_bytes`).
    private static let longestInput = 1 << 30

    /// What was handed over and is not deleted yet: the order with its prompt, references and mask, one at a time.
    private func addInputs(of job: JobRecord, to zip: ZipFile) async throws(RightsError) -> [Packed] {
        var packed: [Packed] = []
        let rows = try await onLedger { () throws(LedgerError) in try await ledger.blobs(of: job.id) }
        for row in rows {
            let name: String
            switch row.kind {
            case .spec: name = "order.json"
            case .reference: name = "reference-\(row.position + 1)"
            case .mask: name = "mask"
            default: continue
            }
            var bytes: [UInt8]
            do throws(VaultError) {
                bytes = try await blobs.get(row.id, limit: Self.longestInput)
            } catch {
                // Its time was over a moment ago.
                if error == .missing { continue }
                throw .vault(error)
            }
            if row.kind == .spec { bytes = Self.order(in: bytes) }
            let (path, moment) = ("jobs/\(job.id)/inputs/\(name)", job.acceptedAt.milliseconds / 1000)
            let text = bytes
            try await onDisk { () throws(DiskError) in try zip.add(path, text, modified: moment) }
            packed.append(Packed(path: path, bytes: Int64(bytes.count)))
        }
        return packed
    }

    /// The order as it was given, without what Darkroom seals with it for itself.
    private static func order(in bytes: [UInt8]) -> [UInt8] {
        guard let document = try? JSONParser.parse(bytes) else { return bytes }
        return Array(JSONValue.object((document.members ?? []).filter { $0.key != "job" }).pretty.utf8)
    }

    /// What is kept of the subject beside its jobs, opened; the sealed record stands in the manifest.
    private func addDocuments(
        of story: SubjectStory, _ reference: String, to zip: ZipFile, _ content: inout Content
    ) async throws(RightsError) -> [String] {
        var names: [String] = []
        let moment = story.now.milliseconds / 1000
        for (id, _) in try await inVault({ () throws(VaultError) in try await office.vault.documents(of: reference) })
        where id != story.record.record {
            let bytes: [UInt8]
            do throws(VaultError) { bytes = try await office.vault.open(id, for: reference) } catch {
                if error == .missing { continue }
                throw .vault(error)
            }
            let path = "documents/\(id).json"
            try await onDisk { () throws(DiskError) in try zip.add(path, bytes, modified: moment) }
            names.append(path)
            content.files += 1
            content.bytes += Int64(bytes.count)
        }
        return names
    }
}
