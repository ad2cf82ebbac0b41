import Domain
import Settings

extension Checkup {
    /// What is kept for how long, in plain words.
    func promiseFindings() -> [Finding] {
        var findings = [
            Finding.ok("retention.inputs", Self.inputWords(configuration.retainInputs)),
            .ok("retention.outputs", outputWords),
            .ok(
                "retention.ledger",
                "the ledger keeps ids, states, sizes, costs and times of jobs: no prompt, no file name of an input"),
        ]
        if configuration.includePrompt {
            findings.append(
                .warning(
                    "retention.prompts", "each sidecar holds its prompt, which stays as long as the picture does",
                    remedy: "set sidecar.include_prompt to false unless those who take pictures need it"))
        }
        let providers = Set(routes.map(\.provider)).sorted { $0.rawValue < $1.rawValue }
        findings += providers.compactMap { provider in
            provider.keepWords.map { .ok("retention.\(provider.rawValue)", $0) }
        }
        return findings
    }

    var outputWords: String {
        configuration.retainOutputs.map { "pictures in done/ are deleted \($0) after they appeared" }
            ?? "pictures stay in done/ until somebody takes or deletes them"
    }

    static func inputWords(_ span: Span) -> String {
        let whatever = "whatever becomes of the job, 24 hours after it was accepted at the latest"
        if span == .zero {
            return "prompts, references and answers are deleted before the outcome appears; \(whatever)"
        }
        return "prompts, references and answers are deleted \(span) after the job has settled; \(whatever)"
    }
}

extension Route.Provider {
    /// What the service itself keeps, as far as its public terms say (21 November 2026); nil where nothing leaves this machine.
    fileprivate var keepWords: String? {
        switch self {
        case .simulator: nil
        case .microsoftMAI, .azureOpenAI:
            "Azure may keep samples of prompts and pictures for up to 30 days to look for abuse, "
                + "unless it approved modified abuse monitoring for you"
        case .openAI:
            "OpenAI may keep what is sent for up to 30 days to look for abuse, unless it approved zero retention for you"
        case .googleGemini:
            "Google keeps what is sent for a limited time to look for abuse; without a paid account people may read it"
        case .openRouter:
            "OpenRouter hands calls on to services that do not collect what is sent (data_collection: deny); "
                + "how long those keep it against abuse is theirs to say"
        }
    }
}
