import HTTPServer

/// One path of one contract.
struct Resource: Sendable {
    /// What a request asks for, as far as its path says so.
    enum Form: Sendable { case generations, edits, single }

    let contract: Contract
    let form: Form
    /// The model or the deployment, where the path names it.
    var model: String?

    /// The resource that pictures are asked for at; nil for every other path.
    init?(_ path: String) {
        switch path {
        case "/mai/v1/images/generations": self.init(.mai, .generations)
        case "/mai/v1/images/edits": self.init(.mai, .edits)
        case "/v1/images/generations": self.init(.openAI, .generations)
        case "/v1/images/edits": self.init(.openAI, .edits)
        case "/openai/v1/images/generations": self.init(.azure, .generations)
        case "/openai/v1/images/edits": self.init(.azure, .edits)
        case "/api/v1/images": self.init(.openRouter, .single)
        default:
            if let model = Self.geminiModel(path) {
                self.init(.gemini, .single, model)
            } else if let deployment = Self.name(path, "/openai/deployments/", "/images/generations") {
                self.init(.azure, .generations, deployment)
            } else if let deployment = Self.name(path, "/openai/deployments/", "/images/edits") {
                self.init(.azure, .edits, deployment)
            } else {
                return nil
            }
        }
    }

    private init(_ contract: Contract, _ form: Form, _ model: String? = nil) {
        self.contract = contract
        self.form = form
        self.model = model
    }

    /// Both versions of the API serve the same models.
    private static func geminiModel(_ path: String) -> String? {
        ["/v1beta/models/", "/v1/models/"].lazy.compactMap { name(path, $0, ":generateContent") }.first
    }

    /// What stands in a path between the two, without its percent-encoding.
    static func name(_ path: String, _ before: String, _ after: String = "") -> String? {
        guard path.hasPrefix(before), path.hasSuffix(after), path.utf8.count > before.utf8.count + after.utf8.count
        else { return nil }
        return decoded(path.dropFirst(before.count).dropLast(after.count))
    }

    /// A path without its percent-encoding; nil where that is broken.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension Contract {
    /// The contract in whose shape an unknown path is answered: the one that owns its beginning.
    static func owner(of request: IncomingRequest) -> Contract {
        let path = request.path
        if path.hasPrefix("/mai/") { return .mai }
        if path.hasPrefix("/openai/") { return .azure }
        if path.hasPrefix("/api/") { return .openRouter }
        if path.hasPrefix("/v1beta/") { return .gemini }
        // Google and OpenAI both have paths under /v1: the key tells them apart, and so does a verb behind a colon.
        let isGoogle = request.headers["x-goog-api-key"] != nil || (path.hasPrefix("/v1/models/") && path.contains(":"))
        return isGoogle ? .gemini : .openAI
    }

    /// Azure serves a path for the versions that it knows: dates on the classic path, names on the newer one.
    func checkVersion(_ request: IncomingRequest) throws(ContractFault) {
        guard self == .azure else { return }
        let query = (request.query ?? "").split(separator: "&")
        let version = query.first { $0.hasPrefix("api-version=") }?.dropFirst("api-version=".count)
        guard request.path.hasPrefix("/openai/deployments/") else {
            guard version.map({ ["preview", "latest", "v1"].contains($0) }) ?? true else {
                throw ContractFault("API version not supported")
            }
            return
        }
        // Without one the gateway does not find the path at all.
        guard let version else { throw .unknownPath(request.method, request.path, self) }
        guard version.wholeMatch(of: /20[0-9]{2}-[0-9]{2}-[0-9]{2}(-[a-z]+)?/) != nil else {
            throw ContractFault("API version not supported")
        }
    }
}
