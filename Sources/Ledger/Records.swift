package import Domain

/// One job as the ledger knows it: ids, states, sizes, money, deadlines. Never a prompt, a file name or a metadata value.
///
/// All moments are of the age clock (`AgeClock`) unless a name says otherwise.
package struct JobRecord: Sendable, Hashable {
    package var id: String
    /// The caller's id where the job had to settle under another.
    package var requestedID: String?
    /// Name of the claim the job came from; a claim is accepted once.
    package var claimToken: String
    /// The batch that it is a line of.
    package var batch: BatchID?
    package var state: JobState = .accepted
    /// Rises with every claim; a write with an older one is refused.
    package var fence: Int64 = 0
    package var owner: String?
    package var leaseUntil: Timestamp?
    package var runAfter: Timestamp
    package var waiting: ReasonCode?
    /// The words for `waiting`, where the step that let it wait had some.
    package var waitingReason: Reason?
    package var priority: Int
    package var route: String
    package var acceptedAt: Timestamp
    package var startedAt: Timestamp?
    package var settledAt: Timestamp?
    package var inputsDeleteBy: Timestamp
    package var inputsDeletedAt: Timestamp?
    /// How long inputs stay after settling, milliseconds inside.
    package var retainInputs: Span
    /// How long outputs stay after settling; nil keeps them.
    package var retainOutputs: Span?
    package var profileID: String
    package var profileHash: String
    /// Keyed hash of the subject.
    package var subjectRef: String?
    /// Who takes turns with others: its subject, which is meant where this is nil, else the user who handed it over.
    package var party: String?
    package var originNode: String
    /// Keyed hash of what was asked, references included.
    package var contentRef: String
    package var count: Int
    package var referenceCount: Int
    package var inputBytes: Int64
    /// Kinds of metadata taken out of the references.
    package var removed: [String] = []
    /// Normalized size of each reference.
    package var referenceSizes: [PixelSize] = []
    package var specBlob: String?
    /// The outcome whose folder is complete and waits for, or has had, its rename.
    package var staged: Outcome?
    package var reason: Reason?
    package var simulated = false
    package var duplicateOf: String?
    /// How often a person had it run again.
    package var reopened = 0
    /// Credits of its subject that each delivered output costs; 0 where its policy uses none.
    package var creditsPerOutput: Int64 = 0
    /// Whether its policy lets outputs be kept beyond `retainOutputs`.
    package var maySave = false
    /// Who may see its outputs.
    package var visibility = Visibility.private
    /// Whether its outputs are protected as far as words and marks go.
    package var isProtected = false
    /// What the plan that it names lets its subject keep.
    package var plan: PlanTerms?
    /// How long it is kept what its subject asked for; nil for not at all.
    package var history: HistoryTerm?
    /// What whoever handed it over vouches for; written down with the subject's consents, and not with the job.
    package var attestations: [String] = []

    /// What it waits for, where it does. A job can wait in every state before its end; only while it is worked on it does not.
    package var waitsFor: ReasonCode? {
        guard !state.isSettled, state != .held, owner == nil || state == .waiting else { return nil }
        return waiting
    }

    /// Why it waits, in words, where it does.
    package var waitReason: Reason? {
        waitsFor.map { code in
            if let waitingReason, waitingReason.code == code { return waitingReason }
            return Reason(code, code.meaning, hint: code.remedy)
        }
    }

    package init(
        id: String, claimToken: String, route: String, acceptedAt: Timestamp, inputsDeleteBy: Timestamp,
        retainInputs: Span, priority: Int = 0, count: Int = 1, profileID: String = "default", profileHash: String = "",
        originNode: String = "", contentRef: String = "", referenceCount: Int = 0, inputBytes: Int64 = 0
    ) {
        self.id = id
        self.claimToken = claimToken
        self.route = route
        self.acceptedAt = acceptedAt
        self.runAfter = acceptedAt
        self.inputsDeleteBy = inputsDeleteBy
        self.retainInputs = retainInputs
        self.priority = priority
        self.count = count
        self.profileID = profileID
        self.profileHash = profileHash
        self.originNode = originNode
        self.contentRef = contentRef
        self.referenceCount = referenceCount
        self.inputBytes = inputBytes
    }

    /// The right to write this job's rows as long as nobody claims it anew.
    package var hold: Hold { Hold(job: id, fence: fence) }
}

