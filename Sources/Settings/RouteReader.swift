import Documents
import Domain

/// Reads one route of `models`.
struct RouteReader {
    private let fields: FieldReader
    private let name: String

    init(_ fields: FieldReader, name: String) {
        self.fields = fields
        self.name = name
    }

    /// The route, or nil with the faults noted.
    func route() -> Route? {
        guard let word = fields.string("provider") else {
            if !fields.has("provider") { fields.fail("provider", "is missing", hint: Self.known) }
            for key in fields.keys { _ = fields.value(key) }
            return nil
        }
        guard let provider = Route.Provider(rawValue: word) else {
            let nearest = NearestName.of(word, among: Route.Provider.allCases.map(\.rawValue))
            fields.fail(
                "provider", "is no known provider", hint: nearest.map { "did you mean \"\($0)\"?" } ?? Self.known)
            return nil
        }
        var route = Route.offline
        route.name = name
        route.provider = provider
        if provider != .simulator { readAccount(into: &route) }
        readPace(into: &route)
        route.processor = fields.string("processor")
        return route
    }

    private static var known: String {
        "one of " + Route.Provider.allCases.map(\.rawValue).joined(separator: ", ")
    }

    /// Where the model is, what it is called there, and the key.
    private func readAccount(into route: inout Route) {
        let provider = route.provider
        route.timeout = provider.usualTimeout
        if provider == .microsoftMAI { route.requestsPerMinute = 2 }
        route.endpoint =
            fields.read("endpoint", expecting: "an https URL (http for loopback only)", Self.endpoint)
            ?? provider.publicEndpoint
        if !fields.has("endpoint"), provider.publicEndpoint == nil {
            let example = provider == .microsoftMAI ? "services.ai.azure.com" : "openai.azure.com"
            fields.fail("endpoint", "is missing", hint: "https://RESOURCE.\(example)")
        }
        // On Azure a model is reached by the name its owner gave to the deployment.
        let isDeployed = provider == .microsoftMAI || provider == .azureOpenAI
        let nameKey = isDeployed ? "deployment" : "model"
        route.deployment = (isDeployed ? fields.string("deployment") : fields.string("model")) ?? ""
        if !Self.isModelName(route.deployment) {
            let what = isDeployed ? "the name of the deployment" : "such as \"\(provider.families.last ?? "")\""
            fields.fail(nameKey, fields.has(nameKey) ? "is no name of a model" : "is missing", hint: what)
        }
        readFamily(into: &route)
        readVersion(into: &route)
        readCapability(into: &route)
        readAcceptedURLs(into: &route)
        route.key = KeySource.read("key", of: fields, takesTokens: isDeployed)
        if !fields.has("key") {
            fields.fail("key", "is missing", hint: "{ credential: … }, { file: … } or { env: … }")
        }
    }

    private func readFamily(into route: inout Route) {
        let families = route.provider.families
        let said = fields.string("family")
        let named = route.provider.family(ofModel: route.deployment)
        // The end of one model is no fault of the whole configuration: its route is paused, and the others work.
        let ended = route.provider.retirement(of: said ?? route.deployment)
        route.family = said ?? named ?? (ended == nil ? "" : route.deployment)
        if families.contains(route.family) || ended != nil { return }
        fields.fail(
            "family", said == nil ? "is missing" : "is no known family",
            hint: "one of " + families.joined(separator: ", "))
    }

    private func readVersion(into route: inout Route) {
        switch route.provider {
        case .azureOpenAI:
            let what = "the date of a version such as \"2025-04-01-preview\" (without it: the v1 path)"
            route.apiVersion = fields.read("api_version", expecting: what) { value in
                value.string.flatMap { text in
                    text.wholeMatch(of: /20[0-9]{2}-[0-9]{2}-[0-9]{2}(-[a-z]{1,16})?/) == nil ? nil : text
                }
            }
        case .googleGemini:
            route.apiVersion = fields.choice("api_version", as: Route.GeminiVersion.self)?.rawValue
        case .microsoftMAI, .openAI, .openRouter, .simulator: break
        }
    }

