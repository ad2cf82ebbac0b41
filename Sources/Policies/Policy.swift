package import Domain

/// What an operator promises to the people whose pictures these are: one of those that Darkroom brings, or a file's.
///
/// What a policy says holds for the jobs that are accepted under it. A configuration may promise less time than it, never more.
package struct Policy: Sendable, Equatable {
    package var id = "default"
    /// The file it was read from; nil for one that Darkroom brings.
    package var source: String?
    /// Longest time that inputs stay after their job has settled; at most a day.
    package var inputs = Self.mostForInputs
    /// Longest time that outputs stay after their job has settled; nil: until the operator says otherwise.
    package var outputs: Span?
    /// Whether an output may be kept beyond that time where its subject asks for it (`save`).
    package var maySave = false
    /// Whether outputs may be shown to others (`visibility`).
    package var mayShow = false
    /// Whether outputs may be asked for as protected (`protect`).
    package var mayProtect = true
    /// How long it is kept what subjects ask for, sealed; nil for not at all.
    package var history: HistoryTerm?
    /// What every job must vouch for, names of `[a-z0-9_]{1,64}`.
    package var attestations: [String] = []
    /// What is asked of the services that receive something, for every job.
    package var demand = ProcessorDemand()
    /// Whether they may train models on it; nil leaves that open.
    package var training: TrainingRule?
    /// What subjects may keep, by the plan that a job names; none has limits.
    package var plans: [String: PlanTerms] = [:]
    /// Nil uses no credits.
    package var credits: CreditRules?
    /// Fewest subjects of a cell of prompt statistics that is published, 20 at least; nil counts nothing about prompts.
    package var statistics: Int?
    /// What is promised in words, and what keeps it.
    package var promises: [Promise] = []
    /// What stands against the policy wherever it is used: an operator's to put right, no program's.
    package var gaps: [String] = []

    package init() {}

    /// No input outlives the day after its acceptance.
    package static let mostForInputs = Span.hours(24)

    /// Refuses a job that the policy does not let in.
    ///
    /// - Parameter outputs: how long outputs stay; nil until the operator says otherwise.
    package func check(_ spec: JobSpec, outputs: Span?) throws(Reason) {
        if let missing = attestations.first(where: { !spec.attestations.contains($0) }) {
            throw Reason(
                .attestationMissing, "the policy \(id) takes only jobs that say \"\(missing)\"", field: "attestations",
                value: missing, hint: "who hands the job over must vouch for it: \"attestations\": [\"\(missing)\"]")
        }
        try checkPlan(of: spec)
        if spec.save, let outputs = [outputs, terms(of: spec)?.age].compactMap({ $0 }).min(), !maySave {
            throw Reason(
                .policyForbids, "the policy \(id) lets nobody keep an output longer than \(outputs)", field: "save",
                limit: outputs.description, hint: "leave it out")
        }
        if spec.visibility != .private, !mayShow {
            throw Reason(
                .policyForbids, "the policy \(id) shows no outputs to others", field: "visibility",
                value: spec.visibility.rawValue, hint: "leave it out, or say private")
        }
        if spec.protect, !mayProtect {
            throw Reason(
                .policyForbids, "the policy \(id) protects no outputs", field: "protect", hint: "leave it out")
        }
    }
}

extension Policy {
    /// The names that a job may give as its plan: there is one list of them, whether prices or limits hang on it.
    package var planNames: [String] {
        if !plans.isEmpty { return plans.keys.sorted() }
        guard case .byPlan(let prices)? = credits?.perOutput else { return [] }
        return prices.keys.sorted()
    }

    /// What the plan of a job lets its subject keep.
    package func terms(of spec: JobSpec) -> PlanTerms? { spec.plan.flatMap { plans[$0] } }

    private func checkPlan(of spec: JobSpec) throws(Reason) {
        let names = planNames
        guard !names.isEmpty else {
            if spec.plan == nil { return }
            throw Reason(.unsupportedParameter, "the policy has no plans", field: "plan", hint: "leave it out")
        }
        let known = "one of " + names.joined(separator: ", ")
        guard let plan = spec.plan else {
            throw Reason(.invalidManifest, "the policy has plans, and the job names none", field: "plan", hint: known)
        }
        guard names.contains(plan) else {
            throw Reason(.unsupportedParameter, "the policy has no such plan", field: "plan", hint: known)
        }
        if !plans.isEmpty, spec.subject == nil {
            throw Reason(
                .invalidManifest, "the policy's plans limit what a subject keeps, and the job names none",
                field: "subject", hint: "say whose job it is")
        }
    }
}

/// That nobody trains on what people hand in.
package enum TrainingRule: Sendable, Equatable {
    /// Only to services that are known not to.
    case never
    /// To none that is known to. Where nothing is known of a service the promise hangs on the operator's contract with it: a gap that
    /// `doctor` names, and no reason to refuse a job.
    case neverAsFarAsKnown

    package func allows(_ training: Training) -> Bool {
        switch training {
        case .never: true
        case .may: false
        case .unknown: self == .neverAsFarAsKnown
        }
    }
}

/// One thing that a policy promises.
package struct Promise: Sendable, Equatable {
    /// What keeps a promise, so that `doctor` can look whether it does.
    package enum Means: Sendable, Equatable {
        /// Deadlines of inputs, and the sweep.
        case inputsClock
        /// Deadlines of outputs, and `save`.
        case outputsClock
        /// Outputs stay in done/, and somebody else's shelf is where they go from there.
        case operatorsShelf
        case sealing
        case transport
        /// Prompts die with their job, and nothing else about them is kept.
        case promptsEnd
        /// Prompts die with their job, and are counted by cells that enough subjects share.
        case statistics
        /// Models, sizes and parameters stand in sidecars.
        case sidecar
        case credits
        case attestations
        case templates
        case masks
        case limits
        /// Texts are looked at before the call, and what a service refuses is written down by kind.
        case screening
        /// Numbers of cards are refused.
        case noCards
        case size
        /// Outputs stay in done/, and what subjects asked for is kept sealed under their keys.
        case history
        /// What was agreed to is written down with the text it was, and can be withdrawn.
        case consents
        /// A package of all that is held of a subject.
        case export
        /// A subject is erased on request, with a receipt.
        case erase
        /// Verbs for whatever else a subject may ask.
        case subjects
        /// A register of requests with their due dates.
        case register
        /// What jobs ask to be seen of their outputs, in a folder with an index.
        case gallery
        /// Outputs stay until they are deleted, or until there are more than their subject's plan allows.
        case plans
        /// What was taken away stands with its job, output by output.
        case deliveries
        /// Marked previews, and a flag against data mining.
        case protection
        /// The register says who receives what.
        case providers
        /// The register says who trains on it.
        case training
        /// Darkroom does nothing with it: there is none.
        case nothing
    }

    /// The row of the table of promises, as R1: retention, subjects' rights, security, third parties, usage, features.
    package var row: String
    package var words: String
    package var means: Means

    package init(_ row: String, _ words: String, _ means: Means) {
        self.row = row
        self.words = words
        self.means = means
    }
}
