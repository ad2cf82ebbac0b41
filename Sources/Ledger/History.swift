package import Domain

/// What is kept of a job beyond its life where its policy keeps a history: facts, and the id of the document that holds its prompt,
/// sealed under the subject's key.
package struct HistoryRecord: Sendable, Hashable {
    /// Counted by the ledger; 0 until it stands there.
    package var number: Int64 = 0
    package var job: String
    /// With the id it names the job: an id may come again.
    package var acceptedAt: Timestamp
    package var subjectRef: String
    /// By the wall clock.
    package var at: Timestamp
    package var model = ""
    package var aspectRatio: String?
    package var size: String?
    package var template: String?
    package var templateVersion: Int?
    /// Names of its outputs.
    package var outputs: [String] = []
    /// In the `SubjectVault`.
    package var document: String
    /// When its job settled as done, by the age clock; nil until then.
    package var keptAt: Timestamp?
    /// Nil as long as the subject is not erased.
    package var endsAt: Timestamp?

    package init(of job: JobRecord, subjectRef: String, at: Timestamp, document: String) {
        self.job = job.id
        acceptedAt = job.acceptedAt
        self.subjectRef = subjectRef
        self.at = at
        self.document = document
    }
}

/// What is kept of what subjects asked for, and what they agreed to.
package protocol HistoryLedger: Sendable {
    /// Of a job, also before it has settled; nil where there is none.
    func history(of job: JobRecord) async throws(LedgerError) -> HistoryRecord?
    /// What is kept of a subject, oldest first.
    func history(ofSubject subjectRef: String) async throws(LedgerError) -> [HistoryRecord]
    /// What is over: by its time, by an objection, or because its job came to no picture; none that a legal hold keeps.
    func historyDue(limit: Int) async throws(LedgerError) -> [HistoryRecord]
    /// Deletes the rows of documents that are destroyed, and gives the events that say so.
    func endHistory(_ records: [HistoryRecord]) async throws(LedgerError) -> [LedgerEvent]
    /// Of these ids of documents those that no row explains.
    func unknownDocuments(among ids: [String]) async throws(LedgerError) -> Set<String>
    /// Whether a subject lets its data be used so; one that is being erased lets nothing.
    func allows(_ purpose: Purpose, of subjectRef: String) async throws(LedgerError) -> Bool
    /// Everything that a subject agreed to, oldest first.
    func consents(of subjectRef: String) async throws(LedgerError) -> [Consent]
}

/// What a subject agreed to, by a job's `attestations`.
package struct Consent: Sendable, Hashable {
    package let purpose: String
    /// Digest of the policy whose text it was.
    package let textHash: String
    /// By the wall clock.
    package let given: Timestamp
    package let withdrawn: Timestamp?
}
