import Foundation
import HTTPServer
import Support
import Testing

/// Who may get what: the register of processors, what jobs and policies ask of it, and what leaves.
@Suite(.serialized) struct RegisterTests {
    /// A route `mai` by the row `first`, that falls back to `second` by the row of that name, each at a service of its own.
    private func spool(
        _ first: Provider, _ second: Provider? = nil, rows: String, more: String = "", policy: String? = nil
    ) throws -> TestSpool {
        let fallback = second.map { other in
            """
            second: { provider: "openai", endpoint: "http://127.0.0.1:\(other.port)", processor: "second",
                      \(Provider.models["openai"] ?? ""), key: { env: "TEST_MAI_KEY" } },
            """
        }
        let spool = try TestSpool(
            "register",
            config: """
                { spool: "SPOOL", \(more) disk: { min_free: "1MB" }, output: { size: "native" },
                  policy: "\(policy.map { _ in "SPOOL/../policy.json5" } ?? "default")",
                  models: { default: "mai", \(fallback ?? "")
                    mai: { provider: "microsoft-mai", endpoint: "http://127.0.0.1:\(first.port)", processor: "first",
                           \(Provider.models["microsoft-mai"] ?? ""), key: { env: "TEST_MAI_KEY" },
                           requests_per_minute: 6000\(second == nil ? "" : #", fallback: "second""#) } },
                  processors: { \(rows) } }
                """)
        if let policy { try Data(policy.utf8).write(to: URL(fileURLWithPath: spool.scratch.file("policy.json5"))) }
        return spool
    }

