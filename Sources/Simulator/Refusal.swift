import Disk
import Documents
import HTTPServer

/// The ways in which a model service says no, by the classes of the provider contracts, section 3.
package enum Refusal: String, Sendable, Hashable, CaseIterable {
    case invalidRequest = "invalid_request"
    case payloadTooLarge = "payload_too_large"
    case contentBlockedInput = "content_blocked_input"
    case contentBlockedOutput = "content_blocked_output"
    case noImageReturned = "no_image_returned"
    case auth
    case permission
    /// Where a contract knows no such block: `permission`.
    case accountBlocked = "account_blocked"
    case modelNotFound = "model_not_found"
    case quotaExhausted = "quota_exhausted"
    case rateLimited = "rate_limited"
    case overloaded
    case serverError = "server_error"
    /// The service's own time ran out.
    case outcomeUnknown = "outcome_unknown"

    /// Whether the simulator's ledger counts such a request as paid for: the worse of what may be true.
    var isBilled: Bool {
        switch self {
        case .contentBlockedOutput, .noImageReturned, .serverError, .outcomeUnknown: true
        default: false
        }
    }

    /// What the service says, where nothing better is known.
    fileprivate func sentence(_ contract: Contract) -> String {
        let isOpenAI = contract == .openAI || contract == .azure
        let isContent = self == .contentBlockedInput || self == .contentBlockedOutput
        return isOpenAI && isContent ? "Your request was rejected by the safety system." : sentence
    }

    fileprivate var sentence: String {
        switch self {
        case .invalidRequest: "Invalid parameters"
        case .payloadTooLarge: "Request body is too large"
        case .contentBlockedInput: "Content violated RAI policy blocking criteria (BingBlockList_Prompt)"
        case .contentBlockedOutput: "Response content blocked by label 'MultiSeverity_ViolenceScore'."
        case .noImageReturned: ""
        case .auth: "Access denied due to an invalid key"
        case .permission: "Your organization must be verified to use this model"
        case .accountBlocked: "This resource has been blocked because of repeated violations of the content policy"
        case .modelNotFound: "The model or deployment does not exist"
        case .quotaExhausted: "You exceeded your current quota"
        case .rateLimited: "Rate limit reached"
        case .overloaded: "The model is overloaded"
        case .serverError: "Internal error"
        case .outcomeUnknown: "The request timed out"
        }
    }
}

/// A refusal as one contract writes it.
struct RefusalPage {
    var status: Int
    var body: JSONValue

    /// - Parameters:
    ///   - code: the service's word for what is wrong, where it is not that of the refusal.
    ///   - retryDelay: what Gemini says in `RetryInfo`, as in `3.29s`.
    init(
        _ refusal: Refusal, _ contract: Contract, message: String? = nil, parameter: String? = nil, code: String? = nil,
        retryDelay: String? = nil
    ) {
        let message = message ?? refusal.sentence(contract)
        switch contract {
        case .mai: self = Self.mai(refusal, message, code)
        case .openAI: self = Self.openAI(refusal, message, parameter, code)
        case .azure: self = Self.azure(refusal, message, parameter, code)
        case .gemini: self = Self.gemini(refusal, message, retryDelay)
        case .openRouter: self = Self.openRouter(refusal, message)
        }
    }

    init(status: Int, _ body: JSONValue) {
        self.status = status
        self.body = body
    }

    /// An answer without a picture, as three of the contracts write it.
    private static var noPicture: RefusalPage {
        RefusalPage(status: 200, .fields(["created": .integer(Monotonic.wall() / 1000), "data": []]))
    }

