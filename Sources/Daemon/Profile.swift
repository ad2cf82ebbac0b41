import Digests
import Documents
import Domain
import Policies
import Settings

extension Configuration {
    /// The policy that jobs are accepted under: its id, and the SHA-256 of what it promises.
    ///
    /// A job keeps the promise it was given: a configuration that is loosened later has another hash.
    package var profile: (id: String, hash: String) {
        let promise = JSONValue.fields([
            "id": .string(policy.id), "inputs": .string(retainInputs.description),
            "inputs_at_most": "24h", "outputs": .string(retainOutputs?.description ?? "keep"),
            "save": .bool(policy.maySave),
            // Named where it is not as in most policies, so that their hashes stay what they are.
            "gallery": policy.mayShow ? true : nil, "protect": policy.mayProtect ? nil : false,
            "attestations": .array(policy.attestations.map { .string($0) }),
            "prompt_in_sidecar": .bool(includePrompt), "receivers": policy.demand.document,
            "statistics": policy.statistics.map { .integer($0) },
            "training": policy.training.map { _ in "never" },
            "history": .text(policy.history?.description),
            "plans": policy.plans.isEmpty
                ? nil
                : .array(
                    policy.plans.values.sorted { $0.name < $1.name }.map { plan in
                        .fields([
                            "name": .string(plan.name), "outputs": .text(plan.age?.description),
                            "count": plan.count.map { .integer($0) }, "bytes": plan.bytes.map { .integer($0) },
                            "notice": .string(plan.notice.description),
                        ])
                    }),
            "credits": policy.credits.map { rules in
                .fields([
                    "per_output": rules.perOutput.document, "expire": .text(rules.expire?.description),
                ])
            },
        ])
        return (policy.id, hexadecimal(SHA256Digest.of(Array(promise.compact.utf8))))
    }
}

extension CreditRules.Price {
    fileprivate var document: JSONValue {
        switch self {
        case .same(let price): .integer(price)
        case .byPlan(let prices):
            .object(prices.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .integer($0.value)) })
        }
    }
}
