import HTTPServer

/// The five contracts, by the names that a configuration gives to the providers.
package enum Contract: String, Sendable, Hashable, CaseIterable {
    case mai = "microsoft-mai"
    case openAI = "openai"
    case azure = "azure-openai"
    case gemini = "google-gemini"
    case openRouter = "openrouter"

    /// What a request asks for, as far as its path says so.
    enum Form: Sendable { case generations, edits, single }

    /// One path of one contract.
    struct Resource: Sendable {
        let contract: Contract
        let form: Form
        /// Gemini names the model in the path.
        var model: String?
    }

    static func resource(at path: String) -> Resource? {
        switch path {
        case "/mai/v1/images/generations": return Resource(contract: .mai, form: .generations)
        case "/mai/v1/images/edits": return Resource(contract: .mai, form: .edits)
        case "/v1/images/generations": return Resource(contract: .openAI, form: .generations)
        case "/v1/images/edits": return Resource(contract: .openAI, form: .edits)
        case "/openai/v1/images/generations": return Resource(contract: .azure, form: .generations)
        case "/openai/v1/images/edits": return Resource(contract: .azure, form: .edits)
        case "/api/v1/images": return Resource(contract: .openRouter, form: .single)
        default: break
        }
        let models = "/v1beta/models/"
        let verb = ":generateContent"
        guard path.hasPrefix(models), path.hasSuffix(verb), path.count > models.count + verb.count else { return nil }
        let model = String(path.dropFirst(models.count).dropLast(verb.count))
        return Resource(contract: .gemini, form: .single, model: model)
    }

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

    var contentType: String { self == .gemini ? "application/json; charset=UTF-8" : "application/json" }

    var mostReferences: Int {
        switch self {
        case .mai: 5
        case .openAI, .azure, .openRouter: 16
        case .gemini: 14
        }
    }
}
