import Daemon
import Digests
import Documents
import Domain
import Intake
import Ledger
import Outcomes
import StatusPage

extension Program {
    static let jobsVerb = Verb(
        name: "jobs", summary: "lists jobs, newest first",
        options: [
            Option(
                "--state", "STATE", JobState.allCases.map(\.rawValue).joined(separator: ", "), repeats: true,
                choices: JobState.allCases.map(\.rawValue)),
            Option("--subject", "SUBJECT", "only this subject's"),
            Option(
                "--reason", "CODE", "only with this reason", choices: ReasonCode.allCases.map(\.rawValue)),
            Option("--limit", "N", "at most so many (100)"), .json,
        ], examples: ["darkroom jobs --state failed --json"]
    ) { invocation throws(CommandError) in
        let filter = try JobListing.filter(invocation)
        let stores = try invocation.stores(try invocation.configuration())
        let jobs = try await JobListing.read { () throws(LedgerError) in
            var filter = filter
            if let subject = invocation.value("--subject") {
                let key = try await stores.ledger.installationSecret("subject-hash") { randomBytes(32) }
                filter.subjectRef = Acceptor.reference(to: subject, key: key)
            }
            return try await stores.ledger.jobs(filter)
        }
        if invocation.wantsJSON {
            Console.print(
                JobList.document(jobs))
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
        let reason = job.reason?.code.rawValue ?? job.waitsFor?.rawValue
        return [
            job.id, job.state.rawValue, String(job.acceptedAt.description.prefix(19)) + "Z", String(job.count),
            reason ?? "-",
        ]
    }

    static func filter(_ invocation: Invocation) throws(CommandError) -> JobFilter {
        var filter = JobFilter()
        for name in invocation.all("--state") {
            guard let state = JobState(rawValue: name) else {
                throw CommandError(
                    .usage, "there is no state \"\(JSONParser.shown(name))\"",
                    hint: "one of " + JobState.allCases.map(\.rawValue).joined(separator: ", "))
            }
            filter.states.append(state)
        }
        if let code = invocation.value("--reason") {
            guard let reason = ReasonCode(rawValue: code) else {
                let nearest = NearestName.of(code, among: ReasonCode.allCases.map(\.rawValue))
                throw CommandError(.usage, "there is no such reason", hint: nearest.map { "did you mean \($0)?" })
            }
            filter.reasons = [reason]
        }
        if let text = invocation.value("--limit") {
            guard let limit = Int(text), (1...1_000_000).contains(limit) else {
                throw CommandError(.usage, "--limit takes a whole number from 1 to 1000000")
            }
            filter.limit = limit
        }
        return filter
    }

    static func read<Value>(_ work: () async throws(LedgerError) -> Value) async throws(CommandError) -> Value {
        do throws(LedgerError) {
            return try await work()
        } catch {
            throw CommandError(.inputOutput, error.description)
        }
    }
}
