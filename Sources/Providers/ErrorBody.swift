import Documents
import Domain

/// Judges error answers of the MAI and OpenAI contracts: status first, then code and parameter, text last.
enum ErrorBody {
    static func judge(_ body: [UInt8], status: Int) -> CallFault {
        judge((try? JSONParser.parse(body)) ?? .null, status: status)
    }

    /// The contract tolerates a string or numeric code, a missing wrapper and a body that is no JSON.
    static func judge(_ document: JSONValue, status: Int) -> CallFault {
        let error = document["error"]?.members != nil ? document["error"] : document
        // Azure puts the filter's own word inside.
        let inner = (error?["innererror"] ?? error?["inner_error"])?["code"]?.string
        let code = word(inner ?? error?["code"]?.string ?? error?["code"]?.int.map(String.init))
        let message = (error?["message"]?.string ?? "").lowercased()
        let parameter = error?["param"]?.string
        let stage = error?["moderation_details"]?["moderation_stage"]?.string
        let callClass = byStatus(status, code: code ?? "", message: message, parameter: parameter, stage: stage)
        return CallFault(callClass, providerCode: code)
    }

    private static func byStatus(
        _ status: Int, code: String, message: String, parameter: String?, stage: String?
    ) -> CallClass {
        switch status {
        case 400, 451: badRequest(code: code, message: message, parameter: parameter, stage: stage)
        case 401: .auth
        case 402: .quotaExhausted
        case 403: message.contains("polic") || message.contains("blocked") ? .accountBlocked : forbidden(message)
        case 404: .modelNotFound
        case 408, 504, 524: .outcomeUnknown
        case 413: .payloadTooLarge
        case 429: isQuota(code) ? .quotaExhausted : .rateLimited
        case 503, 529: .overloaded
        case 500...599: .serverError
        case 400...499: .invalidRequest
        // A redirect is never followed, and no other status is an answer of these contracts.
        default: .badResponse
        }
    }

    private static func badRequest(code: String, message: String, parameter: String?, stage: String?) -> CallClass {
        switch code {
        case "content_safety_violation": return .contentBlockedOutput
        case "moderation_blocked": return stage == "output" ? .contentBlockedOutput : .contentBlockedInput
        case "content_policy_violation", "contentFilter", "content_filter", "ResponsibleAIPolicyViolation":
            return .contentBlockedInput
        case "unsupported_request_value": return .invalidRequest
        case _ where parameter == "model": return .modelNotFound
        default: break
        }
        if message.contains("response content blocked") { return .contentBlockedOutput }
        if message.contains("rai policy") || message.contains("blocklist") { return .contentBlockedInput }
        return .invalidRequest
    }

    /// "Try again in N seconds", as Azure says it where it sends no header.
    static func wait(_ body: [UInt8]) -> Span? {
        let message = (try? JSONParser.parse(body))?["error"]?["message"]?.string?.lowercased() ?? ""
        guard let found = message.firstRange(of: /(?:try again|retry) (?:in|after) ([0-9]{1,6}) ?s/) else { return nil }
        let digits = message[found].split(whereSeparator: { !("0"..."9").contains($0) }).first
        return digits.flatMap { Int64($0) }.map { Span(milliseconds: $0 * 1000) }
    }

    private static func forbidden(_ message: String) -> CallClass {
        message.contains("quota") ? .quotaExhausted : .permission
    }

    private static func isQuota(_ code: String) -> Bool {
        ["insufficient_quota", "billing_hard_limit_reached"].contains(code)
    }

    /// A provider's word as it may be kept: closed alphabet, bounded; nil for anything else.
    static func word(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= 64 else { return nil }
        let plain = text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "._-".contains(Character(scalar)))
        }
        return plain ? text : nil
    }
}
