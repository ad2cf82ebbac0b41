import Digests
import Documents
import Domain
import Settings

extension Configuration {
    /// The policy that jobs are accepted under: its id, and the SHA-256 of what it promises.
    ///
    /// A job keeps the promise it was given: a configuration that is loosened later has another hash.
    package var profile: (id: String, hash: String) {
        let promise = JSONValue.fields([
            "id": .string(policy.id), "inputs": .string(retainInputs.description),
            "inputs_at_most": "24h", "outputs": .string(retainOutputs?.description ?? "keep"),
            "prompt_in_sidecar": .bool(includePrompt),
            "credits": policy.credits.map { rules in
                .fields([
                    "per_output": .integer(rules.perOutput), "expire": .text(rules.expire?.description),
                ])
            },
        ])
        return (policy.id, hexadecimal(SHA256Digest.of(Array(promise.compact.utf8))))
    }
}
