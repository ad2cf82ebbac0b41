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

    /// - Parameter retryDelay: what Gemini says in `RetryInfo`, as in `3.29s`.
    init(
        _ refusal: Refusal, _ contract: Contract, message: String? = nil, parameter: String? = nil,
        retryDelay: String? = nil
    ) {
        let message = message ?? refusal.sentence
        switch contract {
        case .mai: self = Self.mai(refusal, message)
        case .openAI, .azure: self = Self.openAI(refusal, message, parameter, isAzure: contract == .azure)
        case .gemini: self = Self.gemini(refusal, message, retryDelay)
        case .openRouter: self = Self.openRouter(refusal, message)
        }
    }

    private init(status: Int, _ body: JSONValue) {
        self.status = status
        self.body = body
    }

    private static func mai(_ refusal: Refusal, _ message: String) -> RefusalPage {
        let (status, code): (Int, String) =
            switch refusal {
            case .invalidRequest: (400, "unsupported_request_value")
            case .payloadTooLarge: (413, "RequestEntityTooLarge")
            case .contentBlockedInput: (400, "BadRequest")
            case .contentBlockedOutput: (400, "content_safety_violation")
            case .noImageReturned: (200, "")
            case .auth: (401, "401")
            case .permission, .accountBlocked, .quotaExhausted: (403, "Forbidden")
            case .modelNotFound: (404, "DeploymentNotFound")
            case .rateLimited: (429, "429")
            case .overloaded: (503, "ServiceUnavailable")
            case .serverError: (500, "InternalServerError")
            case .outcomeUnknown: (408, "RequestTimeout")
            }
        if refusal == .noImageReturned { return RefusalPage(status: 200, .fields(["created": 0, "data": []])) }
        // A 403 of the account is told from others by its words only, and so are those of access.
        let words = refusal == .permission ? "Access to this model is not enabled" : message
        return RefusalPage(
            status: status, .fields(["error": .fields(["code": .string(code), "message": .string(words)])]))
    }

    private static func openAI(
        _ refusal: Refusal, _ message: String, _ parameter: String?, isAzure: Bool
    ) -> RefusalPage {
        var parameter = parameter
        var inner: JSONValue?
        var stage: String?
        var code: String?
        let status: Int
        switch refusal {
        case .invalidRequest: (status, code) = (400, "invalid_value")
        case .payloadTooLarge: status = 413
        case .contentBlockedInput where isAzure:
            (status, code) = (400, "contentFilter")
            inner = .fields(["code": "ResponsibleAIPolicyViolation"])
        case .contentBlockedInput: (status, code, stage) = (400, "moderation_blocked", "input")
        case .contentBlockedOutput: (status, code, stage) = (400, "moderation_blocked", "output")
        case .noImageReturned: return RefusalPage(status: 200, .fields(["created": 0, "data": []]))
        case .auth: (status, code) = (401, isAzure ? "401" : "invalid_api_key")
        case .permission: status = 403
        case .accountBlocked: status = 403
        case .modelNotFound where isAzure: (status, code) = (404, "DeploymentNotFound")
        // A model that was shut down is told by the parameter alone.
        case .modelNotFound: (status, code, parameter) = (400, "invalid_value", "model")
        case .quotaExhausted: (status, code) = (429, "insufficient_quota")
        case .rateLimited: (status, code) = (429, isAzure ? "429" : "rate_limit_exceeded")
        case .overloaded: (status, code) = (503, "server_error")
        case .serverError: (status, code) = (500, "server_error")
        case .outcomeUnknown: status = 504
        }
        let words = refusal == .accountBlocked && !isAzure ? Refusal.permission.sentence : message
        let error = JSONValue.fields([
            "message": .string(words), "type": "image_generation_user_error", "param": .text(parameter) ?? .null,
            "code": .text(code) ?? .null, "innererror": inner,
            "moderation_details": stage.map { .fields(["moderation_stage": .string($0), "categories": ["violence"]]) },
        ])
        return RefusalPage(status: status, .fields(["error": error]))
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
        if refusal == .noImageReturned { return RefusalPage(status: 200, .fields(["created": 0])) }
        let error = JSONValue.fields([
            "code": .integer(status), "message": .string(message),
            "metadata": refusal == .contentBlockedInput ? .fields(["reasons": ["violence"]]) : nil,
        ])
        return RefusalPage(status: status, .fields(["error": error, "user_id": "user_simulated"]))
    }
}
