import Daemon
import Documents
import Domain
import Ledger
import Outcomes
import Settings

extension Program {
    static let retryVerb = Verb(
        name: "retry", summary: "run failed jobs, or what partial ones lack, again", arguments: "[JOB…]",
        words: 0...10_000,
        options: [
            Option("--model", "ROUTE", "on this route instead of the job's own")
        ] + Option.filters() + [.yes, .json],
        examples: [
            "darkroom retry lighthouse-7QK2M9XB", "darkroom retry --reason server_error --since 24h --yes",
            "darkroom retry --batch catalogue --model openai --yes",
        ],
        notes: [filterNote(estimate: true)]
    ) { invocation throws(CommandError) in
        try Selection.check(invocation)
        let configuration = try invocation.configuration()
        let route = try invocation.value("--model").map { (name) throws(CommandError) in
            try configuration.route(calledFor: name)
        }
        let stores = try invocation.stores(configuration)
        let decision = Decision<Reopener.Refusal>(
            word: "runs again", states: [.failed, .done], fitness: .canRunAgain, stake: .estimate(route)
        ) { id throws(Reopener.Refusal) in
            if let route { try await stores.retry(id, on: route) } else { try await stores.reopener.retry(id) }
        }
        return try await decision.run(invocation, stores)
    }

    static let releaseVerb = Verb(
        name: "release", summary: "let held jobs go on; unknown calls may be paid for again",
        arguments: "[JOB…]", words: 0...10_000,
        options: [Option("--give-up", nil, "settle them as failed instead")] + Option.filters() + [.yes, .json],
        examples: [
            "darkroom release lighthouse-7QK2M9XB", "darkroom release --give-up lighthouse-7QK2M9XB",
            "darkroom release --batch catalogue --reason outcome_unknown --yes",
        ],
        notes: [filterNote(estimate: true)]
    ) { invocation throws(CommandError) in
        try Selection.check(invocation)
        let stores = try invocation.stores(try invocation.configuration())
        let givesUp = invocation.has("--give-up")
        let decision = Decision<Reopener.Refusal>(
            word: givesUp ? "given up" : "goes on", states: [.held], stake: givesUp ? .spent : .estimate(nil)
        ) { id throws(Reopener.Refusal) in
            if givesUp { try await stores.reopener.giveUp(id) } else { try await stores.reopener.release(id) }
        }
        return try await decision.run(invocation, stores)
    }

    static let cancelVerb = Verb(
        name: "cancel", summary: "stop jobs that are not in a paid call", arguments: "[JOB…]", words: 0...10_000,
        options: Option.filters() + [.yes, .json],
        examples: ["darkroom cancel lighthouse-7QK2M9XB", "darkroom cancel --batch catalogue --yes"],
        notes: [
            filterNote(estimate: false),
            "--batch without another filter also cancels the lines of the batch that are not read yet. A batch that still "
                + "lies in the inbox is not cancelled: take its file out.",
        ]
    ) { invocation throws(CommandError) in
        let selection = try Selection.check(invocation)
        let stores = try invocation.stores(try invocation.configuration())
        var decision = Decision<Reopener.Refusal>(
            word: "cancelled", states: [.accepted, .ready, .waiting, .held], fitness: .canStop, stake: .spent
        ) { id throws(Reopener.Refusal) in
            try await stores.reopener.cancel(id)
        }
        guard let batch = selection.batch else { return try await decision.run(invocation, stores) }
        let unread = UnreadLines(of: batch, stores.spool)
        if selection.isWholeBatch { decision.unread = unread }
        let code = try await decision.run(invocation, stores)
        await sayWhatGoesOn(batch, unread, selection, stores)
        return code
    }

    /// What of a batch a cancel did not reach.
    private static func sayWhatGoesOn(
        _ batch: String, _ unread: UnreadLines, _ selection: Selection, _ stores: Stores
    ) async {
        if unread.isInInbox {
            Console.remark(
                "a batch \(batch) lies in the inbox and is not cancelled: take its file out, or cancel it later")
        }
        if !selection.isWholeBatch, !unread.isEmpty { Console.remark("\(unread.words) are not among them") }
        var filter = JobFilter()
        filter.batch = batch
        filter.states = [.calling, .answered, .made]
        let counts = (try? await stores.ledger.counts(of: filter)) ?? [:]
        let paying = counts.values.reduce(0, +)
        guard paying > 0 else { return }
        Console.remark(
            paying == 1
                ? "1 job of the batch is in a paid call, or its answer is being finished: it goes on"
                : "\(paying) jobs of the batch are in paid calls, or their answers are being finished: they go on")
    }

    /// What a verb that changes jobs says of its filters.
    static func filterNote(estimate: Bool) -> String {
        "Filters find jobs as those of darkroom jobs do. The command first says how many jobs there are, and "
            + (estimate ? "what their calls would cost by estimate" : "what was spent on them")
            + ". On a terminal it then asks whether to go on; elsewhere it needs --yes."
    }
}

extension Configuration {
    /// A route that an option names.
    fileprivate func route(calledFor name: String) throws(CommandError) -> Route {
        if let route = routes[name] { return route }
        let nearest = NearestName.of(name, among: routes.keys.sorted())
        throw CommandError(
            .data, "the configuration has no route \"\(JSONParser.shown(name))\"",
            hint: nearest.map { "did you mean \($0)?" } ?? "one of " + routes.keys.sorted().joined(separator: ", "))
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
        case .inputsGone, .neverRead, .unfit: .data
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
        case .unfit(let reason): reason.code.rawValue
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
        case .unfit(let reason): reason.hint
        default: nil
        }
    }
}
