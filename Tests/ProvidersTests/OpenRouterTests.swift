import Documents
import Domain
import Providers
import Settings
import Support
import Testing
import Transport

@Suite struct OpenRouterTests {
    static func route(_ model: String) -> Route {
        var route = Route.offline
        route.name = "openrouter"
        route.provider = .openRouter
        route.deployment = model
        route.family = model
        return route
    }

    func body(_ model: String, references: [SentPicture] = [], _ change: (inout JobSpec) -> Void = { _ in }) throws
        -> JSONValue
    {
        let route = Self.route(model)
        var spec = JobSpec(prompt: "a boat")
        spec.referenceCount = references.count
        change(&spec)
        let plan = try CallPlan(spec, on: route, references: references.map(\.size))
        let request = route.adapter(endpoint: "https://openrouter.ai", key: SecretText("k")).request(
            plan, references: references, mask: nil)
        #expect(request.url == "https://openrouter.ai/api/v1/images")
        #expect(request.headers.map(\.name) == ["Authorization"] && request.headers[0].value == "Bearer k")
        guard case .bytes(let body, "application/json") = request.body else { return .null }
        return try JSONParser.parse(body)
    }

    @Test func `a model with tiers is asked by ratio and resolution, another one by pixels, never by both`() throws {
        let tiered = try body("google/gemini-3-pro-image") { $0.aspectRatio = AspectRatio("16:9") }
        #expect(tiered["aspect_ratio"]?.string == "16:9" && tiered["resolution"]?.string == "1K")
        #expect(tiered["size"] == nil)
        let exact = try body("microsoft/mai-image-2.6") { $0.aspectRatio = AspectRatio("16:9") }
        #expect(exact["size"]?.string == "1360x768" && exact["aspect_ratio"] == nil && exact["resolution"] == nil)
    }

    @Test func `nobody else may step in or keep the data, and nothing names the sender`() throws {
        let sent = try body("openai/gpt-image-2")
        #expect(sent["provider"]?["data_collection"]?.string == "deny")
        #expect(sent["provider"]?["allow_fallbacks"]?.bool == false)
    }

    @Test func `references are data URLs`() throws {
        let picture = SentPicture(bytes: Array("hello".utf8), format: .png, size: PixelSize(width: 30, height: 20))
        let sent = try body("microsoft/mai-image-2.6", references: [picture])
        let url = sent["input_references"]?[0]?["image_url"]?["url"]?.string
        #expect(url == "data:image/png;base64,aGVsbG8=")
    }

    func judge(_ status: Int, _ body: String, headers: [String: String] = [:]) -> (Verdict, ImageAnswer?) {
        Self.route("microsoft/mai-image-2.6").adapter(endpoint: "https://o.example", key: nil).read(
            AnswerHead(status: status, headers: headers, bodyBytes: body.utf8.count), body: Array(body.utf8))
    }

