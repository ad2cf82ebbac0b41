/// Where a job stands. The diagram is in the architecture page; this enum and `after(_:)` are its only code.
package enum JobState: String, Sendable, CaseIterable {
    /// Inputs are ours and durable.
    case accepted
    /// References are normalized and clean.
    case ready
    /// Something outside keeps the job from its call: a pace, a pause, a full disk.
    case waiting
    /// At least one paid request may be on its way.
    case calling
    /// Every asked output has ended its call and at least one answer is durable.
    case answered
    /// Every answered output is finished.
    case made
    /// Somebody must decide: the outcome of a paid call is unknown, or the job is quarantined.
    case held
    case done
    case failed

    /// Nothing follows any more until a person retries.
    package var isSettled: Bool { self == .done || self == .failed }

    /// The state that `event` leads to; nil when the event has no place here.
    package func after(_ event: JobEvent) -> JobState? {
        switch (self, event) {
        case (.accepted, .prepared): .ready
        case (.ready, .called), (.calling, .called): .calling
        case (.ready, .hindered), (.waiting, .hindered), (.calling, .hindered): .waiting
        case (.waiting, .resumed): .ready
        case (.calling, .answered), (.ready, .answered): .answered
        case (.answered, .finished): .made
        // A duplicate is done without having been made.
        case (.made, .settled(.done)), (.accepted, .settled(.done)): .done
        // Quarantine, which any open job may come to, and calls whose end is unknown.
        case (.accepted, .settled(.held)), (.ready, .settled(.held)), (.waiting, .settled(.held)),
            (.calling, .settled(.held)), (.answered, .settled(.held)), (.made, .settled(.held)):
            .held
        // A person's word: nothing leads back out of an end by itself.
        case (.held, .reopened(let next)), (.failed, .reopened(let next)), (.done, .reopened(let next)):
            [.accepted, .ready, .answered].contains(next) ? next : nil
        case (.done, _), (.failed, _): nil
        // What was published before stands, when nothing more came of the second run.
        case (_, .restored): .done
        case (_, .settled(.failed)): .failed
        default: nil
        }
    }
}

/// What happens to a job.
package enum JobEvent: Sendable, Hashable {
    case prepared, called, hindered, resumed, answered, finished
    case settled(Outcome)
    /// A person lets it go on from there.
    case reopened(JobState)
    /// A reopened job ends as what it was before.
    case restored
}

/// How a job ends, or is put before a person.
package enum Outcome: String, Sendable, CaseIterable {
    case done, failed, held
}

/// Where one output of a job stands.
package enum OutputState: String, Sendable {
    case pending, calling, answered, made, failed, unknown
}
