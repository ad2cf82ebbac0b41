import Domain

/// What an error says in words alone, where neither its code nor its type says it. Looked at last.
///
/// Gateways wrap a service's answer in a sentence of their own, and some services refuse content in words only.
enum ErrorWords {
    /// Characters of a message that are looked at.
    private static let longest = 4000

    /// The class that the words of `message` mean; nil where they mean none.
    ///
    /// - Parameter status: of the answer, which narrows what they can mean; nil where there is none.
    static func callClass(of message: String, status: Int?) -> CallClass? {
        let text = message.prefix(longest).lowercased()
        guard !text.isEmpty else { return nil }
        func says(_ phrases: [String]) -> Bool { phrases.contains { text.contains($0) } }
        if says(quota) { return .quotaExhausted }
        // An account that violates policies is blocked, and not the request.
        if text.contains(blockedAccount) || text.contains(blockedKey) { return .accountBlocked }
        // A refused key or pace is no refusal of content, whatever else is said.
        if status == 401 || status == 429 { return nil }
        if says(output) { return .contentBlockedOutput }
        if says(input) { return .contentBlockedInput }
        if let status, status >= 500 { return nil }
        if says(access) { return .permission }
        return says(model) ? .modelNotFound : nil
    }

    private static let quota = [
        "billing hard limit", "billing limit has been reached", "insufficient quota", "exceeded your current quota",
        "credit balance is too low", "insufficient credit", "insufficient balance", "insufficient funds",
        "out of credits", "billing is not active", "quota is exhausted",
    ]
    private static let output = [
        "response content blocked", "content_safety_violation", "generated image was filtered",
        "generated image was blocked", "generated images were filtered", "output was filtered", "output was blocked",
        "generated content was blocked", "output moderation", "output content was flagged", "image_safety",
    ]
    private static let input = [
        "rai policy", "blocklist", "content policy", "content_policy", "content management policy", "content filter",
        "content_filter", "content moderation", "contentfilter", "safety system", "safety_system", "safety filter",
        "safety policy", "safety policies", "safety guideline", "safety check", "usage policy", "usage policies",
        "usage guidelines", "responsible ai", "responsibleaipolicyviolation", "moderation", "flagged",
        "prohibited content",
        "prohibited_content", "inappropriate content", "community guidelines", "content guidelines",
        "not allowed by our",
        "violates our", "violate our", "against our polic", "unsafe content", "nsfw", "guardrail",
        "prompt injection",
    ]
    private static let access = [
        "must be verified", "verify organization", "verify organisation", "verify your organization",
        "data policy", "privacy settings", "not available in your country", "not available in your region",
        "location is not supported", "billing to be enabled", "billing account",
    ]
    private static let model = [
        "model does not exist", "model_not_found", "is not a valid model", "unknown model", "no such model",
        "deployment does not exist", "deployment for this resource does not exist", "model has been deprecated",
        "model has been retired", "model is no longer available",
    ]

    private static var blockedAccount: Regex<Substring> {
        /\b(?:account|organi[sz]ation|resource|subscription|access|project|workspace|consumer)\b[^.:]{0,40}\b(?:blocked|suspended|disabled|deactivated|terminated|banned)\b/
    }

    private static var blockedKey: Regex<Substring> {
        /\bkey\b[^.:]{0,40}\b(?:leaked|revoked|disabled|suspended|compromised)\b/
    }
}
