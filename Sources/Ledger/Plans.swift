package import Domain

/// What a subject has on the shelf under plans, and what its plan lets it keep.
package struct PlanShelf: Sendable {
    /// One output that is here.
    package struct Entry: Sendable {
        package var output: OutputRecord
        package var settledAt: Timestamp
        /// When its own time ends it, and by which rule; nil where nothing does.
        package var ownEnd: Timestamp?
        package var ownRule: ExpiryRule?

        package init(output: OutputRecord, settledAt: Timestamp, ownEnd: Timestamp?, ownRule: ExpiryRule?) {
            self.output = output
            self.settledAt = settledAt
            self.ownEnd = ownEnd
            self.ownRule = ownRule
        }
    }

    /// What becomes of an output's end.
    package struct Change: Sendable, Hashable {
        package var output: OutputRecord
        package var end: Timestamp?
        package var rule: ExpiryRule?
    }

    package let entries: [Entry]
    /// Those of the newest job that names a plan.
    package let terms: PlanTerms

    package init(entries: [Entry], terms: PlanTerms) {
        self.entries = entries
        self.terms = terms
    }

    /// What ends for the plan's sake, and what no longer does: the oldest first, and what was saved only when nothing else is left.
    ///
    /// Whoever goes has the plan's notice from now on; one that was told of its end keeps it.
    package func changes(now: Timestamp) -> [Change] {
        var (count, bytes) = (entries.count, entries.reduce(0) { $0 + ($1.output.bytes ?? 0) })
        let order = entries.sorted { one, other in
            if one.output.isSaved != other.output.isSaved { return other.output.isSaved }
            if one.settledAt != other.settledAt { return one.settledAt < other.settledAt }
            return (one.output.job, one.output.index) < (other.output.job, other.output.index)
        }
        return order.compactMap { entry in
            let rule: ExpiryRule? =
                terms.count.map { count > $0 } == true
                ? .planCount : terms.bytes.map { bytes > $0 } == true ? .planBytes : nil
            if rule != nil {
                count -= 1
                bytes -= entry.output.bytes ?? 0
            }
            return Self.change(entry, rule, now.after(terms.notice))
        }
    }

    private static func change(_ entry: Entry, _ rule: ExpiryRule?, _ end: Timestamp) -> Change? {
        let output = entry.output
        let isMarked = output.rule == .planCount || output.rule == .planBytes
        guard let rule else {
            guard isMarked else { return nil }
            return Change(
                output: output, end: output.isSaved ? nil : entry.ownEnd, rule: output.isSaved ? nil : entry.ownRule)
        }
        // What ends sooner by itself needs no other end.
        if isMarked || output.expiresAt.map({ $0 <= end }) == true { return nil }
        return Change(output: output, end: end, rule: rule)
    }
}

/// What plans let subjects keep, and what was taken away.
package protocol PlanLedger: Sendable {
    /// Subjects of whose outputs something changed, with a mark of how often.
    func plansToCheck(limit: Int) async throws(LedgerError) -> [(subjectRef: String, changes: Int64)]
    /// Nil where no job of the subject names a plan any more.
    func planShelf(of subjectRef: String) async throws(LedgerError) -> PlanShelf?
    /// Gives outputs other ends and says so; the subject is checked, if nothing changed meanwhile.
    func setEnds(
        _ changes: [PlanShelf.Change], of subjectRef: String, checked mark: Int64
    ) async throws(LedgerError) -> [LedgerEvent]
    /// Says of outputs that their end is near, once of each, and gives the events.
    func tellOfEnds(limit: Int) async throws(LedgerError) -> [LedgerEvent]
    /// What of a job was seen to be taken away, in order.
    func deliveries(of job: String) async throws(LedgerError) -> [Delivery]
    /// The same of all jobs of a subject, those that are forgotten too where its history is kept.
    func deliveries(ofSubject subjectRef: String) async throws(LedgerError) -> [Delivery]
}

/// An output that was taken away from its outcome folder.
package struct Delivery: Sendable, Hashable {
    package let job: String
    package let index: Int
    /// When it was seen to be gone, by the wall clock.
    package let at: Timestamp
    package let bytes: Int64?
}
