import Disk
package import Documents
package import Domain
package import Journal
package import Ledger
package import Vault

/// What subjects asked for, kept beyond their jobs where the policy keeps a history: the prompt sealed under the subject's own key, facts
/// in the ledger.
///
/// The document is sealed before its row stands, and destroyed before that goes: what a crash leaves is a document that no row explains,
/// which the sweep destroys, or a row that is ended again.
package struct History: Sendable {
    private let ledger: any JobLedger
    private let vault: SubjectVault
    private let recorder: Recorder

    package init(ledger: any JobLedger, vault: SubjectVault, recorder: Recorder) {
        self.ledger = ledger
        self.vault = vault
        self.recorder = recorder
    }

    private static let schema = "darkroom.history/1"
    private static let batch = 200
    /// How long a document may be without its row.
    private static let rest = Span.hours(2)

    // MARK: keeping

    /// Seals what a job asked for, before it settles as done; nothing where its policy keeps none, it has no subject, or the subject
    /// objects.
    package func keep(_ job: JobRecord, _ spec: JobSpec) async throws {
        guard job.history != nil, job.duplicateOf == nil, let reference = job.subjectRef,
            try await ledger.allows(.history, of: reference)
        else { return }
        let before = try await ledger.history(of: job)
        let outputs = try await ledger.outputs(of: job.id).filter { $0.state == .made }.compactMap(\.file)
        if let before, before.outputs == outputs { return }
        var record = HistoryRecord(
            of: job, subjectRef: reference, at: Timestamp(milliseconds: Monotonic.wall()), document: "")
        record.model = try await ledger.effects(of: job.id).last?.model ?? ""
        record.aspectRatio = spec.aspectRatio?.description
        record.size = spec.size?.description
        record.template = spec.template?.name
        record.templateVersion = spec.template?.version
        record.outputs = outputs
        let document = Array(Self.document(record, spec).pretty.utf8)
        record.document = try await vault.seal(document, for: reference)
        try await ledger.write(job.hold, nil, [.history(record)])
        if let before { try await vault.destroy(before.document, for: reference) }
    }

    /// What is sealed.
    package static func document(_ record: HistoryRecord, _ spec: JobSpec) -> JSONValue {
        .fields([
            "schema": .string(schema), "job": .string(record.job), "at": .string(record.at.description),
            "model": .string(record.model), "aspect_ratio": .text(record.aspectRatio), "size": .text(record.size),
            "template": spec.template?.document, "prompt": .string(spec.prompt),
            "outputs": .array(record.outputs.map { .string($0) }),
        ])
    }

    // MARK: reading

    /// What is kept of a subject, opened; nil in the place of a document that is gone.
    package func records(
        of reference: String
    ) async throws -> [(record: HistoryRecord, document: JSONValue?)] {
        var records: [(HistoryRecord, JSONValue?)] = []
        for record in try await ledger.history(ofSubject: reference) {
            do throws(VaultError) {
                let bytes = try await vault.open(record.document, for: reference)
                records.append((record, try? JSONParser.parse(bytes)))
            } catch {
                guard error == .missing else { throw error }
                records.append((record, nil))
            }
        }
        return records
    }

    // MARK: ends

    /// Ends what is over; gives how many could not be.
    ///
    /// - Parameter strays: also documents that no row explains, for which each one is looked at.
    package func sweep(strays: Bool) async throws(LedgerError) -> Int {
        var stuck: Set<Int64> = []
        while true {
            let due = try await ledger.historyDue(limit: Self.batch + stuck.count)
                .filter { !stuck.contains($0.number) }
            if due.isEmpty { break }
            var ended: [HistoryRecord] = []
            for record in due {
                do throws(VaultError) {
                    try await vault.destroy(record.document, for: record.subjectRef)
                    ended.append(record)
                } catch {
                    stuck.insert(record.number)
                    recorder.log.error(
                        "a record of history could not be deleted", ["job": record.job, "why": error.description])
                }
            }
            for event in try await ledger.endHistory(ended) { recorder.tell(event) }
        }
        if strays { try await sweepStrays() }
        return stuck.count
    }

    private func sweepStrays() async throws(LedgerError) {
        let old = Monotonic.wall() - Self.rest.milliseconds
        do throws(VaultError) {
            for reference in try await vault.references() {
                let ids = try await vault.documents(of: reference, changedBefore: old)
                for id in try await unknown(ids) { try await vault.destroy(id, for: reference) }
            }
        } catch {
            recorder.log.error("documents of subjects could not be looked at", ["why": error.description])
        }
    }

    private func unknown(_ ids: [String]) async throws(VaultError) -> Set<String> {
        if ids.isEmpty { return [] }
        // Where the ledger does not answer, nothing is a stray.
        return (try? await ledger.unknownDocuments(among: ids)) ?? []
    }
}

extension TemplateUse {
    fileprivate var document: JSONValue {
        .fields([
            "name": .string(name), "version": version.map { .integer($0) },
            "variables": .object(variables.map { .init(key: $0.name, value: .string($0.value)) }),
        ])
    }
}
