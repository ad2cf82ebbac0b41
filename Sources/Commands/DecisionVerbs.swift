import Daemon
import Documents
import Domain
import Ledger
import Outcomes

extension Program {
    static let retryVerb = Verb(
        name: "retry", summary: "runs a failed job, or what is missing of a partial one, again",
        arguments: "JOB…", words: 0...10_000,
        options: [
            Option(
                "--reason", "CODE", "all failed jobs with this reason", repeats: true,
                choices: ReasonCode.allCases.map(\.rawValue)), .json,
        ],
        examples: ["darkroom retry lighthouse-7QK2M9XB", "darkroom retry --reason server_error"]
    ) { invocation throws(CommandError) in
        let stores = try invocation.stores(try invocation.configuration())
        var jobs = invocation.words
        for code in invocation.all("--reason") {
            jobs += try await failedJobs(stores, because: code)
        }
        if jobs.isEmpty, invocation.all("--reason").isEmpty {
            throw CommandError(
                .usage, "retry needs a job, or --reason", hint: "darkroom jobs --state failed lists them")
        }
        return try await decide(invocation, jobs, "runs again") { id throws(Reopener.Refusal) in
            try await stores.reopener.retry(id)
        }
    }

    static let releaseVerb = Verb(
        name: "release", summary: "lets a held job go on: a call whose end is unknown is made, and may be paid, again",
        arguments: "JOB…", words: 1...10_000,
        options: [Option("--give-up", nil, "settle it as failed instead"), .json],
        examples: ["darkroom release lighthouse-7QK2M9XB", "darkroom release --give-up lighthouse-7QK2M9XB"]
    ) { invocation throws(CommandError) in
        let stores = try invocation.stores(try invocation.configuration())
        let givesUp = invocation.has("--give-up")
        return try await decide(invocation, invocation.words, givesUp ? "given up" : "goes on") {
            id throws(Reopener.Refusal) in
            if givesUp { try await stores.reopener.giveUp(id) } else { try await stores.reopener.release(id) }
        }
    }

    static let cancelVerb = Verb(
        name: "cancel", summary: "stops a job that is not in a paid call", arguments: "JOB…", words: 1...10_000,
        options: [.json], examples: ["darkroom cancel lighthouse-7QK2M9XB"]
    ) { invocation throws(CommandError) in
        let stores = try invocation.stores(try invocation.configuration())
        return try await decide(invocation, invocation.words, "cancelled") { id throws(Reopener.Refusal) in
            try await stores.reopener.cancel(id)
        }
    }

    private static func failedJobs(_ stores: Stores, because code: String) async throws(CommandError) -> [String] {
        guard let reason = ReasonCode(rawValue: code) else {
            let nearest = NearestName.of(code, among: ReasonCode.allCases.map(\.rawValue))
            throw CommandError(.usage, "there is no such reason", hint: nearest.map { "did you mean \($0)?" })
        }
        var filter = JobFilter()
        filter.states = [.failed]
        filter.reasons = [reason]
        filter.limit = 1_000_000
        return try await JobListing.read { () throws(LedgerError) in
            try await stores.ledger.jobs(filter).map(\.id).reversed()
        }
    }

    /// Decides about each job by itself: one that can not be helped stops no other.
    static func decide<Refusal: Refusing>(
        _ invocation: Invocation, _ jobs: [String], _ word: String,
        _ decision: (String) async throws(Refusal) -> Void
    ) async throws(CommandError) -> Int32 {
        var rows: [JSONValue] = []
        var code = ExitCode.fine
        for id in jobs {
            do throws(Refusal) {
                try await decision(id)
                rows.append(.fields(["job": .string(id), "done": true]))
                if !invocation.wantsJSON { Console.print("\(id): \(word)\n") }
            } catch {
                code = error.exitCode
                rows.append(.fields(["job": .string(id), "done": false, "code": .string(error.word)]))
                let hint = error.hint.map { "\n  \($0)" } ?? ""
                Console.remark("darkroom: \(JSONParser.shown(id)): \(error.description)\(hint)")
            }
        }
        if invocation.wantsJSON {
            Console.print(.fields(["schema": "darkroom.decision/1", "jobs": .array(rows)]))
        }
        return code.rawValue
    }
}

/// Why a decision came to nothing, as a command tells it.
protocol Refusing: Error, CustomStringConvertible {
    var exitCode: ExitCode { get }
    /// For programs.
    var word: String { get }
    var hint: String? { get }
}

extension Reopener.Refusal: Refusing {
    /// 65 where the inputs are gone, as nothing can bring them back; 74 for the machine's own trouble.
    var exitCode: ExitCode {
        switch self {
        case .inputsGone, .neverRead: .data
        case .ledger, .disk: .inputOutput
        case .unknown, .wrongState, .noCredit: .notAllWell
        case .isPaying: .tryLater
        }
    }

    var word: String {
        switch self {
        case .unknown: "unknown_job"
        case .wrongState(let state): state.rawValue
        case .isPaying: "is_paying"
        case .inputsGone: "inputs_gone"
        case .neverRead: "never_read"
        case .noCredit: ReasonCode.noCredit.rawValue
        case .ledger, .disk: "input_output"
        }
    }

    var hint: String? {
        switch self {
        case .unknown: "darkroom jobs lists them"
        case .inputsGone: "inputs_gone: submit it again with its prompt and references"
        case .isPaying: "wait until it has settled"
        case .wrongState(.held): "darkroom release lets it go on"
        case .noCredit: "darkroom account credit gives more"
        default: nil
        }
    }
}
