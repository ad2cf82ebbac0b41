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

    private static let unbuilt = ["openai", "azure-openai", "google-gemini", "openrouter"]

    /// The route, or nil with the faults noted.
    func route() -> Route? {
        guard let word = fields.string("provider") else {
            if !fields.has("provider") { fields.fail("provider", "is missing", hint: Self.known) }
            for key in fields.keys { _ = fields.value(key) }
            return nil
        }
        guard let provider = Route.Provider(rawValue: word) else {
            if Self.unbuilt.contains(word) {
                for key in fields.keys { _ = fields.value(key) }
                fields.fail("provider", "\(word) is not built yet", hint: Self.known)
            } else {
                let nearest = NearestName.of(word, among: Route.Provider.allCases.map(\.rawValue) + Self.unbuilt)
                fields.fail(
                    "provider", "is no known provider", hint: nearest.map { "did you mean \"\($0)\"?" } ?? Self.known)
            }
            return nil
        }
        var route = Route.offline
        route.name = name
        route.provider = provider
        if provider == .microsoftMAI { readMAI(into: &route) }
        readPace(into: &route)
        return route
    }

    private static var known: String {
        "one of " + Route.Provider.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private func readMAI(into route: inout Route) {
        route.timeout = .seconds(300)
        route.requestsPerMinute = 2
        route.endpoint = fields.read("endpoint", expecting: "an https URL (http for loopback only)", Self.endpoint)
        if !fields.has("endpoint") {
            fields.fail("endpoint", "is missing", hint: "https://RESOURCE.services.ai.azure.com")
        }
        route.deployment = fields.string("deployment") ?? ""
        if route.deployment.isEmpty { fields.fail("deployment", "is missing", hint: "the name of the deployment") }
        route.family = fields.string("family") ?? ""
        if !MAIFamilies.names.contains(route.family) {
            fields.fail(
                "family", fields.has("family") ? "is no known family" : "is missing",
                hint: "one of " + MAIFamilies.names.joined(separator: ", "))
        }
        route.key = key()
        if !fields.has("key") {
            fields.fail("key", "is missing", hint: "{ credential: … }, { file: … } or { env: … }")
        }
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
            if onUnknown == .retryOnce { fields.fail("on_unknown", "retry-once is not built yet", hint: "\"hold\"") }
        }
        if fields.value("fallback") != nil { fields.fail("fallback", "is not built yet", hint: "leave it out") }
    }

    private func key() -> KeySource? {
        guard let key = fields.object("key") else { return nil }
        let sources: [KeySource] = [
            key.string("credential").map { .credential($0) }, key.string("file").map { .file($0) },
            key.string("env").map { .environment($0) },
        ].compactMap { $0 }
        fields.adopt(key.finish())
        if sources.count != 1 { fields.fail("key", "needs exactly one source", hint: "credential, file or env") }
        return sources.first
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

/// The families of the Microsoft MAI image API.
package enum MAIFamilies {
    package static let names = ["2", "2e", "2.5", "2.5-flash", "2.5-pro", "2.6", "2.6-flash", "2.7", "2.7-flash"]
}
