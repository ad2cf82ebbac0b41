import Domain

/// The policies that Darkroom brings: what five published ones of picture services say of what falls on the pipeline, and one that
/// is the strictest for all that came from a person.
extension Policy {
    package static let brought: [Policy] = [standard, maiImage2, image2, gptImg2, imagen2026, gptImage2Blog]

    package static var names: [String] { brought.map(\.id) }

    /// The one of that name.
    package static func brought(_ id: String) -> Policy? { brought.first { $0.id == id } }

    package static let standard: Policy = {
        var policy = Policy()
        policy.promises = [
            Promise("R1", "references and all that is made from them go within 24 hours", .inputsClock),
            Promise("R4", "pictures stay until the operator says otherwise", .operatorsShelf),
            Promise("R10", "prompts end with their job; nothing is counted about them", .promptsEnd),
            .encryptedInTransit, .encryptedAtRest,
            Promise("T5", "nothing is used for training by those who run Darkroom", .nothing),
            Promise("T1", "only the model's service gets prompt and references", .providers),
        ]
        return policy
    }()

    /// maiimage2.net, 26 March 2026.
    private static let maiImage2: Policy = {
        var policy = Policy()
        policy.id = "maiimage2"
        policy.outputs = .hours(24)
        policy.maySave = true
        policy.training = .neverAsFarAsKnown
        policy.statistics = Anonymity.usual
        policy.promises = [
            Promise("R1", "references are deleted within 24 hours after processing", .inputsClock),
            Promise("R2", "pictures are there for the session, here 24 hours, unless they are saved", .outputsClock),
            Promise("R3", "no picture that is not saved is archived", .outputsClock),
            Promise("R10", "prompts are kept anonymised and aggregated only, never linked back", .statistics),
            Promise("R11", "data of those under 13 (16 in the EEA) goes promptly", .erase),
            .access, .portability, .rectification, .restriction, .objection,
            Promise("S9", "requests are answered within 30 days", .register),
            .encryptedInTransit, .encryptedAtRest,
            Promise("T1", "the model's service gets prompts and references, and nobody else anything", .providers),
            Promise("T5", "inputs are never used for training", .training),
            Promise("X5", "abuse is noticed and kept off", .screening),
            Promise("X6", "no number of a card is kept", .noCards),
            Promise("F3", "time, size and model parameters stand with each picture", .sidecar),
            Promise("U1", "the use of credits can be seen", .credits),
        ]
        policy.gaps = [
            "\"deleted\" speaks of this installation: what the model's service keeps by itself is not covered, "
                + "and a reader may take it to be"
        ]
        return policy
    }()

    /// image2.dev, undated.
    private static let image2: Policy = {
        var policy = Policy()
        policy.id = "image2"
        policy.history = .account
        policy.attestations = ["rights_in_inputs"]
        policy.statistics = Anonymity.usual
        policy.promises = [
            Promise("R5", "pictures and their history stay on the user's shelf", .history),
            Promise("F13", "who hands pictures in vouches for the rights in them", .attestations),
            Promise("F1", "pictures come in 4K", .size),
            Promise("F2", "pictures can be edited, down to single places", .masks),
            Promise("F3", "model, ratio and parameters stand with each picture", .sidecar),
            .encryptedInTransit, .encryptedAtRest,
            Promise("U1", "credits are for life", .credits),
            Promise("T6", "only anonymised aggregates are used to improve anything", .statistics),
        ]
        policy.gaps = [
            "nothing is said of how long references are kept: Darkroom deletes them within 24 hours all the same",
            "the model's service is called a \"technology partner\": people are not told which one gets their pictures",
        ]
        return policy
    }()

    /// gptimg-2.app, 22 April 2026.
    private static let gptImg2: Policy = {
        var policy = Policy()
        policy.id = "gptimg2"
        policy.mayShow = true
        policy.promises = [
            Promise("R12", "references are kept for a time, to make pictures and look into troubles", .inputsClock),
            Promise("R4", "pictures stay until they are deleted, or a plan's limit is reached", .plans),
            Promise("R7", "what is deleted is gone within 30 days", .deletion),
            Promise("R8", "an account's data is gone within 90 days", .erase),
            .access, .portability, .rectification, .restriction,
            .encryptedInTransit, .encryptedAtRest,
            Promise("F8", "what is made is moderated", .screening),
            Promise("F5", "pictures can be shown in a public gallery", .gallery),
            Promise("F6", "pictures can be protected against copies", .protection),
            Promise("F7", "downloads can be looked up", .deliveries),
            Promise("F3", "model and parameters stand with each picture", .sidecar),
            Promise("U1", "credits, plans and their use can be seen", .credits),
        ]
        policy.gaps = [
            "references may be kept for longer by the policy's words: Darkroom deletes them within 24 hours all the same"
        ]
        return policy
    }()

    /// The terms with the imagen2026 contact, February 2025.
    private static let imagen2026: Policy = {
        var policy = Policy()
        policy.id = "imagen2026"
        policy.history = .account
        policy.promises = [
            Promise("R5", "pictures, and the history of what was made, may be kept", .history),
            Promise("R1", "references go within 24 hours", .inputsClock),
            .access, .portability, .rectification, .restriction, .objection,
            Promise("R8", "data is erased on request", .erase),
            .encryptedInTransit,
            Promise("F4", "prompts can come from templates", .templates),
            Promise("F8", "what may not be made is refused", .screening),
            Promise("F9", "nobody may ask without measure", .limits),
            Promise("X6", "no number of a card is kept", .noCards),
            Promise("F14", "video is not made: a job that asks for it fails, unsupported_parameter", .nothing),
            Promise("U2", "credits may expire", .credits),
        ]
        policy.gaps = [
            "no deadline is named for any deletion",
            "Google and OpenRouter are the services that are named: routes to others are not covered",
            "video is promised, and Darkroom makes none",
        ]
        return policy
    }()

    /// gptimage2.blog, undated.
    private static let gptImage2Blog: Policy = {
        var policy = Policy()
        policy.id = "gptimage2-blog"
        policy.history = .account
        policy.promises = [
            Promise("R6", "pictures and what they were made from are kept while the account is active", .history),
            Promise("R1", "references go within 24 hours", .inputsClock),
            Promise("R9", "people can delete at any time", .deletion),
            .access, .portability, .rectification,
            Promise("X6", "no number of a card is kept", .noCards),
            Promise("S6", "consent can be withdrawn", .consents),
            .encryptedInTransit, .encryptedAtRest,
            Promise("F3", "parameters stand with each picture", .sidecar),
            Promise("U1", "credits and purchases can be seen", .credits),
        ]
        policy.gaps = [
            "no model service is named: whoever is called gets prompts and references that the policy does not disclose",
            "data may be used to improve models by the policy's words: Darkroom keeps none that could be",
        ]
        return policy
    }()
}

/// Promises that several of them make.
extension Promise {
    fileprivate static let encryptedInTransit = Promise("X1", "what is sent is encrypted: TLS 1.2 or newer", .transport)
    fileprivate static let encryptedAtRest = Promise("X2", "what is kept of inputs is encrypted", .sealing)
    fileprivate static let access = Promise("S1", "people get a copy of what is held", .export)
    fileprivate static let portability = Promise("S2", "the copy can be read by machines", .export)
    fileprivate static let rectification = Promise("S3", "what is wrong is put right", .subjects)
    fileprivate static let restriction = Promise("S4", "use can be restricted", .subjects)
    fileprivate static let objection = Promise("S5", "people can object", .subjects)
}

extension Promise.Means {
    /// `delete` ends single pictures at once.
    fileprivate static let deletion = Self.outputsClock
}
