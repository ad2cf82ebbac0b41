import Disk
import Domain
import Intake
import Journal
package import Ledger
import Outcomes
import Spool
import Vault

/// Settles the difference between the ledger and what stands beside it, at start, before anything is swept, accepted or called:
/// a ledger that was lost, or came back from a backup, must not have bought again what was bought.
///
/// Three witnesses are asked: the book of calls, the outcome folders, and the papers sealed with each job's work files.
struct Reconciliation {
    let stores: Stores
    private var ledger: SQLiteLedger { stores.ledger }

    /// What was found that the ledger did not know.
    struct Findings: Sendable {
        /// Jobs brought to the end that their folder shows, and jobs taken in by their folder.
        var ended = 0
        var taken = 0
        /// Jobs taken in by their work files.
        var adopted = 0
        /// Calls that the ledger did not know.
        var calls = 0
        /// Jobs whose calls are unknown altogether, since the book is not whole.
        var doubted = 0
        /// Whether the book names every call that the ledger may have forgotten.
        var isBookWhole = true
        /// Outcome folders that were made before are known, by the wall clock.
        var seen = Timestamp(milliseconds: 0)

        var isNothing: Bool { ended + taken + adopted + calls + doubted == 0 && isBookWhole }

        var facts: [String: String] {
            [
                "ended": String(ended), "taken_in": String(taken), "adopted": String(adopted), "calls": String(calls),
                "doubted": String(doubted), "book": isBookWhole ? "whole" : "not whole",
            ]
        }

        var sentence: String {
            "\(ended) jobs brought to the end their folder shows, \(taken) taken in by their folder, "
                + "\(adopted) by their work files, \(calls) calls"
                + (isBookWhole ? "" : "; the book of calls was not whole, and \(doubted) open jobs are held for it")
        }
    }

    /// What the witnesses said, until it is written down.
    private struct Case {
        var findings = Findings()
        /// Calls that the ledger has no row of, by job.
        var calls: [String: [CallEntry]] = [:]
        /// Whether the ledger is known to be older than what stands beside it.
        var isBehind = false
        /// When this start began to look, by the wall clock.
        var began: Timestamp
    }

    /// Looks, and writes down all but doubts.
    func run() async throws(StartError) -> Findings {
        var found = Case(began: SystemClock().wall())
        do {
            let mark = try await ledger.bookmark()
            try await readBook(mark, &found)
            let since = found.isBehind || mark.map { $0.seen > found.began } ?? true ? nil : mark?.seen
            try await readFolders(since: since, &found)
            try await readWorkFiles(&found)
            try await takeCalls(&found)
            if !found.findings.isBookWhole {
                let claims = stores.spool.claims
                try await BlockingLane.disk.run { () throws(DiskError) in try Batch.doubtAll(in: claims) }
            }
            found.findings.seen = found.began.after(Span(milliseconds: -Self.margin.milliseconds))
        } catch let error as LedgerError {
            throw .ledger(error)
        } catch let error as DiskError {
            throw .disk(error, path: stores.spool.privateFolder)
        } catch {
            throw .machine("the ledger could not be compared with the folders: \(error)")
        }
        return found.findings
    }

    /// Holds what may have been called where the book can not tell, also what was accepted meanwhile from claims that stood. The book
    /// is kept from here on: a start that does not come so far looks at all of it again.
    func conclude(_ findings: Findings) async throws(LedgerError) {
        var findings = findings
        if !findings.isBookWhole {
            findings.doubted = try await ledger.doubt(because: Self.unknown)
        }
        try await ledger.keepBook(
            in: stores.spool.privateFolder, isAnew: !findings.isBookWhole, seen: findings.seen)
        if findings.isNothing { return }
        try await ledger.note(settled: findings.sentence)
        stores.recorder.log.warning(
            "the ledger was lost or older than the spool, and is reconciled with it", ["found": findings.sentence])
        try await ledger.record(LedgerEvent("ledger.reconciled", findings.facts))
    }

    /// A folder's times are those of its file system, which need not be read at the same moment.
    static let margin = Span.minutes(5)

    private static let unknown = Reason(
        .outcomeUnknown, "the ledger was lost or is older than the spool: whether this was called is not known",
        hint: "look at the provider's account, then release the job to pay for it, or give it up")

    private static let gone = Reason(
        .outcomeUnknown, "the ledger was lost or is older than the spool: this was called, and its inputs are gone",
        hint: "its outcome may have been taken away already; else hand the job over again")

    // MARK: the book of calls