    private static func mai(_ refusal: Refusal, _ message: String, _ own: String?) -> RefusalPage {
        let (status, code): (Int, String) =
            switch refusal {
            case .invalidRequest: (400, "unsupported_request_value")
            case .payloadTooLarge: (413, "RequestEntityTooLarge")
            case .contentBlockedInput: (400, "BadRequest")
            case .contentBlockedOutput: (400, "content_safety_violation")
            case .noImageReturned: (200, "")
            case .auth: (401, "401")
            case .permission, .accountBlocked, .quotaExhausted: (403, "Forbidden")
            case .modelNotFound: (404, own ?? "DeploymentNotFound")
            case .rateLimited: (429, "429")
            case .overloaded: (503, "ServiceUnavailable")
            case .serverError: (500, "InternalServerError")
            case .outcomeUnknown: (408, "RequestTimeout")
            }
        if refusal == .noImageReturned { return noPicture }
        // A 403 of the account is told from others by its words only, and so are those of access.
        let words = refusal == .permission ? "Access to this model is not enabled" : message
        return RefusalPage(
            status: status, .fields(["error": .fields(["code": .string(code), "message": .string(words)])]))
    }

    private static func openAI(
        _ refusal: Refusal, _ message: String, _ parameter: String?, _ code: String?
    ) -> RefusalPage {
        let request = "invalid_request_error"
        let row: (status: Int, type: String, code: String?) =
            switch refusal {
            case .invalidRequest: (400, request, code ?? "invalid_value")
            case .payloadTooLarge: (413, request, nil)
            case .contentBlockedInput, .contentBlockedOutput: (400, "image_generation_user_error", "moderation_blocked")
            case .noImageReturned: (200, "", nil)
            case .auth: (401, request, "invalid_api_key")
            case .permission, .accountBlocked: (403, request, nil)
            // A model that was shut down is told by the parameter alone.
            case .modelNotFound: (400, "image_generation_user_error", "invalid_value")
            case .quotaExhausted: (429, "insufficient_quota", "insufficient_quota")
            case .rateLimited: (429, "requests", "rate_limit_exceeded")
            case .overloaded: (503, "server_error", "server_error")
            case .serverError: (500, "server_error", "server_error")
            case .outcomeUnknown: (504, "server_error", nil)
            }
        if refusal == .noImageReturned { return noPicture }
        let words = refusal == .accountBlocked ? Refusal.permission.sentence : message
        let error = JSONValue.fields([
            "message": .string(words), "type": .string(row.type),
            "param": .text(refusal == .modelNotFound ? "model" : parameter) ?? .null, "code": .text(row.code) ?? .null,
            "moderation_details": details(refusal),
        ])
        return RefusalPage(status: row.status, .fields(["error": error]))
    }

    private static func details(_ refusal: Refusal) -> JSONValue? {
        let stage: JSONValue
        switch refusal {
        case .contentBlockedInput: stage = "input"
        case .contentBlockedOutput: stage = "output"
        default: return nil
        }
        return .fields(["moderation_stage": stage, "categories": ["violence"]])
    }

    /// As OpenAI's, but for what Azure's gateway and its content filter say themselves.
    private static func azure(
        _ refusal: Refusal, _ message: String, _ parameter: String?, _ code: String?
    ) -> RefusalPage {
        let row: (status: Int, code: String)
        var inner: JSONValue?
        switch refusal {
        case .contentBlockedInput:
            row = (400, "contentFilter")
            inner = .fields(["code": "ResponsibleAIPolicyViolation"])
        case .auth: row = (401, "401")
        case .modelNotFound: row = (404, code ?? "DeploymentNotFound")
        case .rateLimited: row = (429, "429")
        case .accountBlocked: row = (403, "Forbidden")
        default: return openAI(refusal, message, parameter, code)
        }
        let error = JSONValue.fields([
            "message": .string(message), "type": refusal == .contentBlockedInput ? "image_generation_user_error" : nil,
            "param": .text(parameter) ?? .null, "code": .string(row.code), "innererror": inner,
        ])
        return RefusalPage(status: row.status, .fields(["error": error]))
    }

