package import Domain

/// What data of a subject is used for beside its jobs, each of which it can object to.
package enum Purpose: String, Sendable, Hashable, CaseIterable {
    case statistics, history, gallery
    /// Everything that it agreed to: without consent nothing new is made for it.
    case consent
}

/// Where a subject stands; one that has no row is none of all that.
package struct SubjectRecord: Sendable, Hashable {
    /// Keyed hash of the subject.
    package var reference: String
    /// Since when its data is stored and nothing more.
    package var restrictedAt: Timestamp?
    /// Since when it gets no new jobs.
    package var suspendedAt: Timestamp?
    package var objections: Set<Purpose> = []
    /// The request by which it is being erased.
    package var erasing: String?
    /// The sealed record of it: id of a document in the `SubjectVault`.
    package var record: String?

    package init(reference: String) {
        self.reference = reference
    }
}

/// A legal reason for which outputs and history of a subject, or outputs of one job, are not deleted. Inputs go all the same.
package struct LegalHold: Sendable, Hashable {
    package var id: String
    package var subjectRef: String
    /// Nil covers all of the subject.
    package var job: String?
    /// A short public label, no place for personal data.
    package var reason: String
    package var begins: Timestamp
    package var expires: Timestamp
    package var ended: Timestamp?

    package init(
        id: String, subjectRef: String, job: String? = nil, reason: String, begins: Timestamp, expires: Timestamp
    ) {
        self.id = id
        self.subjectRef = subjectRef
        self.job = job
        self.reason = reason
        self.begins = begins
        self.expires = expires
    }

    package func isActive(at moment: Timestamp) -> Bool { ended == nil && expires > moment }
}

/// One request of a person, or for one, and what came of it.
package struct RightsRequest: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        /// Taken down, and nothing done yet.
        case requested
        /// Nothing of the subject can be seen any more.
        case hidden
        /// Every key is destroyed.
        case shredded
        /// Every byte is unlinked, but for what a hold keeps.
        case purged
        /// The receipt is made; the ledger knows the subject no more.
        case closing
        /// Erased, but for what a hold keeps.
        case held
        case closed
    }

    package var id: String
    package var verb: String
    /// Keyed hash of the subject; the tombstone in its place once it is erased.
    package var subjectRef: String
    /// What stands in the place of an erased subject.
    package var tombstone: String?
    /// A word of a closed list.
    package var label: String?
    package var received: Timestamp
    package var due: Timestamp
    package var state = State.requested
    package var closed: Timestamp?
    /// What came of it, in closed words.
    package var result: String?
    /// The folder in `done/` that answers it, where it came as a file.
    package var answer: String?

    package init(id: String, verb: String, subjectRef: String, label: String? = nil, received: Timestamp) {
        self.id = id
        self.verb = verb
        self.subjectRef = subjectRef
        self.label = label
        self.received = received
        due = received.after(Self.time)
    }

    /// How long a request may take (GDPR, article 12(3): one month).
    package static let time = Span.hours(30 * 24)
}

/// How many of what is there of a subject.
package struct SubjectCounts: Sendable, Hashable {
    package var jobs: [JobState: Int] = [:]
    /// Outputs that are still there, as far as the ledger knows.
    package var outputs = 0
    /// Jobs whose inputs are not deleted yet.
    package var holdingInputs = 0
    /// When inputs and outputs are due next.
    package var nextInputs: Timestamp?
    package var nextOutputs: Timestamp?
    package var creditMovements = 0

    package init() {}

    package var isNothing: Bool { jobs.isEmpty && creditMovements == 0 }
}
