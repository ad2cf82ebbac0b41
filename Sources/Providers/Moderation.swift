import Documents

/// What a service's refusal of content was for, in closed words: its own may echo a prompt, and are kept sealed with the job.
package enum Moderation: String, Sendable, CaseIterable {
    case sexual, violence
    case selfHarm = "self_harm"
    case hate, illicit, minors
    /// Likenesses and data of persons.
    case persons
    /// Rights of others in pictures and texts.
    case rights

    private var marks: [String] {
        switch self {
        case .sexual: ["sex", "nud", "porn"]
        case .violence: ["violen", "gore", "graphic"]
        case .selfHarm: ["self_harm", "self-harm", "selfharm", "suicid"]
        case .hate: ["hate", "harass", "toxic", "derogatory"]
        case .illicit: ["illicit", "dangerous", "weapon", "drug", "jailbreak"]
        case .minors: ["minor", "child", "csam"]
        case .persons: ["spii", "person", "celebrit", "public_figure", "likeness"]
        case .rights: ["recitation", "copyright", "protected_material", "trademark", "ip_"]
        }
    }

    /// Those that the answer's fields for it name; none where they name nothing that is known.
    static func read(_ document: JSONValue) -> [Moderation] {
        let words = fields(document).map { $0.lowercased() }
        return allCases.filter { category in category.marks.contains { mark in words.contains { $0.contains(mark) } } }
    }

    /// The words in the places that the contracts have for them, of at most so many letters.
    private static func fields(_ document: JSONValue) -> [String] {
        let error = document["error"]?.members != nil ? document["error"] : document
        let inner = error?["innererror"] ?? error?["inner_error"]
        var words = [error?["code"]?.string, inner?["code"]?.string].compactMap { $0 }
        for list in [error?["moderation_details"]?["categories"], error?["metadata"]?["reasons"]] {
            words += (list?.array ?? []).compactMap(\.string)
        }
        let filters = inner?["content_filter_result"] ?? inner?["content_filter_results"]
        words += (filters?.members ?? []).filter { $0.value["filtered"]?.bool == true }.map(\.key)
        // "Response content blocked by label 'MultiSeverity_ViolenceScore'."
        if let message = error?["message"]?.string, message.utf8.count < 1000 {
            words += message.matches(of: /label '([A-Za-z0-9_.-]{1,64})'/).map { String($0.1) }
        }
        let candidate = document["candidates"]?[0]
        let feedback = document["promptFeedback"]
        words += [candidate?["finishReason"]?.string, feedback?["blockReason"]?.string].compactMap { $0 }
        for rating in (candidate?["safetyRatings"]?.array ?? []) + (feedback?["safetyRatings"]?.array ?? [])
        where rating["blocked"]?.bool == true {
            words += [rating["category"]?.string].compactMap { $0 }
        }
        return words.filter { $0.utf8.count <= 64 }.prefix(64).map { $0 }
    }
}

extension Verdict {
    /// The same, and what a refusal of content was for, as far as the answer says it.
    func read(moderationOf document: JSONValue) -> Verdict {
        guard callClass == .contentBlockedInput || callClass == .contentBlockedOutput else { return self }
        var verdict = self
        verdict.moderation = Moderation.read(document)
        return verdict
    }
}
