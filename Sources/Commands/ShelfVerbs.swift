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
        let stores = try invocation.stores(try invocation.configuration())
        return try await onShelf(invocation, "kept") { job, index throws(Shelf.Refusal) in
            try await stores.shelf.save(job, index)
        }
    }

    static let deleteVerb = Verb(
        name: "delete", summary: "deletes an output now, with its sidecar and the provider's original",
        arguments: "JOB[:N]…", words: 1...10_000, options: [.json],
        examples: ["darkroom delete lighthouse-7QK2M9XB", "darkroom delete lighthouse-7QK2M9XB:2"]
    ) { invocation throws(CommandError) in
        let stores = try invocation.stores(try invocation.configuration())
        return try await onShelf(invocation, "deleted") { job, index throws(Shelf.Refusal) in
            try await stores.shelf.delete(job, index)
        }
    }

    private static func onShelf(
        _ invocation: Invocation, _ word: String, _ change: (String, Int?) async throws(Shelf.Refusal) -> Void
    ) async throws(CommandError) -> Int32 {
        try await decide(invocation, invocation.words, word) { name throws(Shelf.Refusal) in
            let (job, index) = output(name)
            try await change(job, index)
        }
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