    private func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
    }

    private func drop(_ spool: TestSpool, _ more: String = "") throws {
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j"\#(more)}"#)
    }

    private func events(_ spool: TestSpool, _ name: String) async throws -> [[String: Any]] {
        let all = try await spool.darkroom("show", "j", "--json").json["events"] as? [[String: Any]]
        return (all ?? []).filter { $0["event"] as? String == name }
    }

    @Test(arguments: [
        (#"regions: ["us"], retention: "30d""#, #"{"regions":["eu"]}"#, "require.regions", "us"),
        (#"regions: ["eu-north", "us"], retention: "none""#, #"{"regions":["eu"]}"#, "require.regions", "eu-north us"),
        (#"retention: "none""#, #"{"regions":["eu"]}"#, "require.regions", "unknown"),
        (#"retention: "30d""#, #"{"provider_retention":"none"}"#, "require.provider_retention", "30d"),
        (
            #"regions: ["eu"]"#, #"{"regions":["eu"],"provider_retention":"90d"}"#, "require.provider_retention",
            "unknown"
        ),
    ])
    func `a job is refused before anything leaves where its service does not meet what it requires`(
        row: String, require: String, field: String, value: String
    ) async throws {
        let provider = try Provider()
        let spool = try spool(provider, rows: #"first: { legal_name: "First Ltd", \#(row) }"#)
        try drop(spool, #","require":\#(require)"#)
        #expect(try await drain(spool).code == 1)
        let reason = try spool.reason("j")
        #expect(reason.code == "policy_forbids" && reason.field == field && reason.value == value)
        #expect(provider.requests.isEmpty)
        await provider.stop()
    }

    @Test func `a service that meets it is called, and the call says what its row said`() async throws {
        let provider = try Provider()
        let spool = try spool(
            provider,
            rows: #"first: { legal_name: "First Ltd", regions: ["EU-north"], retention: "7d", training: "never" }"#)
        try drop(spool, #","require":{"regions":["eu","ch"],"provider_retention":"30d"}"#)
        #expect(try await drain(spool).code == 0)
        let sent = try #require(try await events(spool, "call.sent").first)
        #expect(sent["processor"] as? String == "first" && sent["recipient"] as? String == "First Ltd")
        #expect(sent["regions"] as? String == "eu-north" && sent["kept"] as? String == "7d")
        #expect(sent["training"] as? String == "never" && sent["carried"] as? String == "prompt parameters")
        #expect(sent["bytes"] as? String == String(provider.requests.first?.body.count ?? 0))
        let receipt = try await spool.darkroom("audit", "show", "receipt", "j")
        #expect(receipt.out.contains("First Ltd"), "\(receipt.err)")
        await provider.stop()
    }

    @Test func `a job that waits is held against the row as it is when its call comes`() async throws {
        let provider = try Provider()
        let row = #"first: { legal_name: "First Ltd", regions: ["eu"] }"#
        let spool = try spool(provider, rows: row, more: "budget: { per_day: 0.0001 },")
        try drop(spool, #","require":{"regions":["eu"]}"#)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("failed").isEmpty && provider.requests.isEmpty, "it waits for a day's budget")
        let file = try #require(spool.config)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacing(#"regions: ["eu"]"#, with: #"regions: ["us"]"#).replacing(
            "per_day: 0.0001", with: "per_day: 9"
        )
        .write(toFile: file, atomically: true, encoding: .utf8)
        try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite", "UPDATE job SET run_after = 0")
        #expect(try await drain(spool).code == 1)
        let reason = try spool.reason("j")
        #expect(reason.code == "policy_forbids" && reason.field == "require.regions" && reason.value == "us")
        #expect(provider.requests.isEmpty)
        await provider.stop()
    }

    @Test func `what is held of a person says who received what, and on what terms`() async throws {
        let provider = try Provider()
        let spool = try spool(
            provider, rows: #"first: { legal_name: "First Ltd", regions: ["eu"], retention: "7d", training: "never" }"#)
        try drop(spool, #","subject":"ann""#)
        #expect(try await drain(spool).code == 0)
        let package = spool.scratch.file("ann.zip")
        let exported = try await spool.darkroom("subject", "export", "ann", "-o", package)
        #expect(exported.code == 0, "\(exported.err)")
        let manifest = try await Darkroom.tool("unzip", "-p", package, "manifest.json")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(manifest.utf8)) as? [String: Any])
        let first = try #require((document["processors"] as? [[String: Any]])?.first)
        #expect(first["processor"] as? String == "first" && first["recipient"] as? String == "First Ltd")
        #expect(first["received"] as? [String] == ["parameters", "prompt"])
        #expect(first["regions"] as? String == "eu" && first["kept"] as? String == "7d")
        #expect(first["training"] as? String == "never")
        await provider.stop()
    }

    @Test func `a fallback that does not meet it is passed over, and never used instead`() async throws {
        let first = try Provider { _, _ in .error(401) }
        let second = try Provider()
        let rows =
            #"first: { legal_name: "First Ltd", regions: ["eu"] }, second: { legal_name: "Second Inc", regions: ["us"] }"#
        let spool = try spool(first, second, rows: rows)
        try drop(spool, #","require":{"regions":["eu"]}"#)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == "auth" && first.requests.count == 1 && second.requests.isEmpty)
        let unable = try #require(try await events(spool, "call.fallback_unable").first)
        #expect(unable["reason"] as? String == "policy_forbids" && unable["field"] as? String == "require.regions")
        await first.stop()
        await second.stop()
    }

    @Test(arguments: [
        ("allowed_regions: ['eu']", "policy.allowed_regions"),
        ("provider_retention: 'none'", "policy.provider_retention"),
        ("training: 'never'", "policy.training"),
    ])
    func `what a policy asks of services holds for every job under it`(term: String, field: String) async throws {
        let provider = try Provider()
        let spool = try spool(
            provider, rows: #"first: { legal_name: "First Ltd" }"#, policy: "{ id: 'shop', \(term) }")
        try drop(spool)
        #expect(try await drain(spool).code == 1)
        let reason = try spool.reason("j")
        #expect(reason.code == "policy_forbids" && reason.field == field && reason.value == "unknown")
        #expect(provider.requests.isEmpty)
        let found = try await Darkroom.run(["doctor", "--json"] + spool.arguments, environment: CallTests.key)
        #expect(found.code == 1 && found.out.contains("no job is sent"))
        await provider.stop()
    }

    @Test(arguments: [("may", 1), ("unknown", 0), ("never", 0)])
    func `under a promise of no training nothing goes to who may train, and what is not known is named`(
        training: String, code: Int32
    ) async throws {
        let provider = try Provider()
        let spool = try spool(
            provider, rows: #"first: { legal_name: "First Ltd", training: "\#(training)" }"#,
            policy: "{ id: 'shop', extends: 'maiimage2' }")
        try drop(spool)
        #expect(try await drain(spool).code == code)
        #expect(provider.requests.count == (code == 0 ? 1 : 0))
        let found = try await Darkroom.run(["doctor", "--json"] + spool.arguments, environment: CallTests.key)
        let all = try #require(found.json["checks"] as? [[String: Any]])
        let promise = try #require(all.first { $0["name"] as? String == "policy.T5" })
        #expect(promise["level"] as? String == (training == "unknown" ? "warning" : "ok"))
        await provider.stop()
    }

    @Test func `a row that names no references lets none go, and a row of tomorrow lets nothing go`() async throws {
        let provider = try Provider()
        let photo = try Data(contentsOf: URL(fileURLWithPath: PrivacyTests.photograph))
        let narrow = try spool(
            provider, rows: #"first: { legal_name: "First Ltd", categories: ["prompt", "parameters"] }"#)
        try narrow.drop("j", manifest: #"{"prompt":"a mill","id":"j","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        #expect(try await drain(narrow).code == 1)
        #expect(try narrow.reason("j").code == "policy_forbids" && narrow.reason("j").field == "references")
        let late = try spool(provider, rows: #"first: { legal_name: "First Ltd", from: "2999-01-01" }"#)
        try drop(late)
        #expect(try await drain(late).code == 1)
        #expect(try late.reason("j").field == "processors.first.from" && late.reason("j").value == "2999-01-01")
        #expect(provider.requests.isEmpty)
        await provider.stop()
    }

    /// Names of fields that a request of each provider may have, by its contract.
    private static let allowed: [String: Set<String>] = [
        "microsoft-mai": ["model", "prompt", "width", "height", "background", "image"],
        "openai": [
            "model", "prompt", "n", "size", "quality", "background", "output_format", "safety_identifier", "image[]",
            "mask",
        ],
        "azure-openai": [
            "model", "prompt", "n", "size", "quality", "background", "output_format", "safety_identifier", "image[]",
            "mask",
        ],
        "google-gemini": [
            "contents", "role", "parts", "text", "inline_data", "mime_type", "data", "generationConfig",
            "responseModalities", "imageConfig", "aspectRatio", "imageSize", "store",
        ],
        "openrouter": [
            "model", "prompt", "n", "aspect_ratio", "resolution", "size", "quality", "background", "input_references",
            "type", "image_url", "url", "provider", "data_collection", "allow_fallbacks", "zdr",
        ],
    ]

    @Test(arguments: ["microsoft-mai", "openai", "azure-openai", "google-gemini", "openrouter"])
    func `nothing leaves but prompt, references and parameters`(name: String) async throws {
        let provider = try Provider()
        let kept = name == "openrouter" ? "none" : "unknown"
        let spool = try TestSpool(
            "wire",
            config: provider.configuration(
                #"processors: { acme: { legal_name: "Acme", retention: "\#(kept)" } }, output: { size: "native" }"#,
                route: #"processor: "acme""#, provider: name))
        let photo = try Data(contentsOf: URL(fileURLWithPath: PrivacyTests.photograph))
        let people = #""subject":"ann-1990@x","id":"CANARY-id-ID","plan":"x","priority":3"#.replacing(
            #""plan":"x","#, with: "")
        try spool.drop("plain", manifest: #"{"prompt":"a mill",\#(people.replacing("ID", with: "a"))}"#)
        try spool.drop(
            "CANARY-drop",
            manifest: #"{"prompt":"a mill","references":["CANARY-file.jpg"],\#(people.replacing("ID", with: "b"))}"#,
            files: ["CANARY-file.jpg": photo])
        let drained = try await drain(spool)
        #expect(drained.code == 0 && provider.requests.count == 2, "\(drained.err)")
        let allowed = try #require(Self.allowed[name])
        for request in provider.requests {
            #expect(Set(try Self.fields(request)).isSubset(of: allowed))
            // The program names itself in one place, and says no more there.
            var headers = request.headers
            #expect(headers.removeValue(forKey: "user-agent")?.wholeMatch(of: /darkroom\/[0-9.]+/) != nil)
            let sent =
                request.path + headers.map { "\($0): \($1)" }.joined(separator: "\n")
                + String(decoding: request.body, as: UTF8.self)
            for trace in ["ann-1990", "CANARY", "darkroom", "safety_identifier"] {
                #expect(!sent.lowercased().contains(trace.lowercased()), "\(trace) was sent to \(name)")
            }
            #expect(
                Set(request.headers.keys.map { $0.lowercased() }).isSubset(of: [
                    "host", "accept", "content-type", "content-length", "api-key", "authorization", "x-goog-api-key",
                    "expect", "user-agent", "accept-encoding",
                ]))
            let body = String(decoding: request.body, as: UTF8.self)
            if name == "google-gemini" { #expect(body.contains(#""store":false"#)) }
            if name == "openrouter" {
                #expect(body.contains(#""data_collection":"deny""#) && body.contains(#""zdr":true"#))
            }
        }
        await provider.stop()
    }

    /// Names of all fields of a request, also within others.
    private static func fields(_ request: IncomingRequest) throws -> [String] {
        let type = request.headers["content-type"] ?? ""
        if type.hasPrefix("multipart/") {
            return try MultipartForm(body: request.body, contentType: type).parts.map(\.name)
        }
        return names(in: try JSONSerialization.jsonObject(with: Data(request.body)))
    }

    private static func names(in value: Any) -> [String] {
        switch value {
        case let object as [String: Any]: object.flatMap { [$0.key] + names(in: $0.value) }
        case let list as [Any]: list.flatMap(names)
        default: []
        }
    }

    @Test func `doctor and config show print who gets what`() async throws {
        let provider = try Provider()
        let spool = try spool(
            provider, rows: #"first: { legal_name: "First Ltd", regions: ["eu"], retention: "30d", dpa: "DPA-7" }"#)
        let found = try await Darkroom.run(["doctor", "--json"] + spool.arguments, environment: CallTests.key)
        #expect(found.out.contains("First Ltd (mai)") && found.out.contains("DPA-7"))
        #expect(found.out.contains("processed in eu, kept for 30d at most, trained on or not, which is not known"))
        let shown = try await spool.darkroom("config", "show")
        let rows = try #require(shown.json["processors"] as? [String: [String: Any]])
        #expect(
            rows["first"]?["legal_name"] as? String == "First Ltd" && rows["first"]?["training"] as? String == "unknown"
        )
        let bare = try await TestSpool("bare").darkroom("config", "show")
        #expect((bare.json["processors"] as? [String: Any])?["simulator"] != nil)
        await provider.stop()
    }
}
