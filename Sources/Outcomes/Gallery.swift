import Digests
import Disk
import Documents
import Domain
package import Journal
package import Ledger
import Provenance
package import Spool

/// What others may see of outputs: second names of them in `gallery/`, which lead to no job and no person, and an index of those that
/// are for everybody.
///
/// The ledger says what is to be there. A row stands before its file does and is gone before it, so that whatever a crash leaves is
/// set right by the next sweep: a file without a row is deleted, a row without a file gets it again or ends.
package struct Gallery: Sendable {
    private let ledger: any JobLedger
    private let spool: SpoolFolders
    private let recorder: Recorder

    package init(ledger: any JobLedger, spool: SpoolFolders, recorder: Recorder) {
        self.ledger = ledger
        self.spool = spool
        self.recorder = recorder
    }

    /// How long the index says that a picture is gone.
    private static let memory = Span.hours(30 * 24)
    private static let batch = 500

    // MARK: what a job does

    /// What a job that is about to settle as done shows: what it shows already, and the rest of what it made under fresh ids.
    ///
    /// One that repeats another shows nothing of its own.
    func plan(
        _ job: JobRecord, _ outputs: [OutputRecord], _ effects: [EffectRecord]
    ) async throws(LedgerError) -> [GalleryPicture] {
        guard job.visibility != .private, job.duplicateOf == nil else { return [] }
        if let subject = job.subjectRef, try await !ledger.mayShow(subject) {
            await recorder.record("gallery.refused", job.id)
            return []
        }
        let there = try await ledger.gallery(of: job.id).filter { $0.shownAt != nil }
        let created = Timestamp(milliseconds: Monotonic.wall())
        return outputs.compactMap { output in
            if let known = there.first(where: { $0.index == output.index }) { return known }
            guard output.state == .made, let file = output.file, let size = output.size, let format = output.format
            else {
                return nil
            }
            let id = hexadecimal(randomBytes(16))
            let shown = job.isProtected ? Preview.name(of: file) : file
            let suffix = shown.lastIndex(of: ".").map { String(shown[$0...]) } ?? ""
            return GalleryPicture(
                id: id, of: output, isListed: job.visibility == .public, file: shown, name: id + suffix,
                size: job.isProtected ? Preview.size(of: size) : size,
                format: job.isProtected ? Preview.format.rawValue : format, created: created,
                model: effects.last { $0.output == output.index }?.model ?? "",
                sourceType: XMPPacket.SourceType(references: job.referenceCount).address,
                isProtected: job.isProtected, isSimulated: job.simulated)
        }
    }

    /// Puts what a job shows into the folder; whether there is anything.
    func place(_ job: JobRecord) async throws(LedgerError) -> Bool {
        let pictures = try await ledger.gallery(of: job.id)
        if pictures.isEmpty { return false }
        let from = [spool.staged(job.id), spool.outcome(.done, of: job.id)]
        let spool = spool
        try await onDisk { () throws(DiskError) in
            try Self.make(spool)
            for picture in pictures {
                for folder in from where try Self.put(folder + "/" + picture.file, picture.name, spool) { break }
            }
            try Folders.sync(spool.gallery)
        }
        return true
    }

    /// Writes the index after a job has settled; where that fails the sweep does it.
    func tell() async {
        do throws(LedgerError) {
            try await locked { () throws(LedgerError) in try await writeIndex() }
        } catch {
            recorder.log.error("the gallery's index could not be written", ["why": error.description])
        }
    }

    // MARK: ends

    /// Takes pictures out, now: rows, files, index. Gives how many.
    @discardableResult
    package func withdraw(_ choice: GalleryChoice) async throws(LedgerError) -> Int {
        guard await BlockingLane.disk.run({ [spool] in Files.exists(spool.gallery) }) else {
            // Not even a file that a crash left.
            return try await ledger.withdraw(choice).count
        }
        return try await locked { () throws(LedgerError) in
            let pictures = try await ledger.withdraw(choice)
            if pictures.isEmpty { return 0 }
            try await remove(pictures.map(\.name))
            try await noteGone(pictures)
            try await writeIndex()
            for picture in pictures where picture.shownAt != nil { tell("gallery.withdrawn", picture) }
            return pictures.count
        }
    }

    /// Takes out all of a job.
    @discardableResult
    package func withdraw(job: String) async throws(LedgerError) -> Int { try await withdraw(.job(job)) }

    /// Takes out all of the subject of this keyed hash.
    @discardableResult
    package func withdraw(subject reference: String) async throws(LedgerError) -> Int {
        try await withdraw(.subject(reference))
    }

    /// What still stands in `done/` names the gallery no more.
    private func noteGone(_ pictures: [GalleryPicture]) async throws(LedgerError) {
        let names = Set(pictures.map(\.name))
        let notes = Set(pictures.map(\.job)).map { spool.outcome(.done, of: $0) + "/" + OutcomeNote.status }
        try await onDisk { () throws(DiskError) in
            for note in notes {
                try OutcomeNote.rewrite(note) { document in
                    document.replacing("outputs") { outputs in
                        .array(
                            (outputs.array ?? []).map { output in
                                output["gallery"]?.string.map(names.contains) == true
                                    ? output.without("gallery") : output
                            })
                    }
                }
            }
        }
    }

    // MARK: the sweep

    /// Takes out what subjects do not want seen any more.
    package func heed() async throws(LedgerError) {
        for subject in try await ledger.galleryRefusals() { try await withdraw(subject: subject) }
    }

    /// Makes the folder what the ledger says; looks at every picture.
    package func agree() async throws(LedgerError) {
        let spool = spool
        let stands = await BlockingLane.disk.run { Files.exists(spool.gallery) }
        if !stands, try await ledger.galleryPictures(after: "", limit: 1).isEmpty { return }
        try await locked { () throws(LedgerError) in
            try await onDisk { () throws(DiskError) in try Self.make(spool) }
            try await removeStrays()
            try await restoreMissing()
            _ = try await ledger.forgetWithdrawn(before: try await oldest())
            try await writeIndex()
        }
    }

    private func removeStrays() async throws(LedgerError) {
        let folder = spool.gallery
        let walk = try await onDisk { () throws(DiskError) in try FolderWalk(folder) }
        while case let names = await BlockingLane.disk.run({ walk.next(Self.batch).map(\.name) }), !names.isEmpty {
            let strays = try await ledger.galleryStrays(among: names.filter { folder + "/" + $0 != spool.galleryIndex })
            try await remove(Array(strays))
        }
    }

    /// Pictures that somebody deleted from the folder come back as long as their outcome folder has them; else they are no more.
    private func restoreMissing() async throws(LedgerError) {
        var last = ""
        while case let pictures = try await ledger.galleryPictures(after: last, limit: Self.batch),
            let end = pictures.last
        {
            last = end.id
            let spool = spool
            let lost = try await onDisk { () throws(DiskError) in
                var lost: [GalleryPicture] = []
                for picture in pictures where !Files.exists(spool.gallery + "/" + picture.name) {
                    let source = spool.outcome(.done, of: picture.job) + "/" + picture.file
                    if !(try Self.put(source, picture.name, spool)) { lost.append(picture) }
                }
                return lost
            }
            for picture in lost {
                _ = try await ledger.withdraw(.named(picture.name))
                tell("gallery.withdrawn", picture)
            }
        }
    }

    private func tell(_ event: String, _ picture: GalleryPicture) {
        recorder.tell(LedgerEvent(event, job: picture.job, ["output": String(picture.index)]))
    }

    // MARK: files

    /// Like the outcome folders: it has its mode and its group before it has its name.
    private static func make(_ spool: SpoolFolders) throws(DiskError) {
        if Files.exists(spool.gallery) { return }
        try Folders.make(spool.galleryDraft)
        try Folders.setMode(spool.galleryDraft, SpoolFolders.outcomeMode)
        do throws(DiskError) {
            try Files.renameToFree(spool.galleryDraft, to: spool.gallery)
        } catch {
            guard Files.exists(spool.gallery) else { throw error }
        }
        try Folders.sync(spool.root)
    }

    /// Gives a file its second name, or copies it where it can have none; false where it is not there.
    private static func put(_ path: String, _ name: String, _ spool: SpoolFolders) throws(DiskError) -> Bool {
        let target = spool.gallery + "/" + name
        do throws(DiskError) {
            return try Files.link(path, at: target)
        } catch {
            guard !error.isFull, let bytes = try Files.read(path, limit: 1 << 30) else { throw error }
            try Files.writeDurably(bytes, to: target, mode: 0o640)
            return true
        }
    }

    private func remove(_ names: [String]) async throws(LedgerError) {
        if names.isEmpty { return }
        let folder = spool.gallery
        try await onDisk { () throws(DiskError) in
            for name in names { try Folders.removeTree(folder + "/" + name) }
            try Folders.sync(folder)
        }
    }

    // MARK: the index

    private func oldest() async throws(LedgerError) -> Timestamp {
        try await ledger.now().after(Span(milliseconds: -Self.memory.milliseconds))
    }

    private func writeIndex() async throws(LedgerError) {
        let (pictures, withdrawn) = try await ledger.galleryIndex(withdrawnAfter: try await oldest())
        let document = GalleryIndex(pictures: pictures, withdrawn: withdrawn).document
        let path = spool.galleryIndex
        try await onDisk { () throws(DiskError) in
            let text = Array(document.pretty.utf8)
            let there = Files.exists(path) ? try Files.read(path, limit: 1 << 30) : nil
            if there != text { try Files.writeDurably(text, to: path, mode: 0o640) }
        }
    }

    /// Whoever writes the index reads what it is to say under the same lock: the last one that writes has read the last word.
    private func locked<Value>(_ work: () async throws(LedgerError) -> Value) async throws(LedgerError) -> Value {
        for _ in 0..<3000 {
            let path = spool.galleryLock
            let lock: FolderLock?
            do throws(DiskError) { lock = try FolderLock.take(path) } catch { throw Self.error(error) }
            if let lock {
                let value = try await work()
                _ = consume lock
                return value
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        throw .disk(code: 11, doing: "lock the gallery")
    }

    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws(DiskError) -> Value
    ) async throws(LedgerError) -> Value {
        do throws(DiskError) { return try await BlockingLane.disk.run(work) } catch { throw Self.error(error) }
    }

    private static func error(_ error: DiskError) -> LedgerError {
        error.isFull ? .full : .disk(code: error.code, doing: error.operation)
    }
}
