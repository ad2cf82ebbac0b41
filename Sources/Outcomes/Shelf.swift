package import Disk
import Documents
package import Domain
package import Journal
package import Ledger
package import Spool

/// What becomes of published outputs: kept beyond their time, or ended.
package struct Shelf: Sendable {
    /// Why an output stays as it is.
    package enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        case unknown
        /// Nothing is published of a job in this state.
        case wrongState(JobState)
        case noSuchOutput(Int)
        /// Deleted before, or taken away by whoever it was for.
        case gone
        /// A legal hold keeps it.
        case held(String)
        /// The policy that the job was accepted under keeps nothing longer.
        case forbidden
        case ledger(LedgerError)
        case disk(DiskError)

        package var description: String {
            switch self {
            case .unknown: "there is no such job"
            case .wrongState(let state): "the job is \(state.rawValue), and has no outputs"
            case .noSuchOutput(let index): "the job has no output \(index)"
            case .gone: "the output is deleted, or was taken away"
            case .held(let hold): "the legal hold \(hold) keeps the output"
            case .forbidden: "the policy that the job was accepted under keeps no output longer"
            case .ledger(let error): error.description
            case .disk(let error): error.description
            }
        }
    }

    let ledger: any JobLedger
    let spool: SpoolFolders
    let recorder: Recorder
    private let gallery: Gallery

    package init(ledger: any JobLedger, spool: SpoolFolders, recorder: Recorder) {
        self.ledger = ledger
        self.spool = spool
        self.recorder = recorder
        gallery = Gallery(ledger: ledger, spool: spool, recorder: recorder)
    }

    /// Keeps an output, or all of a job that are still there, for as long as somebody wants them.
    package func save(_ job: String, _ index: Int? = nil) async throws(Refusal) {
        let (record, outputs) = try await published(job, index)
        let passing = outputs.filter { $0.expiresAt != nil }
        if !passing.isEmpty, !record.maySave { throw .forbidden }
        let folder = spool.outcome(.done, of: job)
        guard await BlockingLane.disk.run({ Files.exists(folder) }) else { throw .gone }
        // First what keeps it: a note that still names the old time harms nobody.
        try await onLedger { () throws(LedgerError) in try await ledger.keepOutputs(outputs) }
        try await onDisk { () throws(DiskError) in
            for output in passing { try OutcomeNote.noteEnd(nil, of: output, in: folder) }
        }
        for output in outputs { await recorder.record("output.saved", job, ["output": String(output.index)]) }
    }

    /// Ends an output, or all of a job that are still there, now.
    package func delete(_ job: String, _ index: Int? = nil) async throws(Refusal) {
        let outputs = try await published(job, index).outputs
        let holds = try await onLedger { () throws(LedgerError) in try await ledger.holds(on: job) }
        if let hold = holds.first { throw .held(hold.id) }
        for output in outputs {
            // Its time is over: where this is cut short, the sweep ends it.
            try await onLedger { () throws(LedgerError) in try await ledger.expireOutputs([output]) }
            try await end(output)
        }
    }

    /// Takes the picture out of the gallery, then deletes it, its sidecar, its preview and the provider's original; with the last
    /// one the folder.
    package func end(_ output: OutputRecord) async throws(Refusal) {
        _ = try await onLedger { () throws(LedgerError) in
            try await gallery.withdraw(.output(job: output.job, index: output.index))
        }
        let folder = spool.outcome(.done, of: output.job)
        let found = try await onDisk { () throws(DiskError) in try Self.delete(output, in: folder) }
        let events = try await onLedger { () throws(LedgerError) in
            try await ledger.outputsDeleted([output], found: found)
        }
        for event in events { recorder.tell(event) }
    }

    private func published(
        _ job: String, _ index: Int?
    ) async throws(Refusal) -> (job: JobRecord, outputs: [OutputRecord]) {
        guard let record = try await onLedger({ () throws(LedgerError) in try await ledger.job(job) }) else {
            throw .unknown
        }
        guard record.state == .done else { throw .wrongState(record.state) }
        let all = try await onLedger { () throws(LedgerError) in try await ledger.outputs(of: job) }
        let meant = all.filter { $0.state == .made && (index == nil || $0.index == index) }
        if let index, !all.contains(where: { $0.index == index }) { throw .noSuchOutput(index) }
        let there = meant.filter { $0.deletedAt == nil }
        guard !there.isEmpty else { throw .gone }
        return (record, there)
    }

    // MARK: folders

    /// False where the folder is gone.
    private static func delete(_ output: OutputRecord, in folder: String) throws(DiskError) -> Bool {
        guard let file = output.file, Files.exists(folder) else { return false }
        for entry in try Folders.list(folder).entries where entry.name.hasPrefix(stem(of: file) + ".") {
            try Files.remove(folder + "/" + entry.name)
        }
        if try Folders.list(folder).entries.allSatisfy({ $0.name == status }) {
            try Folders.removeTree(folder)
        } else {
            try Folders.sync(folder)
            try OutcomeNote.rewrite(folder + "/" + status) { document in
                document.replacing("outputs") { outputs in
                    .array((outputs.array ?? []).filter { $0["name"]?.string != file })
                }
            }
        }
        try Folders.sync(Files.parent(of: folder))
        return true
    }

    private static let status = OutcomeNote.status

    /// Everything that belongs to an output begins with its name up to the last point.
    private static func stem(of file: String) -> String {
        file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    }

    private func onLedger<Value>(_ work: () async throws(LedgerError) -> Value) async throws(Refusal) -> Value {
        do throws(LedgerError) { return try await work() } catch { throw .ledger(error) }
    }

    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws(DiskError) -> Value
    ) async throws(Refusal) -> Value {
        do throws(DiskError) { return try await BlockingLane.disk.run(work) } catch { throw .disk(error) }
    }
}
