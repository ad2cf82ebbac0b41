package import Documents
package import Domain
package import Ledger
import Vault

/// What is held of one subject and what was asked for it, as `subject show` tells it.
package struct SubjectStory: Sendable {
    package let record: SubjectRecord
    package let counts: SubjectCounts
    package let holds: [LegalHold]
    package let requests: [RightsRequest]
    /// How many sealed documents are kept of it, and what stands in the sealed record.
    package let documents: Int
    package let card: JSONValue?
    package let now: Timestamp

    package var document: JSONValue {
        .fields([
            "schema": "darkroom.subject/1", "restricted_since": .text(record.restrictedAt?.description),
            "suspended_since": .text(record.suspendedAt?.description),
            "objections": .array(record.objections.map(\.rawValue).sorted().map { .string($0) }),
            "erasing": .text(record.erasing),
            "jobs": .object(
                JobState.allCases.map { .init(key: $0.rawValue, value: .integer(counts.jobs[$0] ?? 0)) }),
            "outputs": .fields([
                "there": .integer(counts.outputs), "next_deadline": .text(counts.nextOutputs?.description),
            ]),
            "inputs": .fields([
                "held_by_jobs": .integer(counts.holdingInputs),
                "next_deadline": .text(counts.nextInputs?.description),
            ]),
            "credit_movements": .integer(counts.creditMovements), "documents": .integer(documents), "record": card,
            "holds": .array(holds.map { $0.document(at: now) }),
            "requests": .array(requests.map(\.document)),
        ])
    }
}

extension RightsOffice {
    /// What is held of a subject; `unknownSubject` where nothing is.
    package func show(_ subject: String) async throws(RightsError) -> SubjectStory {
        try await story(of: try await reference(to: subject))
    }

    func story(of reference: String) async throws(RightsError) -> SubjectStory {
        let documents = try await inVault { () throws(VaultError) in try await vault.documents(of: reference) }.count
        let isKnown = try await onLedger { () throws(LedgerError) in try await ledger.knows(reference) }
        guard isKnown || documents > 0 else { throw .unknownSubject }
        let card = try await card(of: reference)
        return try await onLedger { () throws(LedgerError) in
            SubjectStory(
                record: try await ledger.subject(reference) ?? SubjectRecord(reference: reference),
                counts: try await ledger.counts(of: reference), holds: try await ledger.holds(of: reference),
                requests: try await ledger.requests(of: reference), documents: documents, card: card?.document,
                now: try await ledger.now())
        }
    }
}

extension LegalHold {
    package func document(at now: Timestamp) -> JSONValue {
        .fields([
            "id": .string(id), "reason": .string(reason), "job": .text(job), "begins": .string(begins.description),
            "expires": .string(expires.description), "ended": .text(ended?.description),
            "active": .bool(isActive(at: now)),
        ])
    }
}

extension RightsRequest {
    package var document: JSONValue {
        .fields([
            "id": .string(id), "verb": .string(verb), "received": .string(received.description),
            "due": .string(due.description), "state": .string(state.rawValue), "closed": .text(closed?.description),
            "result": .text(result),
        ])
    }
}
