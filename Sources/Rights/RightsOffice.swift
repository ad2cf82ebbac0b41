package import Audit
import Digests
package import Documents
import Domain
package import Journal
package import Ledger
package import Outcomes
package import Vault

/// Does what is asked for a subject, and writes it into the register. Everything here is one transaction; what takes more has a
/// type of its own (`Erasure`, `ExportPackage`).
package struct RightsOffice: Sendable {
    let ledger: SQLiteLedger
    let vault: SubjectVault
    let auditor: Auditor
    let recorder: Recorder
    private let gallery: Gallery?
    private let history: History?

    /// - Parameters:
    ///   - gallery: where an objection to it takes out what is shown; else the next sweep does.
    ///   - history: the same of what is kept.
    package init(
        ledger: SQLiteLedger, vault: SubjectVault, auditor: Auditor, recorder: Recorder, gallery: Gallery? = nil,
        history: History? = nil
    ) {
        self.gallery = gallery
        self.history = history
        self.ledger = ledger
        self.vault = vault
        self.auditor = auditor
        self.recorder = recorder
    }

    package static func newRequestID() -> String { hexadecimal(randomBytes(8)) }

    /// The subject as the ledger knows it.
    package func reference(to subject: String) async throws(RightsError) -> String {
        try await onLedger { () throws(LedgerError) in try await ledger.reference(to: subject) }
    }

    /// Does it under the id of its request; where that was done before, nothing happens again.
    ///
    /// - Returns: what is answered (`darkroom.right/1`).
    package func perform(_ order: RightsOrder, id: String) async throws(RightsError) -> JSONValue {
        let reference = try await reference(to: order.subject)
        if let known = try await onLedger({ () throws(LedgerError) in try await ledger.request(id) }),
            known.closed != nil
        {
            return Self.answer(known)
        }
        let request = RightsRequest(
            id: id, verb: order.verb.rawValue, subjectRef: reference,
            received: try await onLedger { () throws(LedgerError) in try await ledger.now() })
        var facts: [JSONValue.Member] = []
        switch order.verb {
        case .restrict:
            try await onLedger { () throws(LedgerError) in
                try await ledger.restrict(request)
                // What may only be stored is not shown.
                _ = try await gallery?.withdraw(subject: request.subjectRef)
            }
        case .unrestrict: try await onLedger { () throws(LedgerError) in try await ledger.unrestrict(request) }
        case .suspend: try await onLedger { () throws(LedgerError) in try await ledger.suspend(request) }
        case .resume: try await onLedger { () throws(LedgerError) in try await ledger.resume(request) }
        case .object: try await object(order, request)
        case .hold: facts = try await hold(order, request)
        case .amend: facts = try await amend(order, request)
        case .show:
            try await onLedger { () throws(LedgerError) in try await ledger.close(request, result: "shown") }
        case .export, .erase: break
        }
        recorder.tell(LedgerEvent("subject." + order.verb.rawValue, ["request": id]))
        let done = try await onLedger { () throws(LedgerError) in try await ledger.request(id) }
        let answer = Self.answer(done ?? request)
        return .object((answer.members ?? []) + facts)
    }

    package static func answer(_ request: RightsRequest) -> JSONValue {
        .fields([
            "schema": "darkroom.right/1", "request": .string(request.id), "verb": .string(request.verb),
            "state": .string(request.state.rawValue), "received": .string(request.received.description),
            "due": .string(request.due.description), "closed": .text(request.closed?.description),
            "result": .text(request.result),
        ])
    }

    private func object(_ order: RightsOrder, _ request: RightsRequest) async throws(RightsError) {
        guard let purpose = order.purpose else { return }
        try await onLedger { () throws(LedgerError) in
            try await ledger.object(request, to: purpose, isWithdrawn: order.isWithdrawn)
            if order.isWithdrawn { return }
            // Where one of these is cut short, the sweep does it.
            if purpose == .gallery { try await gallery?.withdraw(subject: request.subjectRef) }
            if purpose == .history { _ = try await history?.sweep(strays: false) }
        }
    }

    private func hold(
        _ order: RightsOrder, _ request: RightsRequest
    ) async throws(RightsError) -> [JSONValue.Member] {
        if let id = order.endsHold {
            let ended = try await onLedger { () throws(LedgerError) in try await ledger.endHold(id, request) }
            guard ended else { throw .unknownHold(id) }
            return [.init(key: "hold", value: .string(id)), .init(key: "ended", value: true)]
        }
        guard let terms = order.hold else { return [] }
        if let id = terms.job {
            let job = try await onLedger { () throws(LedgerError) in try await ledger.job(id) }
            guard job?.subjectRef == request.subjectRef else { throw .unknownJob(id) }
        }
        // Its id follows from the request's, so that a request that runs twice holds once.
        let hold = LegalHold(
            id: "hold-" + request.id, subjectRef: request.subjectRef, job: terms.job, reason: terms.reason,
            begins: request.received, expires: request.received.after(terms.lasts))
        try await onLedger { () throws(LedgerError) in try await ledger.begin(hold, request) }
        return [
            .init(key: "hold", value: .string(hold.id)),
            .init(key: "expires", value: .string(hold.expires.description)),
        ]
    }

    // MARK: the sealed record

    /// What stands in a subject's record; an empty one where it has none, or its key has ended.
    func card(of reference: String) async throws(RightsError) -> SubjectCard? {
        let subject = try await onLedger { () throws(LedgerError) in try await ledger.subject(reference) }
        guard let id = subject?.record else { return nil }
        do throws(VaultError) {
            return SubjectCard(try await vault.open(id, for: reference))
        } catch {
            if error == .missing { return nil }
            throw .vault(error)
        }
    }

    private func amend(
        _ order: RightsOrder, _ request: RightsRequest
    ) async throws(RightsError) -> [JSONValue.Member] {
        var card = try await card(of: request.subjectRef) ?? SubjectCard()
        // The log tells that something was changed, and lets who has the old text and the new one see that it was this.
        var facts: [String: String] = [:]
        var changed: [String] = []
        for amendment in order.amendments {
            guard let old = card.amend(amendment, at: request.received) else { continue }
            changed.append(amendment.key)
            facts["old_" + amendment.key] = try await digest(old, request.subjectRef)
            facts["new_" + amendment.key] = try await digest(amendment.value, request.subjectRef)
        }
        let text = Array(card.document.compact.utf8)
        let document = try await inVault { () throws(VaultError) in
            try await vault.seal(text, for: request.subjectRef)
        }
        let before = try await onLedger { () throws(LedgerError) in
            try await ledger.setRecord(request, document, facts: facts)
        }
        if let before {
            try await inVault { () throws(VaultError) in try await vault.destroy(before, for: request.subjectRef) }
        }
        return [.init(key: "changed", value: .array(changed.map { .string($0) }))]
    }

    private func digest(_ text: String, _ reference: String) async throws(RightsError) -> String {
        try await inAudit { () throws(AuditError) in try await auditor.digest(of: text, ofSubject: reference) }
    }
}
