import Daemon
import Documents
import Domain
import Ledger
import Outcomes

extension Program {
    static let saveVerb = Verb(
        name: "save", summary: "keeps an output beyond its time, where the policy lets a subject choose",
        arguments: "JOB[:N]…", words: 1...10_000, options: [.json],
        examples: ["darkroom save lighthouse-7QK2M9XB", "darkroom save lighthouse-7QK2M9XB:2"]
    ) { invocation throws(CommandError) in
        try Selection.check(invocation)
        let stores = try invocation.stores(try invocation.configuration())
        let decision = Decision<Shelf.Refusal>(word: "kept", states: [.done], stake: .spent) {
            name throws(Shelf.Refusal) in
            let (job, index) = output(name)
            try await stores.shelf.save(job, index)
        }
        return try await decision.run(invocation, stores)
    }

    static let deleteVerb = Verb(
        name: "delete", summary: "delete outputs, sidecars and the provider's originals now",
        arguments: "[JOB[:N]…]", words: 0...10_000, options: Option.filters() + [.yes, .json],
        examples: [
            "darkroom delete lighthouse-7QK2M9XB", "darkroom delete lighthouse-7QK2M9XB:2",
            "darkroom delete --batch catalogue --yes",
        ],
        notes: [filterNote(estimate: false)]
    ) { invocation throws(CommandError) in
        try Selection.check(invocation)
        let stores = try invocation.stores(try invocation.configuration())
        let decision = Decision<Shelf.Refusal>(
            word: "deleted", states: [.done], fitness: .hasOutputs, stake: .spent
        ) { name throws(Shelf.Refusal) in
            let (job, index) = output(name)
            try await stores.shelf.delete(job, index)
        }
        return try await decision.run(invocation, stores)
    }

    /// The job and the output of `JOB:N`; no id holds a colon.
    private static func output(_ name: String) -> (job: String, index: Int?) {
        guard let colon = name.lastIndex(of: ":"), let index = Int(name[name.index(after: colon)...]), index > 0 else {
            return (name, nil)
        }
        return (String(name[..<colon]), index)
    }
}

extension Shelf.Refusal: Refusing {
    var exitCode: ExitCode {
        switch self {
        case .ledger, .disk: .inputOutput
        case .unknown, .wrongState, .noSuchOutput, .gone, .held, .forbidden: .notAllWell
        }
    }

    var word: String {
        switch self {
        case .unknown: "unknown_job"
        case .wrongState(let state): state.rawValue
        case .noSuchOutput: "unknown_output"
        case .gone: "gone"
        case .held: "legal_hold"
        case .forbidden: ReasonCode.policyForbids.rawValue
        case .ledger, .disk: "input_output"
        }
    }

    var hint: String? {
        switch self {
        case .unknown: "darkroom jobs lists them"
        case .noSuchOutput: "darkroom show lists what it has"
        case .held: "darkroom subject hold --end ends it"
        default: nil
        }
    }
}
