import Daemon
import Documents
import Domain
import Ledger
import Outcomes
import StatusPage

extension Program {
    static let jobsVerb = Verb(
        name: "jobs", summary: "list jobs, newest first",
        options: Option.filters(limit: "at most N (100)") + [.json],
        examples: [
            "darkroom jobs --state failed --since 24h", "darkroom jobs --batch catalogue --json",
            "darkroom jobs --route openai --since 2026-11-21 --until 2026-11-21",
        ]
    ) { invocation throws(CommandError) in
        let selection = try Selection(invocation)
        let filter = try selection.filter(limit: 100)
        let stores = try invocation.stores(try invocation.configuration())
        let complete = try await selection.completed(filter, stores.ledger)
        let jobs = try await JobListing.read { () throws(LedgerError) in try await stores.ledger.jobs(complete) }
        if invocation.wantsJSON {
            Console.print(JobList.document(jobs))
        } else if jobs.isEmpty {
            Console.remark("no jobs")
        } else {
            Console.print(Console.table([JobListing.heading] + jobs.map(JobListing.row)))
        }
        return ExitCode.fine.rawValue
    }

    static let showVerb = Verb(
        name: "show", summary: "one job's whole story", arguments: "JOB", words: 1...1, options: [.json],
        examples: ["darkroom show lighthouse-7QK2M9XB"]
    ) { invocation throws(CommandError) in
        let stores = try invocation.stores(try invocation.configuration())
        let id = invocation.words[0]
        let ledger = stores.ledger
        let found = try await JobListing.read { () throws(LedgerError) -> JobStory? in
            guard let job = try await ledger.job(id) else { return nil }
            return JobStory(
                job: job, outputs: try await ledger.outputs(of: id), effects: try await ledger.effects(of: id),
                events: try await ledger.events(of: id), now: try await ledger.now(),
                shown: try await ledger.gallery(of: id), deliveries: try await ledger.deliveries(of: id))
        }
        guard let story = found else {
            throw CommandError(.notAllWell, "there is no job \(JSONParser.shown(id))", hint: "darkroom jobs lists them")
        }
        if invocation.wantsJSON { Console.print(story.document) } else { Console.print(story.text(stores.spool)) }
        return ExitCode.fine.rawValue
    }
}

/// Jobs as rows and as JSON.
enum JobListing {
    static let heading = ["JOB", "STATE", "ACCEPTED", "OUTPUTS", "REASON"]

    static func row(_ job: JobRecord) -> [String] {
        let reason = job.reason?.code.rawValue ?? job.waitReason.map { "\($0.code.rawValue): \($0.message)" }
        return [
            job.id, job.state.rawValue, String(job.acceptedAt.description.prefix(19)) + "Z", String(job.count),
            reason ?? "-",
        ]
    }

    static func read<Value>(_ work: () async throws(LedgerError) -> Value) async throws(CommandError) -> Value {
        do throws(LedgerError) {
            return try await work()
        } catch {
            throw CommandError(.inputOutput, error.description)
        }
    }
}