    private static func gemini(_ refusal: Refusal, _ message: String, _ retryDelay: String?) -> RefusalPage {
        let (status, word): (Int, String) =
            switch refusal {
            case .invalidRequest, .payloadTooLarge: (refusal == .invalidRequest ? 400 : 413, "INVALID_ARGUMENT")
            case .auth: (400, "INVALID_ARGUMENT")
            case .permission, .accountBlocked: (403, "PERMISSION_DENIED")
            case .modelNotFound: (404, "NOT_FOUND")
            case .quotaExhausted, .rateLimited: (429, "RESOURCE_EXHAUSTED")
            case .overloaded: (503, "UNAVAILABLE")
            case .serverError: (500, "INTERNAL")
            case .outcomeUnknown: (504, "DEADLINE_EXCEEDED")
            // These come with 200.
            case .contentBlockedInput, .contentBlockedOutput, .noImageReturned: (200, "")
            }
        switch refusal {
        case .contentBlockedInput: return blocked
        case .contentBlockedOutput: return empty("IMAGE_SAFETY")
        case .noImageReturned: return empty("NO_IMAGE")
        default: break
        }
        var details: [JSONValue] = []
        if refusal == .auth { details.append(detail("ErrorInfo", "reason", "API_KEY_INVALID")) }
        if refusal == .quotaExhausted { details.append(violation("GenerateRequestsPerDayPerProject", "100")) }
        if refusal == .rateLimited { details.append(violation("GenerateRequestsPerMinutePerProject", "10")) }
        if let retryDelay { details.append(detail("RetryInfo", "retryDelay", retryDelay)) }
        let error = JSONValue.fields([
            "code": .integer(status), "message": .string(message), "status": .string(word),
            "details": details.isEmpty ? nil : .array(details),
        ])
        return RefusalPage(status: status, .fields(["error": error]))
    }

    private static var blocked: RefusalPage {
        RefusalPage(
            status: 200,
            .fields([
                "promptFeedback": .fields(["blockReason": "PROHIBITED_CONTENT"]),
                "usageMetadata": .fields(["promptTokenCount": 8, "totalTokenCount": 8]),
            ]))
    }

    private static func empty(_ finish: String) -> RefusalPage {
        RefusalPage(
            status: 200,
            .fields([
                "candidates": [.fields(["finishReason": .string(finish), "index": 0])],
                "usageMetadata": .fields(["promptTokenCount": 8, "thoughtsTokenCount": 12, "totalTokenCount": 20]),
            ]))
    }

    private static func detail(_ type: String, _ key: String, _ value: String) -> JSONValue {
        .object([
            .init(key: "@type", value: .string("type.googleapis.com/google.rpc.\(type)")),
            .init(key: key, value: .string(value)),
        ])
    }

    private static func violation(_ quota: String, _ value: String) -> JSONValue {
        .object([
            .init(key: "@type", value: "type.googleapis.com/google.rpc.QuotaFailure"),
            .init(
                key: "violations",
                value: [.fields(["quotaId": .string(quota), "quotaValue": .string(value)])]),
        ])
    }

    private static func openRouter(_ refusal: Refusal, _ message: String) -> RefusalPage {
        let status =
            switch refusal {
            case .invalidRequest, .contentBlockedOutput: 400
            case .payloadTooLarge: 413
            case .contentBlockedInput, .permission, .accountBlocked: 403
            case .noImageReturned: 200
            case .auth: 401
            case .modelNotFound: 404
            case .quotaExhausted: 402
            case .rateLimited: 429
            case .overloaded: 503
            case .serverError: 502
            case .outcomeUnknown: 524
            }
        if refusal == .noImageReturned { return noPicture }
        let error = JSONValue.fields([
            "code": .integer(status), "message": .string(message),
            "metadata": refusal == .contentBlockedInput ? .fields(["reasons": ["violence"]]) : nil,
        ])
        return RefusalPage(status: status, .fields(["error": error, "user_id": "user_simulated"]))
    }
}