    @Test func `the cost that the service books is the cost`() {
        let (verdict, answer) = judge(
            200,
            #"{"data":[{"b64_json":"aGVsbG8="}],"usage":{"prompt_tokens":5,"completion_tokens":9,"cost":0.2423}}"#)
        #expect(verdict.callClass == .success && answer != nil && verdict.bill?.cost == 242_300)
        let poisoned = judge(200, #"{"data":[{"b64_json":"aGVsbG8="}],"usage":{"cost":-1}}"#).0.bill
        #expect(poisoned?.cost == nil && poisoned?.isUnreadable == true)
    }

    @Test(
        arguments: [
            (200, #"{"error":{"code":429,"message":"x"}}"#, [:], CallClass.rateLimited),
            (200, #"{"data":[]}"#, [:], .noImageReturned), (200, "", [:], .badResponse),
            (400, #"{"error":{"code":400,"message":"bad size"}}"#, [:], .invalidRequest),
            (
                400, #"{"error":{"code":400,"message":"Response content blocked by label"}}"#, [:],
                .contentBlockedOutput
            ),
            (400, #"{"error":{"message":"violated RAI policy"}}"#, [:], .contentBlockedInput), (401, "", [:], .auth),
            (402, #"{"error":{"code":402}}"#, [:], .quotaExhausted),
            (
                402, #"{"error":{"code":402,"metadata":{"limit_source":"openrouter_in_flight_budget"}}}"#,
                ["retry-after": "3"], .rateLimited
            ),
            (403, #"{"error":{"code":403,"metadata":{"reasons":["violence"]}}}"#, [:], .contentBlockedInput),
            (403, #"{"error":{"code":403}}"#, [:], .permission), (404, "", [:], .modelNotFound),
            (408, "", [:], .outcomeUnknown), (413, "", [:], .payloadTooLarge), (429, "", [:], .rateLimited),
            (500, "", [:], .serverError), (502, "", [:], .serverError), (503, "", [:], .overloaded),
            (524, "", [:], .outcomeUnknown), (529, "", [:], .overloaded),
        ] as [(Int, String, [String: String], CallClass)])
    func `an answer is judged by the contract's table`(
        status: Int, body: String, headers: [String: String], callClass: CallClass
    ) {
        let (verdict, answer) = judge(status, body, headers: headers)
        #expect(verdict.callClass == callClass && answer == nil)
    }
}

@Suite struct OpenAIFamilyTests {
    static func route(_ provider: Route.Provider, _ family: String) -> Route {
        var route = Route.offline
        route.provider = provider
        route.deployment = provider == .azureOpenAI ? "img2" : family
        route.family = family
        return route
    }

    func plan(_ route: Route, _ change: (inout JobSpec) -> Void = { _ in }) throws(Reason) -> CallPlan {
        var spec = JobSpec(prompt: "a boat")
        change(&spec)
        return try CallPlan(spec, on: route, references: [])
    }

    @Test func `Azure has a path and a key of its own`() throws {
        let azure = Self.route(.azureOpenAI, "gpt-image-2")
        let request = azure.adapter(endpoint: "https://r.openai.azure.com", key: SecretText("k")).request(
            try plan(azure), references: [], mask: nil)
        #expect(request.url == "https://r.openai.azure.com/openai/v1/images/generations")
        #expect(request.headers.map(\.name) == ["api-key"])
        let openAI = Self.route(.openAI, "gpt-image-2")
        let other = openAI.adapter(endpoint: "https://api.openai.com", key: SecretText("k")).request(
            try plan(openAI), references: [], mask: nil)
        #expect(other.url == "https://api.openai.com/v1/images/generations")
        #expect(other.headers.map(\.name) == ["Authorization"])
    }

    @Test func `with a version Azure is called at the deployment's own path, without a model in the body`() throws {
        var azure = Self.route(.azureOpenAI, "gpt-image-2")
        azure.deployment = "team/img2"
        azure.apiVersion = "2025-04-01-preview"
        let adapter = azure.adapter(endpoint: "https://r.openai.azure.com", key: SecretText("k"))
        let call = "https://r.openai.azure.com/openai/deployments/team%2Fimg2/images/"
        let request = adapter.request(try plan(azure), references: [], mask: nil)
        #expect(request.url == call + "generations?api-version=2025-04-01-preview")
        guard case .bytes(let body, _) = request.body else {
            Issue.record("not JSON")
            return
        }
        #expect(try JSONParser.parse(body)["model"] == nil && JSONParser.parse(body)["prompt"]?.string == "a boat")
        let picture = SentPicture(bytes: [1], format: .png, size: PixelSize(width: 3, height: 2))
        let edit = adapter.request(try plan(azure), references: [picture], mask: nil)
        #expect(edit.url == call + "edits?api-version=2025-04-01-preview")
        guard case .form(let parts) = edit.body else {
            Issue.record("no form")
            return
        }
        #expect(!parts.map(\.name).contains("model") && parts.map(\.name).contains("image[]"))
    }

    @Test func `qualities and transparency are those of the family`() throws {
        let second = Self.route(.openAI, "gpt-image-2")
        let later = Self.route(.openAI, "gpt-image-2.5-flare")
        for change in [{ $0.quality = "max" }, { $0.background = "transparent" }] as [(inout JobSpec) -> Void] {
            #expect(throws: Reason.self) { try plan(second, change) }
            #expect(try plan(later, change).estimate > 0)
        }
    }

    @Test func `an estimate is never below what was seen to be charged`() throws {
        func estimate(_ family: String, _ quality: String?, _ size: String) throws -> Int64 {
            try plan(Self.route(.openAI, family)) { spec in
                spec.quality = quality
                if case .box(let box)? = OutputSize(size) { spec.size = box }
            }.estimate
        }
        #expect(try estimate("gpt-image-2", "high", "1024x1024") >= 210_720)
        #expect(try estimate("gpt-image-2", "high", "3840x2160") >= 400_260)
        #expect(try estimate("gpt-image-2", nil, "1024x1024") >= 210_720)
        #expect(try (5_880...6_100).contains(estimate("gpt-image-2.5-flare", "low", "1024x1024")))
    }

    @Test func `a version's day in the model's name is no other family`() {
        #expect(OpenAIFamilies.family(ofModel: "gpt-image-2-2026-04-21") == "gpt-image-2")
        #expect(OpenAIFamilies.family(ofModel: "gpt-image-2.6-flare") == "gpt-image-2.6-flare")
        #expect(OpenAIFamilies.family(ofModel: "dall-e-3") == nil)
    }

    @Test func `what the configuration says of a model wins over the table`() throws {
        var route = Self.route(.openAI, "gpt-image-2")
        route.override.references = 0
        route.override.mostPixels = 1_000_000
        var prices = CapabilityOverride.Prices()
        prices.image = 50_000
        route.override.prices = prices
        #expect(route.capability.references == 0)
        #expect(try plan(route).estimate == 50_000 && plan(route).expected.pixels <= 1_000_000)
    }

    @Test func `the wait of Azure's words is read where there is no header`() {
        let body = Array(#"{"error":{"code":"429","message":"Rate limit. Please try again in 12 seconds."}}"#.utf8)
        let adapter = Self.route(.azureOpenAI, "gpt-image-2").adapter(endpoint: "https://x", key: nil)
        let (verdict, _) = adapter.read(AnswerHead(status: 429, headers: [:], bodyBytes: body.count), body: body)
        #expect(verdict.callClass == .rateLimited && verdict.wait == .seconds(12))
        let filter = Array(
            #"{"error":{"code":"content_policy","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#.utf8)
        #expect(
            adapter.read(AnswerHead(status: 400, headers: [:], bodyBytes: 9), body: filter).0.callClass
                == .contentBlockedInput)
    }

    @Test func `references share what one request may carry`() {
        let able = OpenRouterTests.route("microsoft/mai-image-2.6").capability
        #expect(able.referenceBytes(each: 1) == 7_000_000)
        #expect(able.referenceBytes(each: 5) == 2_800_000)
    }
}

@Suite struct GenerationTests {
    func end(_ status: Int, _ body: String) throws -> GenerationEnd? {
        let adapter = try #require(
            OpenRouterTests.route("microsoft/mai-image-2.6").adapter(endpoint: "https://o.example", key: nil)
                as? any Reconciling)
        return adapter.end(
            AnswerHead(status: status, headers: [:], bodyBytes: body.utf8.count), body: Array(body.utf8))
    }

    @Test func `what was taken for a call is read to the micro-dollar, and nothing else counts as free`() throws {
        #expect(try end(200, #"{"data":{"id":"gen-1","total_cost":0.039,"cancelled":false}}"#) == .billed(39_000))
        #expect(try end(200, #"{"data":{"id":"gen-1","total_cost":0,"cancelled":true}}"#) == .free)
        #expect(try end(200, #"{"data":{"total_cost":0,"finish_reason":"error","is_byok":false}}"#) == .free)
        // Somebody else's bill is not in it.
        #expect(try end(200, #"{"data":{"total_cost":0,"is_byok":true}}"#) == nil)
        for unclear in [
            #"{"data":{"id":"gen-1"}}"#, #"{"data":{"total_cost":-1}}"#, #"{"error":{"code":404}}"#, "", "{",
        ] {
            #expect(try end(200, unclear) == nil)
        }
        #expect(try end(404, #"{"data":{"total_cost":0}}"#) == nil)
        #expect(try end(500, "") == nil)
    }

    @Test(arguments: ["", "gen-a/../b", "gen-a&x=1", "gen-a b", "other-1", "gen-" + String(repeating: "a", count: 80)])
    func `only an id that the service may have given is asked for`(id: String) throws {
        let adapter = try #require(
            OpenRouterTests.route("microsoft/mai-image-2.6").adapter(
                endpoint: "https://o.example", key: SecretText("k"))
                as? any Reconciling)
        #expect(adapter.lookUp(id) == nil)
        let request = try #require(adapter.lookUp("gen-3bhGkxlo4XFrqiabUM7NDtwDzWwG"))
        #expect(request.method == "GET" && request.headers.map(\.value) == ["Bearer k"])
        #expect(request.url == "https://o.example/api/v1/generation?id=gen-3bhGkxlo4XFrqiabUM7NDtwDzWwG")
    }
}
