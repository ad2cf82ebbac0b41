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
