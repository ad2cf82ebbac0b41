import Documents
import Domain
import Providers
import Settings
import Support
import Testing
import Transport

@Suite struct GeminiTests {
    static func route(_ model: String = "gemini-3-pro-image") -> Route {
        var route = Route.offline
        route.name = "gemini"
        route.provider = .googleGemini
        route.deployment = model
        route.family = model
        return route
    }

    func plan(_ route: Route, references: Int = 0, _ change: (inout JobSpec) -> Void = { _ in }) throws(Reason)
        -> CallPlan
    {
        var spec = JobSpec(prompt: "a boat")
        spec.referenceCount = references
        change(&spec)
        let sizes = [PixelSize](repeating: PixelSize(width: 1500, height: 1000), count: references)
        return try CallPlan(spec, on: route, references: sizes)
    }

    @Test(arguments: [
        ("gemini-3-pro-image", "16:9" as String?, nil as String?, "16:9", "1K" as String?, 1376, 768),
        ("gemini-3-pro-image", nil, "3840x2160", "16:9", "2K", 2752, 1536),
        ("gemini-3-pro-image", nil, "5504x3072", "16:9", "4K", 5504, 3072),
        ("gemini-3.1-flash-image", nil, "512x512", "1:1", "512", 512, 512),
        ("gemini-2.5-flash-image", "2:3", nil, "2:3", nil, 848, 1264),
        ("gemini-3.1-flash-image", "4:1", nil, "4:1", "1K", 2048, 512),
        ("gemini-3.1-flash-image", "1:4", nil, "1:4", "1K", 512, 2048),
        ("gemini-3.1-flash-image", "8:1", nil, "8:1", "1K", 3072, 384),
        ("gemini-3.1-flash-image", nil, "1536x12288", "1:8", "4K", 1536, 12288),
    ])
    func `a wish becomes a ratio and a tier of the contract's table`(
        model: String, ratio: String?, size: String?, asked: String, tier: String?, width: Int, height: Int
    ) throws {
        let plan = try plan(Self.route(model)) { spec in
            spec.aspectRatio = ratio.flatMap { AspectRatio($0) }
            if let size, case .box(let box)? = OutputSize(size) { spec.size = box }
        }
        #expect(plan.size == SizeTier(PixelSize(width: width, height: height), ratio: asked, tier: tier))
    }

    @Test func `without a wish the first reference gives the ratio`() throws {
        #expect(try plan(Self.route(), references: 2).size?.ratio == "3:2")
        #expect(try plan(Self.route()).size?.ratio == "1:1")
    }

    @Test func `what the model has not is refused by name`() {
        for (field, change) in [
            ("mask", { $0.hasMask = true }), ("quality", { $0.quality = "high" }),
            ("background", { $0.background = "transparent" }), ("seed", { $0.seed = 1 }),
            ("size", { $0.size = PixelSize(width: 300, height: 300) }),
            ("aspect_ratio", { $0.aspectRatio = AspectRatio("8:1") }),
            ("aspect_ratio", { $0.aspectRatio = AspectRatio("1:4") }),
        ] as [(String, (inout JobSpec) -> Void)] {
            let reason = #expect(throws: Reason.self) { try plan(Self.route(), references: 1, change) }
            #expect(reason?.code == .unsupportedParameter && reason?.field == field)
        }
    }

    @Test(arguments: [(nil, "v1beta"), ("v1beta", "v1beta"), ("v1", "v1")] as [(String?, String)])
    func `the path has the version that the route names`(version: String?, path: String) throws {
        var route = Self.route()
        route.apiVersion = version
        let adapter = route.adapter(endpoint: "https://g.example", key: nil)
        let request = adapter.request(try plan(route), references: [], mask: nil)
        #expect(request.url == "https://g.example/\(path)/models/gemini-3-pro-image:generateContent")
    }

    @Test func `the request carries exactly the documented fields and the key in a header`() throws {
        let adapter = Self.route().adapter(endpoint: "https://g.example", key: SecretText("k-1"))
        let picture = SentPicture(bytes: Array("hello".utf8), format: .jpeg, size: PixelSize(width: 3, height: 2))
        let request = adapter.request(try plan(Self.route(), references: 1), references: [picture], mask: nil)
        #expect(request.url == "https://g.example/v1beta/models/gemini-3-pro-image:generateContent")
        #expect(request.headers.map(\.name) == ["x-goog-api-key"] && request.headers[0].value == "k-1")
        guard case .bytes(let body, "application/json") = request.body else {
            Issue.record("not JSON")
            return
        }
        let wanted =
            #"{"contents":[{"role":"user","parts":[{"text":"a boat"},{"inline_data":{"mime_type":"image/jpeg","#
            + #""data":"aGVsbG8="}}]}],"generationConfig":{"responseModalities":["IMAGE"],"#
            + #""imageConfig":{"aspectRatio":"3:2","imageSize":"1K"}},"store":false}"#
        #expect(String(decoding: body, as: UTF8.self) == wanted)
    }