/// The right to write one job's rows: what a claim gives, what the next claim takes away.
package struct Hold: Sendable, Hashable {
    package let job: String
    package let fence: Int64

    package init(job: String, fence: Int64) {
        self.job = job
        self.fence = fence
    }
}

/// One asked output of a job.
package struct OutputRecord: Sendable, Hashable {
    package var job: String
    /// Counted from 1.
    package var index: Int
    package var state: OutputState = .pending
    package var reason: Reason?
    package var billed: Billed = .no
    package var file: String?
    package var size: PixelSize?
    package var format: String?
    package var bytes: Int64?
    package var sha256: String?
    package var expiresAt: Timestamp?
    /// What ends it then.
    package var rule: ExpiryRule?
    /// When it is to be said that it ends; nil where it need not be, or was.
    package var tellAt: Timestamp?
    package var deletedAt: Timestamp?
    /// Kept beyond its time because somebody asked for it.
    package var isSaved = false
    /// Routes that took it over from the job's own, in order; the last one has it now.
    package var fallbacks: [String] = []

    package init(job: String, index: Int) {
        self.job = job
        self.index = index
    }

    /// The route that has it now.
    package func route(of job: JobRecord) -> String { fallbacks.last ?? job.route }
}

/// One paid request: written before it leaves, closed when its end is known.
package struct EffectRecord: Sendable, Hashable {
    package enum State: String, Sendable {
        case intent, answered, failed, unknown
    }

    package var id: String
    package var job: String
    package var output: Int
    package var state: State = .intent
    package var route: String
    package var provider: String
    package var model: String
    package var requestID: String?
    package var callClass: String?
    package var billed: Billed = .possible
    /// Micro-dollars.
    package var cost: Int64
    /// `usage`, `estimate`, or `none` where nothing was billed.
    package var costSource = "estimate"
    package var httpStatus: Int?
    package var sentAt: Timestamp
    package var endedAt: Timestamp?
    package var answerBlob: String?
    /// The day whose budget it belongs to, as in 2026-11-21 (`BudgetDay`).
    package var day = ""
    /// Keyed hash of the subject.
    package var subjectRef: String?
    /// The route that this one stood in for.
    package var fallbackFrom: String?

    package init(
        id: String, job: String, output: Int, route: String, provider: String, model: String, cost: Int64,
        sentAt: Timestamp
    ) {
        self.id = id
        self.job = job
        self.output = output
        self.route = route
        self.provider = provider
        self.model = model
        self.cost = cost
        self.sentAt = sentAt
    }
}

extension EffectRecord {
    /// The most that one call can have cost, in micro-dollars: a million dollars.
    package static let mostCost: Int64 = 1_000_000_000_000
}

extension Sequence<EffectRecord> {
    /// Micro-dollars of all that were billed, or may have been.
    package var costOfBilled: Int64 {
        reduce(0) { sum, effect in
            let cost = Swift.min(Swift.max(0, effect.cost), EffectRecord.mostCost)
            return effect.billed == .no ? sum : sum + cost
        }
    }
}

/// One sealed work file.
package struct BlobRecord: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case spec, reference, mask, normalized, normalizedMask = "normalized_mask", answer, original
        /// A picture of an answer that has not been read yet.
        case picture
    }

    package var id: String
    package var job: String
    package var kind: Kind
    /// Position among its kind, from 0; outputs' blobs carry the output's index.
    package var position: Int
    package var bytes: Int64
    /// Media type for normalized copies and originals.
    package var mediaType: String?

    package init(id: String, job: String, kind: Kind, position: Int, bytes: Int64, mediaType: String? = nil) {
        self.id = id
        self.job = job
        self.kind = kind
        self.position = position
        self.bytes = bytes
        self.mediaType = mediaType
    }
}

/// How many micro-dollars may be spent, and how often; nil is without limit.
package struct SpendLimits: Sendable, Hashable {
    package enum Budget: String, Sendable, Hashable {
        case perJob = "budget.per_job"
        case perDay = "budget.per_day"
        case perSubjectDay = "budget.per_subject_day"
    }

    package var perJob: Int64?
    package var perDay: Int64?
    package var perSubjectDay: Int64?
    /// How many requests one subject may make in a time, whatever they cost.
    package var subjectRate: Rate?

    package init(
        perJob: Int64? = nil, perDay: Int64? = nil, perSubjectDay: Int64? = nil, subjectRate: Rate? = nil
    ) {
        self.subjectRate = subjectRate
        self.perJob = perJob
        self.perDay = perDay
        self.perSubjectDay = perSubjectDay
    }
}

