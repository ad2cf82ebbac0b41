/// Why a job failed, waits or is held: the codes of the public surface, section 3.
package enum ReasonCode: String, Sendable, CaseIterable {
    case invalidManifest = "invalid_manifest"
    case unsupportedParameter = "unsupported_parameter"
    case orphan
    case idConflict = "id_conflict"
    case referenceUnreadable = "reference_unreadable"
    case referenceTooLarge = "reference_too_large"
    case referenceUnclean = "reference_unclean"
    case maskMismatch = "mask_mismatch"
    case promptTooLong = "prompt_too_long"
    case attestationMissing = "attestation_missing"
    case policyForbids = "policy_forbids"
    case invalidRequest = "invalid_request"
    case payloadTooLarge = "payload_too_large"
    case modelNotFound = "model_not_found"
    case outputFailed = "output_failed"
    case workerTimeout = "worker_timeout"
    case internalFault = "internal"
    case overBudget = "over_budget"
    case noCredit = "no_credit"
    case subjectSuspended = "subject_suspended"
    case subjectRestricted = "subject_restricted"
    case contentBlockedInput = "content_blocked_input"
    case contentBlockedOutput = "content_blocked_output"
    case noImageReturned = "no_image_returned"
    case badResponse = "bad_response"
    case overRate = "over_rate"
    case rateLimited = "rate_limited"
    case overloaded
    case notSent = "not_sent"
    case diskFull = "disk_full"
    case auth
    case permission
    case accountBlocked = "account_blocked"
    case quotaExhausted = "quota_exhausted"
    case routePaused = "route_paused"
    case outcomeUnknown = "outcome_unknown"
    case quarantined
    case serverError = "server_error"
    case cancelled
    case expired

    /// Whether a second try of the unchanged job may end differently.
    package var retryable: Retryable {
        switch self {
        case .referenceUnclean, .outputFailed, .internalFault, .overRate, .rateLimited, .overloaded, .notSent,
            .subjectRestricted, .diskFull, .auth, .permission, .accountBlocked, .quotaExhausted, .routePaused,
            .quarantined, .serverError, .workerTimeout:
            .yes
        case .outcomeUnknown, .contentBlockedOutput, .noImageReturned, .badResponse: .unknown
        default: .no
        }
    }
}

package enum Retryable: String, Sendable {
    case yes, no, unknown
}

/// Why a job stands where it stands: a code for programs, facts, a sentence for people, and what to do.
///
/// Never holds a prompt, a file name of an input, a metadata value or a provider's words.
package struct Reason: Error, Sendable, Hashable, CustomStringConvertible {
    package var code: ReasonCode
    /// One sentence for people.
    package var message: String
    /// The manifest's field, `references[0]`.
    package var field: String?
    /// Name or value of the limit that was passed.
    package var limit: String?
    /// The value that was met, a number or one word.
    package var value: String?
    /// What the operator or caller can do.
    package var hint: String?
    /// The provider's own code, reduced to `[A-Za-z0-9._-]`, at most 64 characters.
    package var providerCode: String?

    package init(
        _ code: ReasonCode, _ message: String, field: String? = nil, limit: String? = nil, value: String? = nil,
        hint: String? = nil, providerCode: String? = nil
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.limit = limit
        self.value = value
        self.hint = hint
        self.providerCode = providerCode
    }

    package var description: String {
        var text = code.rawValue
        if let field { text += " (\(field))" }
        text += ": \(message)"
        if let limit { text += "; limit \(limit)" }
        if let value { text += ", value \(value)" }
        return text
    }
}

/// Whether a call was paid for.
package enum Billed: String, Sendable {
    case no, yes, possible
}
