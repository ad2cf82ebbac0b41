import HTTPServer

/// The five contracts, by the names that a configuration gives to the providers.
package enum Contract: String, Sendable, Hashable, CaseIterable {
    case mai = "microsoft-mai"
    case openAI = "openai"
    case azure = "azure-openai"
    case gemini = "google-gemini"
    case openRouter = "openrouter"

    /// Whether the request carries a key where this contract looks for one. Which key does not matter.
    func hasKey(_ headers: [String: String]) -> Bool {
        func says(_ name: String) -> Bool { headers[name]?.isEmpty == false }
        let hasBearer = headers["authorization"].map { $0.hasPrefix("Bearer ") && $0.utf8.count > 7 } ?? false
        return switch self {
        case .mai, .azure: says("api-key") || hasBearer
        case .openAI, .openRouter: hasBearer
        case .gemini: says("x-goog-api-key")
        }
    }

    /// The header that names the request for the provider's support; Gemini says it in the body.
    var requestIDHeader: String? {
        switch self {
        case .mai: "x-ms-request-id"
        case .openAI: "x-request-id"
        case .azure: "apim-request-id"
        case .gemini: nil
        case .openRouter: Self.generationHeader
        }
    }

    /// OpenRouter's name for a request, and where it tells what became of it.
    static let generationHeader = "x-generation-id"
    static let generationPath = "/api/v1/generation"

    /// The headers that every answer of this contract has.
    func headers(id: String?) -> [(String, String)] {
        var headers = [("Content-Type", contentType)]
        if let id, let name = requestIDHeader { headers.append((name, id)) }
        // Azure's gateway and the service behind it each name the request.
        if let id, self == .azure { headers.append(("x-request-id", id)) }
        return headers
    }

    var contentType: String { self == .gemini ? "application/json; charset=UTF-8" : "application/json" }

    var mostReferences: Int {
        switch self {
        case .mai: 5
        case .openAI, .azure, .openRouter: 16
        case .gemini: 14
        }
    }

    /// The member of an answer that holds its token counts.
    var usageKey: String { self == .gemini ? "usageMetadata" : "usage" }
}