    /// It becomes part of a URL for some: letters, digits, and what names of models have between them.
    private static func isModelName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128 && !text.contains("..")
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "._-/:@".utf8.contains(byte)
            }
    }

    private func readCapability(into route: inout Route) {
        guard let own = fields.object("capability") else { return }
        route.override.references = own.int("references", in: 0...16)
        route.override.mask = own.bool("mask")
        route.override.mostPixels = own.int("pixels", in: 65_536...67_108_864)
        route.override.referenceEdge = own.int("reference_edge", in: 64...16_384)
        route.override.referenceBytes = own.read("reference_bytes", expecting: "a size such as \"7MB\"") {
            $0.string.flatMap { ByteCount(text: $0) }
        }
        if let prices = own.object("prices") {
            var read = CapabilityOverride.Prices()
            read.textIn = prices.read("text_in", expecting: "dollars", Self.dollars)
            read.imageIn = prices.read("image_in", expecting: "dollars", Self.dollars)
            read.imageOut = prices.read("image_out", expecting: "dollars", Self.dollars)
            let each = prices.read("image", expecting: "dollars", Self.dollars)
            read.image = each.map { Int64(($0 * 1_000_000).rounded(.up)) }
            route.override.prices = read
            own.adopt(prices.finish())
        }
        fields.adopt(own.finish())
    }

    /// Most hosts that a route fetches pictures from.
    private static let mostHosts = 32

    private func readAcceptedURLs(into route: inout Route) {
        guard let own = fields.object("accept_urls") else { return }
        route.acceptURLs = own.read("hosts", expecting: "a list of 1 to \(Self.mostHosts) host names or addresses") {
            value in
            guard let list = value.array, (1...Self.mostHosts).contains(list.count) else { return nil }
            let hosts = list.compactMap { $0.string.flatMap(Self.host) }
            return hosts.count == list.count ? hosts : nil
        }
        if !own.has("hosts") { own.fail("hosts", "is missing", hint: "[\"images.example.com\"]") }
        fields.adopt(own.finish())
    }

    /// An exact host name or address in small letters, without brackets; nil for anything else, patterns too.
    private static func host(_ text: String) -> String? {
        var host = text.lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let isPlain = host.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || "-.:".utf8.contains(byte)
        }
        return !host.isEmpty && host.utf8.count <= 253 && isPlain && !host.hasSuffix(".") ? host : nil
    }

    private static func dollars(_ value: JSONValue) -> Double? {
        value.double.flatMap { (0...1_000_000).contains($0) ? $0 : nil }
    }

    private func readPace(into route: inout Route) {
        if let pace = fields.int("requests_per_minute", in: 1...100_000) { route.requestsPerMinute = pace }
        if let concurrency = fields.int("concurrency", in: 1...10_000) { route.concurrency = concurrency }
        let what = "a duration from 1s to 1h"
        if let timeout = fields.read("timeout", expecting: what, { $0.string.flatMap { Span($0) } }) {
            route.timeout = timeout
            if !(Span.seconds(1)...Span.hours(1)).contains(timeout) { fields.fail("timeout", "is not \(what)") }
        }
        if let onUnknown = fields.choice("on_unknown", as: Route.OnUnknown.self) {
            route.onUnknown = onUnknown
        }
        route.fallback = fields.string("fallback")
    }

    /// `https`, or `http` to a loopback address; no path beyond the base, no user, no query.
    static func endpoint(_ value: JSONValue) -> String? {
        guard var text = value.string else { return nil }
        while text.hasSuffix("/") { text.removeLast() }
        guard !text.contains("@"), !text.contains("?"), !text.contains("#"), !text.contains(" ") else { return nil }
        if text.hasPrefix("https://"), text.count > 8 { return text }
        for loopback in ["http://127.0.0.1", "http://localhost", "http://[::1]"] where text.hasPrefix(loopback) {
            let rest = text.dropFirst(loopback.count)
            if rest.isEmpty || rest.hasPrefix(":") || rest.hasPrefix("/") { return text }
        }
        return nil
    }
}