    private func readBook(_ mark: SQLiteLedger.Bookmark?, _ found: inout Case) async throws {
        let folder = stores.spool.privateFolder
        let (current, old) = try await BlockingLane.disk.run { () throws(DiskError) in try CallBookFile.look(folder) }
        let isNew = try await ledger.isEmpty()
        found.isBehind = mark == nil && isNew
        found.findings.isBookWhole = Self.isWhole(current, old, mark, isNew: isNew)
        if mark == nil, isNew, current == nil {
            // The first start of all has nothing beside it.
            found.findings.isBookWhole = await isBare()
        }
        var unknown: [String: CallEntry] = [:]
        for (file, from) in Self.unread(current, old, mark) {
            try await file.read(from: from) { entries, ends in
                for entry in try await ledger.unknownCalls(entries) { unknown[entry.effect.id] = entry }
                for end in ends { unknown[end.call]?.end = end }
            }
        }
        found.calls = Dictionary(grouping: unknown.values.sorted { $0.effect.sentAt < $1.effect.sentAt }) {
            $0.effect.job
        }
        if !unknown.isEmpty || !found.findings.isBookWhole { found.isBehind = true }
    }

    /// Whether the book names each call that was made since this ledger was written to last.
    private static func isWhole(
        _ current: CallBookFile?, _ old: CallBookFile?, _ mark: SQLiteLedger.Bookmark?, isNew: Bool
    ) -> Bool {
        guard let current, !current.isCopy else { return mark == nil && current == nil }
        // A ledger that was lost may have lost more than the book reaches back; jobs live shorter than that.
        guard let mark else { return true }
        if current.id == mark.id { return current.length >= mark.place }
        guard let old, !old.isCopy, old.id == mark.id else { return false }
        return old.length >= mark.place
    }

    /// What of the book the ledger has not read.
    private static func unread(
        _ current: CallBookFile?, _ old: CallBookFile?, _ mark: SQLiteLedger.Bookmark?
    ) -> [(CallBookFile, Int64)] {
        if let current, let mark, current.id == mark.id, current.length >= mark.place { return [(current, mark.place)] }
        let older = old.map { old in (old, old.id == mark?.id ? min(mark?.place ?? 0, old.length) : 0) }
        return [older, current.map { ($0, 0) }].compactMap { $0 }
    }

    /// Whether nothing tells of a job that ever was.
    private func isBare() async -> Bool {
        let spool = stores.spool
        let keys = (try? await stores.blobs.countKeys()) ?? 0
        let folders = Outcome.allCases.map { spool.outcomes($0) } + [spool.claims]
        let isEmpty = await BlockingLane.disk.run {
            folders.allSatisfy { ((try? Folders.list($0).entries) ?? []).isEmpty }
        }
        return keys == 0 && isEmpty
    }

    // MARK: outcome folders

    /// Outcomes whose folder says more than the ledger does. Done comes first: what was bought is bought.
    private func readFolders(since: Timestamp?, _ found: inout Case) async throws {
        for outcome in [Outcome.done, .failed, .held] {
            let folder = stores.spool.outcomes(outcome)
            let entries = try await BlockingLane.disk.run { () throws(DiskError) in try Folders.list(folder).entries }
            for entry in entries where entry.info.kind == .folder {
                if let since, entry.info.changed / 1_000_000 < since.milliseconds { continue }
                let job = try await ledger.job(entry.name)
                guard Self.mayDiffer(job, outcome, isBehind: found.isBehind) else { continue }
                let path = folder + "/" + entry.name
                let read = await BlockingLane.disk.run { FoundOutcome.read(path) }
                guard let read, read.outcome == outcome else { continue }
                try await settle(job, by: read, &found)
            }
        }
    }

    /// Whether a folder of this outcome may say something that the ledger's row does not.
    private static func mayDiffer(_ job: JobRecord?, _ outcome: Outcome, isBehind: Bool) -> Bool {
        guard let job else { return true }
        // Its folder is complete, and its row is written by the step that did not come to its end.
        if job.staged == outcome { return false }
        switch outcome {
        case .done: return job.state != .done || isBehind
        case .failed: return job.state != .failed && job.state != .done
        case .held: return !job.state.isSettled && job.state != .held
        }
    }

    private func settle(_ job: JobRecord?, by read: FoundOutcome, _ found: inout Case) async throws {
        let now = try await ledger.now()
        let noted = (found.calls[read.job] ?? []).map(\.effect)
        guard let job else {
            // Its id is forgotten by now; whoever uses it again meets the folder.
            if now.since(read.settled ?? now) > .hours(30 * 24) { return }
            let token = found.calls[read.job]?.first?.token ?? JobPapers.foundToken + read.job
            let end = read.end(knowing: noted, now: now)
            if try await ledger.adopt(Self.record(of: read, token: token, end, now), end, blobs: []) {
                found.findings.taken += 1
            }
            return try await look(read.attempts.count, noted.count, &found)
        }
        let known = try await ledger.effects(of: job.id)
        let published = try await ledger.outputs(of: job.id)
        guard Self.isNewer(read, job, published) else { return }
        let end = read.end(knowing: known + noted.filter { call in !known.contains { $0.id == call.id } }, now: now)
        try await ledger.bring(job.id, to: end)
        found.findings.ended += 1
        found.isBehind = true
        try await look(read.attempts.count, known.count + noted.count, &found)
    }

    /// A call that the folder tells of and neither ledger nor book knows: the book came from a backup too.
    private func look(_ made: Int, _ known: Int, _ found: inout Case) async throws {
        if made > known, try await ledger.bookmark() != nil { found.findings.isBookWhole = false }
    }

