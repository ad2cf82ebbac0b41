import Daemon
import Disk
import Documents
import Domain
import Intake
import Ledger
import Spool

/// The outputs that filters mean: by the ledger, or, of a batch, by what stands in the outcome folders.
extension OutcomeOutputs {
    mutating func takeKnown(_ selection: Selection, _ stores: Stores) async throws(CommandError) {
        let asked = try await selection.completed(selection.filter(), stores.ledger)
        var filter = asked
        filter.states = asked.states.isEmpty ? [.done] : asked.states.filter { $0 == .done }
        guard !filter.states.isEmpty else {
            throw CommandError(.usage, "jobs that are \(asked.states[0].rawValue) have no outputs to show")
        }
        try await Selection.NoMatch(selection, asked, stores).checkBatch()
        let jobs = try await JobListing.read { () throws(LedgerError) in try await stores.ledger.jobs(filter) }
        let folder = stores.spool.outcomes(.done)
        var absent = 0
        for job in Self.inOrder(jobs) {
            let before = outputs.count
            take([job.id], in: folder)
            if outputs.count == before { absent += 1 }
        }
        guard let batch = asked.batch else { return }
        note(absent, of: batch, ("has no output in done/ any more", "have no output in done/ any more"))
        guard asked.states.isEmpty, asked.reasons.isEmpty, !selection.invocation.has("--limit") else { return }
        let counts = try await JobListing.read { () throws(LedgerError) in try await stores.ledger.counts(of: asked) }
        note(counts[.failed] ?? 0, of: batch, ("failed", "failed"))
        note(counts[.held] ?? 0, of: batch, ("is held", "are held"))
        note(
            counts.reduce(0) { $1.key.isSettled || $1.key == .held ? $0 : $0 + $1.value }, of: batch,
            ("is not settled", "are not settled"))
        let unread = UnreadLines(of: batch, stores.spool)
        if !unread.isEmpty { remark("\(unread.words) are not on it") }
        if unread.isInInbox { remark("a batch \(batch) that lies in the inbox is not on it") }
    }

    /// Lines of a batch in their order, those of an earlier batch first; other jobs by their acceptance.
    static func inOrder(_ jobs: [JobRecord]) -> [JobRecord] {
        func line(_ job: JobRecord) -> Int { job.claimToken.split(separator: ".").last.flatMap { Int($0) } ?? 0 }
        var begun: [BatchID: Timestamp] = [:]
        for job in jobs {
            if let batch = job.batch { begun[batch] = min(begun[batch] ?? job.acceptedAt, job.acceptedAt) }
        }
        return jobs.map { job in
            (job, job.batch.flatMap { begun[$0] } ?? job.acceptedAt, job.batch?.description ?? "", line(job))
        }.sorted { ($0.1, $0.2, $0.3, $0.0.id) < ($1.1, $1.2, $1.3, $1.0.id) }.map(\.0)
    }

    /// Without the ledger the outcome folders alone say which batch a job is of.
    mutating func takeSeen(
        _ selection: Selection, _ done: [Folders.Entry], _ spool: SpoolFolders
    ) throws(CommandError) {
        guard let batch = selection.batch, selection.isWholeBatch else {
            throw CommandError(
                .inputOutput,
                "\(spool.privateFolder) may not be looked into: only --batch works by the outcome folders",
                hint: "run it as the daemon's user, or name the jobs")
        }
        let folder = spool.outcomes(.done)
        take(done.map(\.name).filter { Self.isJob(folder + "/" + $0, of: batch) }, in: folder)
        for (outcome, words) in [(Outcome.failed, ("failed", "failed")), (.held, ("is held", "are held"))] {
            let folder = spool.outcomes(outcome)
            let entries = (try? Folders.list(folder))?.entries ?? []
            note(entries.count { Self.isJob(folder + "/" + $0.name, of: batch) }, of: batch, words)
        }
    }

    private static func isJob(_ folder: String, of batch: String) -> Bool {
        guard let bytes = (try? Files.read(folder + "/status.json", limit: 1 << 20)) ?? nil,
            let status = try? JSONParser.parse(bytes), let id = status["batch"]?.string.flatMap({ BatchID($0) })
        else { return false }
        return id.description == batch || id.name == batch
    }

    private mutating func note(_ count: Int, of batch: String, _ words: (one: String, more: String)) {
        guard count > 0 else { return }
        remark(count == 1 ? "1 job of \(batch) \(words.one)" : "\(count) jobs of \(batch) \(words.more)")
    }
}
