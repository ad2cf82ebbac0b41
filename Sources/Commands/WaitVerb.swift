import Disk
import Documents
import Domain
import Ledger
import Spool

extension Program {
    static let waitVerb = Verb(
        name: "wait", summary: "return when jobs, or all lines of a batch, have settled",
        arguments: "[JOB…]", words: 0...10_000, options: Option.filters() + [.json],
        examples: [
            "darkroom wait order-7 order-8", "darkroom wait --batch catalogue",
            "darkroom wait --route openai --state waiting",
        ],
        notes: [
            "The id or the name of a batch may stand in the place of a job. A batch has settled when each of its lines has, "
                + "also those that are not read yet. Other filters mean the jobs that fit when the command begins. A held "
                + "job counts as an end: it waits for a person."
        ]
    ) { invocation throws(CommandError) in
        let selection = try Selection.check(invocation)
        let waiting = Waiting(invocation, try invocation.configuration())
        guard selection.isFilter else { return try await waiting.wait(for: invocation.words) }
        return try await waiting.wait(for: selection)
    }
}

extension Waiting {
    static func filter(ofBatch name: String) -> JobFilter {
        var filter = JobFilter()
        filter.batch = name
        filter.limit = Selection.all
        return filter
    }

    /// Waits for the jobs that filters find.
    func wait(for selection: Selection) async throws(CommandError) -> Int32 {
        let asked = try selection.filter()
        try await checkSpool()
        if let refusal = Files.refusal(to: .enter, spool.privateFolder), !refusal.isMissing {
            throw CommandError(
                .inputOutput, "\(spool.privateFolder): \(DiskError.text(of: refusal.code)): filters ask the ledger",
                hint: "run it as the daemon's user, or name the jobs")
        }
        try await waitForSomebody {
            guard let ledger, let complete = try? await selection.completed(asked, ledger) else { return false }
            return await areSettled(complete)
        }
        let opened = try await openedLedger()
        let report = Report(wantsJSON: selection.invocation.wantsJSON)
        defer { report.bar.end() }
        try await wait(for: try await selection.completed(asked, opened), report)
        return report.code
    }

    /// The ledger, which a daemon that was started a moment ago makes first.
    private func openedLedger() async throws(CommandError) -> any JobLedger {
        for _ in 0..<200 {
            if let ledger { return ledger }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw CommandError(
            .inputOutput, "\(spool.ledger) cannot be read", hint: "`darkroom doctor` says why, and what to do")
    }

    /// Waits for the jobs that fit, and for lines of their batch that are not read yet.
    func wait(for filter: JobFilter, _ report: Report) async throws(CommandError) {
        var seen: Set<String> = []
        var rounds = 0
        while true {
            // Asked for first: what is read meanwhile is then found as a job.
            let unread = filter.isGrowing ? UnreadLines(of: filter.batch ?? "", spool) : nil
            let new = try await jobs(filter).filter { !seen.contains($0) }
            guard new.isEmpty else {
                seen.formUnion(new)
                report.bar.update { $0.total += new.count }
                await wait(for: new, report)
                continue
            }
            if unread?.mayBe != true {
                guard filter.isGrowing, seen.isEmpty else {
                    if seen.isEmpty { report.bar.remark("nothing to wait for: no job fits") }
                    return
                }
                if rounds == 10 { await sayUnknown(batch: filter.batch ?? "", report.bar) }
            } else if rounds == 25, unread?.isInInbox == true, seen.isEmpty {
                report.bar.remark("the batch lies in the inbox, and is not taken yet")
            }
            rounds += 1
            try? await Task.sleep(for: .milliseconds(rounds < 50 ? 200 : 1000))
        }
    }

    private func wait(for jobs: [String], _ report: Report) async {
        let gone = await delivered(jobs)
        for job in jobs {
            if let ending = gone[job] {
                report.add(ending)
            } else if let ending = await ending(of: job, report.bar) {
                report.add(ending)
            }
        }
    }

    /// Oldest first.
    private func jobs(_ filter: JobFilter) async throws(CommandError) -> [String] {
        guard let ledger else { return [] }
        return try await JobListing.read { () throws(LedgerError) in try await ledger.jobIDs(filter).reversed() }
    }

    /// Whether nothing that fits is open, and no line of the batch is unread; false as long as nothing is known.
    func areSettled(_ filter: JobFilter) async -> Bool {
        if filter.isGrowing, UnreadLines(of: filter.batch ?? "", spool).mayBe { return false }
        guard let ledger, let counts = try? await ledger.counts(of: filter) else { return false }
        if filter.isGrowing, counts.isEmpty { return false }
        return counts.keys.allSatisfy { $0.isSettled || $0 == .held }
    }

    // MARK: batches by name

    /// Whether a name is that of a batch: its id, or the name of some where no job has it.
    func isBatch(_ name: String) async -> Bool {
        let known = await batches(named: name)
        if known.contains(where: { $0.description == name }) { return true }
        if outcome(of: name) != nil || Files.exists(spool.inbox + "/" + name) { return false }
        if let ledger, ((try? await ledger.job(name)) ?? nil) != nil { return false }
        // Looked for last: a full inbox takes time to list.
        return !known.isEmpty || UnreadLines(of: name, spool).isOnItsWay
    }

    private func batches(named name: String?) async -> [BatchID] {
        guard let ledger else { return [] }
        return (try? await ledger.batches(named: name)) ?? []
    }

    /// A batch that nobody knows is waited for, it may still be handed over; but not in silence.
    private func sayUnknown(batch: String, _ bar: ProgressBar) async {
        let nearest = NearestName.of(batch, among: Set(await batches(named: nil).map(\.name)).sorted())
        bar.remark(
            "no batch \(JSONParser.shown(batch)) is known yet: it is waited for until one is handed over"
                + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }
}

extension JobFilter {
    /// Whether more jobs may come to fit: lines of a batch that are not read yet.
    fileprivate var isGrowing: Bool {
        batch != nil && states.isEmpty && reasons.isEmpty && until == nil && limit == Selection.all
    }
}