    /// A job that runs again after a part of it was published keeps its folder meanwhile, which then says nothing new.
    private static func isNewer(_ read: FoundOutcome, _ job: JobRecord, _ published: [OutputRecord]) -> Bool {
        guard read.outcome == .done else { return true }
        let names = Set(published.compactMap { $0.file != nil && $0.deletedAt == nil ? $0.file : nil })
        let isNews = read.outputs.contains { output in output.file.map { !names.contains($0) } ?? false }
        if job.state == .done { return isNews && !published.contains { $0.deletedAt != nil } }
        return job.reopened == 0 || isNews
    }

    /// A job as its folder tells of it.
    private static func record(of read: FoundOutcome, token: String, _ end: FoundEnd, _ now: Timestamp) -> JobRecord {
        var job = JobRecord(
            id: read.job, claimToken: token, route: read.attempts.first?.route ?? "",
            acceptedAt: min(read.accepted, now), inputsDeleteBy: end.inputsDeleteBy, retainInputs: .zero,
            count: read.count, referenceCount: read.referenceCount, inputBytes: read.inputBytes)
        job.batch = read.batch
        job.requestedID = read.requestedID
        job.duplicateOf = read.duplicateOf
        job.removed = read.removed
        return job
    }

    // MARK: work files

    /// Jobs that are whole in their work files: taken in anew, or given back to the row that their folder made.
    private func readWorkFiles(_ found: inout Case) async throws {
        let strays = StrayJobs(ledger: ledger, blobs: stores.blobs, spool: stores.spool)
        let called = Set(found.calls.values.flatMap { $0.map(\.token) })
        let now = try await ledger.now()
        for papers in try await strays.find(called: called) {
            var job = papers.job
            job.acceptedAt = min(job.acceptedAt, now)
            job.runAfter = job.acceptedAt
            job.inputsDeleteBy = min(job.inputsDeleteBy, job.acceptedAt.after(.hours(24)))
            // Due already: the sweep deletes what no row explains.
            guard job.inputsDeleteBy > now, try await ledger.jobID(ofClaim: job.claimToken) == nil else {
                // A row that its own calls made knows the token, and no work file.
                if let known = try await ledger.job(job.id), known.claimToken == job.claimToken, known.specBlob == nil,
                    known.inputsDeletedAt == nil
                {
                    try await ledger.adopt(papers.rows, for: job)
                }
                continue
            }
            if let row = try await ledger.job(job.id) {
                guard row.claimToken.hasPrefix(JobPapers.foundToken), row.specBlob == nil else { continue }
                try await ledger.adopt(papers.rows, for: job)
            } else if try await ledger.adopt(job, nil, blobs: papers.rows) {
                found.findings.adopted += 1
                found.isBehind = true
            }
        }
    }

    // MARK: calls

    private func takeCalls(_ found: inout Case) async throws {
        for (id, entries) in found.calls {
            for entry in try await ledger.unknownCalls(entries) {
                let now = try await ledger.now()
                if try await ledger.job(id) == nil {
                    // Its claim may still stand: nothing that cost nothing is to be in its way.
                    if entry.end?.billed == .no { continue }
                    try await takeIn(entry, now)
                }
                let job = try await ledger.job(id)
                let isHere: Bool
                if let spec = job?.specBlob {
                    isHere = (try? await stores.blobs.size(spec)) != nil
                } else {
                    isHere = false
                }
                try await ledger.take(entry, isGone: isHere ? nil : Self.gone)
                found.findings.calls += 1
            }
        }
    }

    /// A job of which nothing is left but a call: its folder was taken away, or never made.
    private func takeIn(_ entry: CallEntry, _ now: Timestamp) async throws {
        let effect = entry.effect
        let moment = min(effect.sentAt, now)
        var job = JobRecord(
            id: effect.job, claimToken: entry.token, route: effect.fallbackFrom ?? effect.route, acceptedAt: moment,
            inputsDeleteBy: moment.after(.hours(24)), retainInputs: .zero, count: effect.output)
        job.subjectRef = effect.subjectRef
        job.batch = entry.batch
        let end = FoundEnd(
            outcome: .failed, reason: Self.gone, isSimulated: false, settledAt: moment,
            inputsDeleteBy: moment.after(.hours(24)), outputs: [], effects: [])
        try await ledger.adopt(job, end, blobs: [])
    }
}

extension SQLiteLedger {
    /// Whether the next start has something to settle between the book of calls and the ledger: until then no work file is a stray.
    package func isBehind(_ folder: String) async throws(LedgerError) -> Bool {
        let files = try? await BlockingLane.disk.run { () throws(DiskError) in try CallBookFile.look(folder) }
        // Before the first start that keeps a book there is none.
        guard let mark = try bookmark() else { return files?.current != nil }
        guard let current = files?.current, !current.isCopy else { return true }
        guard current.id == mark.id, current.length >= mark.place else { return true }
        var isBehind = false
        try? await current.read(from: mark.place) { entries, _ in
            if try !unknownCalls(entries).isEmpty { isBehind = true }
        }
        return isBehind
    }
}
