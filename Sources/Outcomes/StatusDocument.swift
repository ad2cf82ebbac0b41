package import Documents
package import Domain
package import Ledger

/// `status.json`: how a job ended, in words that hold nothing personal.
package struct StatusDocument: Sendable {
    package static let schema = "darkroom.status/1"

    package let job: JobRecord
    package let outcome: Outcome
    package let reason: Reason?
    package let outputs: [OutputRecord]
    package let effects: [EffectRecord]
    package let settledAt: Timestamp
    package let inputsDeleteBy: Timestamp
    /// What of it the gallery has.
    package let shown: [GalleryPicture]

    package init(
        job: JobRecord, outcome: Outcome, reason: Reason?, outputs: [OutputRecord], effects: [EffectRecord],
        settledAt: Timestamp, inputsDeleteBy: Timestamp, shown: [GalleryPicture] = []
    ) {
        self.shown = shown
        self.job = job
        self.outcome = outcome
        self.reason = reason
        self.outputs = outputs
        self.effects = effects
        self.settledAt = settledAt
        self.inputsDeleteBy = inputsDeleteBy
    }

    private var made: [OutputRecord] { outputs.filter { $0.state == .made } }
    private var missing: [OutputRecord] { outcome == .done ? outputs.filter { $0.state != .made } : [] }

    package var document: JSONValue {
        .fields([
            "schema": .string(Self.schema), "job": .string(job.id), "batch": .text(job.batch?.description),
            "requested_id": .text(job.requestedID),
            "duplicate_of": .text(job.duplicateOf), "outcome": .string(outcome.rawValue),
            "partial": .bool(!missing.isEmpty),
            "missing": .array(missing.map(Self.missing)),
            "simulated": .bool(job.simulated),
            "visibility": job.visibility == .private ? nil : .string(job.visibility.rawValue),
            "protect": job.isProtected ? true : nil, "reason": reason?.json,
            "times": .fields([
                "accepted": .string(job.acceptedAt.description), "started": .text(job.startedAt?.description),
                "settled": outcome == .held ? nil : .string(settledAt.description),
            ]),
            "attempts": .array(effects.map(Self.attempt)),
            "cost": .fields(["micro_usd": .integer(Self.cost(effects)), "source": .string(Self.source(effects))]),
            "inputs": .fields([
                "count": .integer(job.referenceCount), "bytes": .integer(job.inputBytes),
                "removed": .array(job.removed.map { .string($0) }),
                "delete_by": .string(inputsDeleteBy.description),
            ]),
            "outputs": .array(made.map(output)),
        ])
    }

    private static func missing(_ output: OutputRecord) -> JSONValue {
        let code = output.reason?.code ?? (output.state == .unknown ? .outcomeUnknown : .internalFault)
        return .fields([
            "index": .integer(output.index), "code": .string(code.rawValue), "billed": .string(output.billed.rawValue),
        ])
    }

    private static func attempt(_ effect: EffectRecord) -> JSONValue {
        .fields([
            "output": .integer(effect.output), "route": .string(effect.route),
            "fallback_from": .text(effect.fallbackFrom), "request_id": .text(effect.requestID),
            "class": .string(
                effect.callClass ?? (effect.state == .unknown ? "outcome_unknown" : effect.state.rawValue)),
            "billed": .string(effect.billed.rawValue),
            "cost": .fields(["micro_usd": .integer(effect.cost), "source": .string(effect.costSource)]),
        ])
    }

    private func output(_ output: OutputRecord) -> JSONValue {
        .fields([
            "name": .text(output.file), "width": output.size.map { .integer($0.width) },
            "height": output.size.map { .integer($0.height) }, "format": .text(output.format),
            "bytes": output.bytes.map { .integer($0) }, "sha256": .text(output.sha256),
            "expires_at": .text(output.expiresAt?.description),
            "preview": job.isProtected ? .text(output.file.map(Preview.name)) : nil,
            "gallery": .text(shown.first { $0.index == output.index }?.name),
        ])
    }

    /// What the job cost for certain or possibly; calls that were not billed cost nothing.
    package static func cost(_ effects: [EffectRecord]) -> Int64 {
        effects.costOfBilled
    }

    private static func source(_ effects: [EffectRecord]) -> String {
        let paid = effects.filter { $0.billed != .no }
        return !paid.isEmpty && paid.allSatisfy { $0.costSource == "usage" } ? "usage" : "estimate"
    }
}
