import Daemon
import Documents
import Domain
import Glibc
import Ledger
import Settings
import Spool

/// What a verb does to jobs, one by one, and what it says first where filters find them.
struct Decision<Refusal: Refusing> {
    /// The money that is spoken of before anything is done.
    enum Stake {
        /// What calls for what the jobs lack would cost; on this route, or on their own.
        case estimate(Route?)
        /// What was, or may have been, spent on them.
        case spent
    }

    /// Stands behind a job's id once it is done: `runs again`.
    let word: String
    /// States that the verb can do anything with.
    let states: [JobState]
    var fitness: JobFilter.Fitness?
    let stake: Stake
    let act: (String) async throws(Refusal) -> Void
    /// Lines of a batch that are no jobs yet, where the verb reaches those too.
    var unread: UnreadLines?

    func run(_ invocation: Invocation, _ stores: Stores) async throws(CommandError) -> Int32 {
        let selection = try Selection(invocation)
        guard selection.isFilter else { return await perform(invocation, invocation.words) }
        let filter = try await fitting(selection.completed(selection.filter(), stores.ledger), invocation)
        let jobs = try await ids(filter, stores)
        guard !jobs.isEmpty || unread?.isEmpty == false else {
            try await Selection.NoMatch(selection, filter, stores).say()
            return await perform(invocation, [])
        }
        let stake = try await self.stake(of: jobs, stores)
        try confirm(invocation, words(jobs.count, stake, invocation))
        try unread?.cancel()
        var rows: [JSONValue] = []
        var code = ExitCode.fine
        for id in jobs { await perform(id, invocation, &rows, &code) }
        if unread != nil { try await performRest(filter, stores, but: Set(jobs), invocation, &rows, &code) }
        print(invocation, rows, stake)
        return code.rawValue
    }

    /// Lines that were being read when their batch was cancelled become jobs a moment later.
    private func performRest(
        _ filter: JobFilter, _ stores: Stores, but first: Set<String>, _ invocation: Invocation,
        _ rows: inout [JSONValue], _ code: inout ExitCode
    ) async throws(CommandError) {
        var done = first
        while true {
            try? await Task.sleep(for: .milliseconds(500))
            let left = try await ids(filter, stores).filter { !done.contains($0) }
            if left.isEmpty { return }
            for id in left { await perform(id, invocation, &rows, &code) }
            done.formUnion(left)
        }
    }

    // MARK: jobs

    private func fitting(_ filter: JobFilter, _ invocation: Invocation) throws(CommandError) -> JobFilter {
        var filter = filter
        let asked = filter.states
        filter.states = asked.isEmpty ? states : states.filter(asked.contains)
        filter.fitness = fitness
        guard filter.states.isEmpty else { return filter }
        throw CommandError(
            .usage, "\(invocation.verb.name) can do nothing with jobs that are \(asked[0].rawValue)",
            hint: "it takes jobs that are " + states.map(\.rawValue).joined(separator: ", "))
    }

    /// Oldest first.
    private func ids(_ filter: JobFilter, _ stores: Stores) async throws(CommandError) -> [String] {
        try await JobListing.read { () throws(LedgerError) in try await stores.ledger.jobIDs(filter).reversed() }
    }

    /// Decides about each job by itself: one that cannot be helped stops no other.
    private func perform(_ invocation: Invocation, _ jobs: [String]) async -> Int32 {
        var rows: [JSONValue] = []
        var code = ExitCode.fine
        for id in jobs { await perform(id, invocation, &rows, &code) }
        print(invocation, rows, nil)
        return code.rawValue
    }

    private func perform(
        _ id: String, _ invocation: Invocation, _ rows: inout [JSONValue], _ code: inout ExitCode
    ) async {
        do throws(Refusal) {
            try await act(id)
            rows.append(.fields(["job": .string(id), "done": true]))
            if !invocation.wantsJSON { Console.print("\(id): \(word)\n") }
        } catch {
            code = error.exitCode
            rows.append(.fields(["job": .string(id), "done": false, "code": .string(error.word)]))
            let hint = error.hint.map { "\n  \($0)" } ?? ""
            Console.remark("darkroom: \(JSONParser.shown(id)): \(error.description)\(hint)")
        }
    }

    private func print(_ invocation: Invocation, _ rows: [JSONValue], _ amount: Amount?) {
        guard invocation.wantsJSON else { return }
        let money = amount.map { amount in
            JSONValue.fields(["micro_usd": .integer(amount.micro), "source": .string(amount.source)])
        }
        Console.print(.fields(["schema": "darkroom.decision/1", "at_stake": money, "jobs": .array(rows)]))
    }

    // MARK: money

    private struct Amount {
        var micro: Int64 = 0
        /// Jobs of which it cannot be said: their inputs are deleted, or the configuration has no such route any more.
        var unknown = 0
        let source: String
    }

    private func stake(of jobs: [String], _ stores: Stores) async throws(CommandError) -> Amount {
        switch stake {
        case .spent:
            let spent = try await JobListing.read { () throws(LedgerError) in
                try await stores.ledger.spent(on: jobs)
            }
            return Amount(micro: spent, source: "spent")
        case .estimate(let route):
            var amount = Amount(source: "estimate")
            for id in jobs {
                guard let job = (try? await stores.ledger.job(id)) ?? nil else { continue }
                guard let cost = await stores.estimate(of: job, on: route) else {
                    amount.unknown += 1
                    continue
                }
                let (next, isTooMuch) = amount.micro.addingReportingOverflow(cost)
                amount.micro = isTooMuch ? .max : next
            }
            return amount
        }
    }

    private func words(_ count: Int, _ amount: Amount, _ invocation: Invocation) -> String {
        var text = "\(count) \(count == 1 ? "job" : "jobs") to \(invocation.verb.name)"
        if let unread, !unread.isEmpty { text += ", and \(unread.words)" }
        let money = "$" + Money.text(amount.micro)
        switch stake {
        case .spent: text += "; \(money) was, or may have been, spent on \(count == 1 ? "it" : "them")"
        case .estimate: text += "; about \(money) by estimate"
        }
        if amount.unknown > 0 { text += "; \(amount.unknown) of them have no inputs, or no route, any more" }
        return text
    }

    // MARK: a person's word

    private func confirm(_ invocation: Invocation, _ words: String) throws(CommandError) {
        if invocation.has(Option.yes.name) { return Console.remark(words) }
        guard Console.isTerminal(0), Console.isTerminal(2) else {
            throw CommandError(
                .usage, "\(words). Nothing was done", hint: "--yes does it; darkroom jobs takes the same filters")
        }
        Console.write(2, Array("\(words). Go on? [y/N] ".utf8))
        let answer = readLine()?.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw CommandError(.notAllWell, "nothing was done") }
    }
}
