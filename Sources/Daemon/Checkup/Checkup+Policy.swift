import Domain
import Policies
import Settings

extension Checkup {
    /// What the policy promises, what keeps each promise here, and what stands against it.
    func policyFindings() -> [Finding] {
        let policy = configuration.policy
        return policy.promises.map(finding)
            + policy.gaps.map {
                .warning("policy.gap", $0, remedy: "see whether what you tell people needs other words")
            }
    }

    private func finding(_ promise: Promise) -> Finding {
        let name = "policy.\(promise.row)"
        switch kept(promise.means) {
        case .by(let how): return .ok(name, "\(promise.words): \(how)")
        case .not(let why, let remedy): return .warning(name, "\(promise.words): \(why)", remedy: remedy)
        }
    }

    private var sealingWords: String {
        let words =
            "inputs are sealed under a key of their job, which is destroyed with them, and that under a key of its hour"
        guard configuration.sealKey == nil else { return words + ", which only seal.key opens" }
        return words
            + "; what opens those lies in the spool too: name seal.key, or encrypt the volume, against a stolen disk"
    }

    private var plansKept: Kept {
        if let span = configuration.retainOutputs {
            return .not(
                "retention.outputs deletes them \(span) after",
                remedy: "leave it out, or take pictures away before")
        }
        let limits = configuration.policy.plans.values.sorted { $0.name < $1.name }.map(\.words)
        if limits.isEmpty {
            return .by("they stay in done/ until somebody takes or deletes them: the policy names no plans")
        }
        return .by("the sweep ends the oldest of a subject that has more; " + limits.joined(separator: "; "))
    }

    private var statistics: Kept {
        if configuration.includePrompt {
            return .not("sidecar.include_prompt writes prompts beside each picture", remedy: "set it to false")
        }
        let end = "prompts end with their job"
        guard let least = configuration.policy.statistics else {
            return .by(end + ", and nothing is counted about them")
        }
        return .by(
            end
                + "; by the week it is counted how many subjects used a model for what, in which shape, script and length: cells "
                + "of \(least) subjects and more are published in .darkroom/statistics, others are dropped, and what told "
                + "subjects apart is destroyed")
    }

    private var historyKept: Kept {
        if let span = configuration.retainOutputs {
            return .not(
                "retention.outputs deletes pictures \(span) after",
                remedy: "leave it out, or take pictures away before")
        }
        guard let term = configuration.policy.history else {
            return .not("the policy keeps no history", remedy: "set its \"history\"")
        }
        let time = term == .account ? "until it is erased" : "for \(term)"
        return .by(
            "pictures stay in done/; prompts of jobs with a subject are kept \(time), sealed under the subject's key, and exported to it"
        )
    }

    enum Kept {
        case by(String)
        case not(String, remedy: String)
    }

    private func kept(_ means: Promise.Means) -> Kept {
        switch means {
        case .inputsClock: .by(Self.inputWords(configuration.retainInputs))
        case .outputsClock: .by(outputWords + (configuration.policy.maySave ? "; darkroom save keeps one" : ""))
        case .operatorsShelf:
            configuration.retainOutputs.map {
                .not("retention.outputs deletes them \($0) after", remedy: "leave it out, or take pictures away before")
            } ?? .by("they stay in done/ until somebody takes or deletes them")
        case .sealing: .by(sealingWords)
        case .transport: .by("certificates are verified, and nothing switches that off")
        case .promptsEnd:
            configuration.includePrompt
                ? .not("sidecar.include_prompt writes them beside each picture", remedy: "set it to false")
                : .by("so it is")
        case .statistics: statistics
        case .sidecar: .by("each picture has a sidecar that says so")
        case .credits:
            configuration.policy.credits == nil
                ? .not(
                    "no credits are used", remedy: "name a file that extends \(configuration.policy.id) with credits")
                : .by("darkroom account shows them")
        case .attestations:
            .by("a job must say " + configuration.policy.attestations.joined(separator: ", "))
        case .templates:
            configuration.templates == nil
                ? .not("no folder of templates is named", remedy: "set templates")
                : .by("they lie in the folder \"templates\"")
        case .masks: .by("a job may bring a mask, where its model takes one")
        case .limits:
            configuration.ratePerSubject == nil
                ? .not("nothing limits how often a subject asks", remedy: "set rates.per_subject")
                : .by("rates.per_subject limits it")
        case .export: .by("darkroom subject export packs it, as JSON and the pictures themselves")
        case .erase: .by("darkroom subject erase does it at once, and gives a signed receipt")
        case .subjects: .by("darkroom subject restrict, amend and object do it")
        case .register: .by("each request is in a register with its due date; the log warns before it has passed")
        case .screening:
            configuration.denyList == nil
                ? .not(
                    "services refuse what they will, and it is counted by kind; nothing is looked at before a call",
                    remedy: "set abuse.deny_list")
                : .by("abuse.deny_list is held against each prompt; what services refuse is counted by kind")
        case .noCards: .by("a job with one anywhere in its texts is refused, and the number is written nowhere")
        case .size: .by("as output.size says, or the job")
        case .plans: plansKept
        case .history: historyKept
        case .consents:
            .by(
                "what jobs vouch for is written down with the policy's digest; darkroom subject object --purpose consent ends it, and nothing new is made then"
            )
        case .deliveries:
            .by("darkroom show says when each output of a job was taken away, and how large it was")
        case .gallery:
            configuration.policy.mayShow
                ? .by("a job's \"visibility\" shows its outputs in gallery/, and darkroom delete takes them out")
                : .not("the policy shows no outputs to others", remedy: "set its \"gallery\" to true")
        case .protection:
            configuration.policy.mayProtect
                ? .by(
                    "a job's \"protect\" forbids data mining in its outputs and adds marked previews; it prevents no copy"
                )
                : .not("the policy protects no outputs", remedy: "leave out its \"protect\"")
        case .providers:
            paysAnybody
                ? .by(
                    "requests go to " + receivers.map(\.legalName).joined(separator: ", ")
                        + " alone, as the register says")
                : .by("nothing leaves this machine")
        case .training: training
        case .nothing: .by("so it is")
        }
    }
}

extension PlanTerms {
    /// What it lets a subject keep.
    fileprivate var words: String {
        let parts = [
            age.map { "each for \($0)" }, count.map { "\($0) pictures" }, bytes.map { ByteCount(Int($0)).description },
        ].compactMap { $0 }
        return "\(name): " + (parts.isEmpty ? "all" : parts.joined(separator: ", "))
    }
}