/// What one write changes beside the job's state; all of it or nothing.
package enum Change: Sendable {
    case addBlob(BlobRecord)
    case dropBlob(String)
    case references(removed: [String], sizes: [PixelSize])
    case output(OutputRecord)
    case effect(EffectRecord)
    /// A new paid request, if what was spent and set aside before leaves room for it: else nothing is written and the
    /// ledger throws `overBudget`, or `overRate` where the subject has to wait.
    case spend(EffectRecord, within: SpendLimits)
    case reason(Reason?)
    case wait(until: Timestamp, Reason)
    /// The daemon lived through all that is done with the job here.
    case tried
    case staged(Outcome?)
    case settled(at: Timestamp, inputsDeleteBy: Timestamp)
    case inputsDeleted(at: Timestamp)
    case simulated
    /// What it lacks is asked of another route from now on.
    case moved(to: String, isSimulated: Bool)
    /// What the gallery is about to get of this job; it counts as shown when the job settles.
    case shown([GalleryPicture])
    /// What is kept of what this job asked for; it counts as kept when the job settles as done.
    case history(HistoryRecord)
    /// What happened, written down with it: neither stands without the other.
    case record(LedgerEvent)
    /// Starts over after a person's word: nothing of the old end is left, and its inputs stay until then.
    case reopened(inputsDeleteBy: Timestamp)
}

/// A route that gets no calls, for a refusal that the next call would meet too, or because its operator says so.
package struct RoutePause: Sendable, Hashable {
    package var route: String
    package var code: ReasonCode
    package var since: Timestamp
    /// When it is tried again by itself; nil waits for `route resume`, SIGHUP or the next start of the daemon.
    package var until: Timestamp?

    /// What an operator's own pause outlives.
    package var endsWithRestart: Bool { code != .routePaused }

    /// What ends it.
    package var remedy: String {
        let resume = "then run darkroom route resume \(route)"
        return switch code {
        case .routePaused: "run darkroom route resume \(route)"
        case .auth: "check the route's key, \(resume)"
        case .permission: "give the account the right to use this model, \(resume)"
        case .accountBlocked: "settle it with the provider, \(resume)"
        case .quotaExhausted: "raise the quota or add credit at the provider, \(resume)"
        case .modelNotFound: "check the route's endpoint, deployment and family, \(resume)"
        case .badResponse: "check the route's endpoint and any gateway before it, \(resume)"
        default: "see the log, \(resume)"
        }
    }

    package init(route: String, code: ReasonCode, since: Timestamp, until: Timestamp?) {
        self.route = route
        self.code = code
        self.since = since
        self.until = until
    }
}

/// What became of an acceptance.
package enum Acceptance: Sendable {
    case accepted
    /// This claim was accepted before, under this id.
    case repeated(id: String)
    /// Another job has the id.
    case taken(by: JobRecord)
}

/// What retention has done and has before it.
package struct RetentionState: Sendable {
    /// Next moment at which inputs are due; nil when there are none.
    package var nextDeadline: Timestamp?
    /// Jobs whose inputs are still here.
    package var holding: Int
    /// The oldest deadline that has passed with inputs still here.
    package var oldestOverdue: Timestamp?

    package init(nextDeadline: Timestamp?, holding: Int, oldestOverdue: Timestamp?) {
        self.nextDeadline = nextDeadline
        self.holding = holding
        self.oldestOverdue = oldestOverdue
    }
}

/// One step that a job passed, for `record(_:)`: facts are numbers and closed words, never content.
package struct LedgerEvent: Sendable, Hashable {
    package let name: String
    package let job: String?
    /// Keyed hash of the subject that it speaks of, for the audit log alone, which knows it under a name that dies with it.
    package let subjectRef: String?
    package let facts: [String: String]

    package init(_ name: String, job: String? = nil, subject: String? = nil, _ facts: [String: String] = [:]) {
        self.name = name
        self.job = job
        subjectRef = subject
        self.facts = facts
    }
}