    // MARK: answers

    func judge(_ status: Int, _ body: String) -> (Verdict, ImageAnswer?) {
        Self.route().adapter(endpoint: "https://g.example", key: nil).read(
            AnswerHead(status: status, headers: [:], bodyBytes: body.utf8.count), body: Array(body.utf8))
    }

    @Test func `the last picture that is no thought is the result`() {
        let (verdict, answer) = judge(
            200,
            """
            {"candidates":[{"content":{"role":"model","parts":[
              {"thought":true,"inlineData":{"mimeType":"image/jpeg","data":"ZHJhZnQ="}},
              {"inlineData":{"mimeType":"image/png","data":"Zmlyc3Q="}},{"text":"here you are"},
              {"inlineData":{"mimeType":"image/png","data":"aGVsbG8="},"thoughtSignature":"c2ln"},
              {"thought":true,"inlineData":{"mimeType":"image/png","data":"ZHJhZnQ="}}]},"finishReason":"STOP"}],
             "usageMetadata":{"promptTokenCount":1140,"candidatesTokenCount":2010,"thoughtsTokenCount":180,
               "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":2000}]},
             "modelVersion":"gemini-3-pro-image","responseId":"abc123"}
            """)
        #expect(verdict.callClass == .success && verdict.requestID == "abc123")
        #expect(answer?.pictures.first == .bytes(Array("hello".utf8)) && answer?.model == "gemini-3-pro-image")
        // 2,280 + 240,000 + 2,280: 1140 at 2, 2000 at 120, 190 at 12 dollars a million.
        #expect(verdict.bill?.usage?.cost(at: Self.route().capability.prices) == 244_560)
    }

    @Test(
        arguments: [
            (200, #"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}"#, CallClass.contentBlockedInput),
            (200, #"{"candidates":[{"finishReason":"IMAGE_SAFETY"}]}"#, .contentBlockedOutput),
            (200, #"{"candidates":[{"finishReason":"SPII"}]}"#, .contentBlockedOutput),
            (200, #"{"candidates":[{"finishReason":"NO_IMAGE"}]}"#, .noImageReturned),
            (200, #"{"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}]}"#, .noImageReturned),
            (200, #"{"candidates":[{"finishReason":"SOMETHING_NEW"}]}"#, .noImageReturned),
            (200, "{}", .noImageReturned), (200, "no JSON", .badResponse),
            (
                200, #"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"!"}}]}}]}"#,
                .badResponse
            ),
            (400, #"{"error":{"code":400,"status":"INVALID_ARGUMENT"}}"#, .invalidRequest),
            (
                400, #"{"error":{"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#, .auth
            ),
            (400, #"{"error":{"status":"FAILED_PRECONDITION"}}"#, .permission), (401, "", .auth),
            (403, #"{"error":{"status":"PERMISSION_DENIED"}}"#, .permission), (404, "", .modelNotFound),
            (429, #"{"error":{"status":"RESOURCE_EXHAUSTED"}}"#, .rateLimited),
            (
                429,
                #"{"error":{"details":[{"violations":[{"quotaId":"GenerateRequestsPerMinutePerProject","quotaValue":"10"}]}]}}"#,
                .rateLimited
            ),
            (
                429, #"{"error":{"details":[{"violations":[{"quotaId":"ImagesPerDay","quotaValue":"50"}]}]}}"#,
                .quotaExhausted
            ),
            (
                429, #"{"error":{"details":[{"violations":[{"quotaId":"PerMinute","quotaValue":"0"}]}]}}"#,
                .quotaExhausted
            ),
            (429, #"{"error":{"details":[{"reason":"MODEL_CAPACITY_EXHAUSTED"}]}}"#, .overloaded),
            (503, #"{"error":{"status":"UNAVAILABLE"}}"#, .overloaded), (500, "", .serverError),
            (504, #"{"error":{"status":"DEADLINE_EXCEEDED"}}"#, .outcomeUnknown), (413, "", .payloadTooLarge),
            (524, "", .outcomeUnknown),
        ] as [(Int, String, CallClass)])
    func `an answer is judged by the contract's table`(status: Int, body: String, callClass: CallClass) {
        let (verdict, answer) = judge(status, body)
        #expect(verdict.callClass == callClass && answer == nil)
    }

    @Test func `the wait stands in the body`() {
        let body = #"{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3.29s"}]}}"#
        #expect(judge(429, body).0.wait == Span(milliseconds: 3290))
        #expect(judge(429, #"{"error":{"details":[{"retryDelay":"soon"}]}}"#).0.wait == nil)
    }
}
