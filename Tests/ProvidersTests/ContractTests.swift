import Documents
import Domain
import Providers
import Settings
import Support
import Testing
import Transport

@Suite struct ContractTests {
    static func mai(_ family: String = "2.6") -> Route {
        var route = Route.offline
        route.name = "mai"
        route.provider = .microsoftMAI
        route.deployment = "mai26-prod"
        route.family = family
        return route
    }

    func plan(_ route: Route, references: [PixelSize] = [], _ change: (inout JobSpec) -> Void = { _ in }) throws(Reason)
        -> CallPlan
    {
        var spec = JobSpec(prompt: "a lighthouse")
        spec.referenceCount = references.count
        change(&spec)
        return try CallPlan(spec, on: route, references: references)
    }

    static let picture = SentPicture(bytes: [1, 2, 3], format: .jpeg, size: PixelSize(width: 30, height: 20))

    // MARK: sizes

    @Test(arguments: [
        ("2.5", "1:1", 1024, 1024), ("2.5", "3:2", 1248, 832), ("2.5", "4:3", 1168, 880), ("2.5", "16:9", 1360, 768),
        ("2.5", "9:16", 768, 1360),
    ])
    func `a ratio becomes the largest legal size of the contract's table`(
        family: String, ratio: String, width: Int, height: Int
    ) throws {
        let plan = try plan(Self.mai(family)) { $0.aspectRatio = AspectRatio(ratio) }
        #expect(plan.size?.size == PixelSize(width: width, height: height))
    }

    @Test(arguments: [
        ("1536x1536", 1536, 1536), ("2048x1152", 2048, 1152), ("1872x1248", 1872, 1248), ("2336x1008", 2336, 1008),
        ("2000x1125", 2000, 1120),
    ])
    func `an asked size becomes the nearest legal one with no more pixels`(text: String, width: Int, height: Int) throws
    {
        let plan = try plan(Self.mai()) { spec in
            if case .box(let size)? = OutputSize(text) { spec.size = size }
        }
        #expect(plan.size?.size == PixelSize(width: width, height: height))
    }

    @Test func `a ratio out of reach is refused before anything is spent`() {
        let reason = #expect(throws: Reason.self) { try plan(Self.mai("2.5")) { $0.aspectRatio = AspectRatio("21:9") } }
        #expect(reason?.code == .unsupportedParameter && reason?.field == "aspect_ratio")
        #expect(throws: Reason.self) { try plan(Self.mai()) { $0.size = PixelSize(width: 640, height: 480) } }
    }

    @Test func `without a wish the first reference gives the ratio, else a square of a megapixel`() throws {
        #expect(try plan(.offline).size?.size == PixelSize(width: 1024, height: 1024))
        let wide = try plan(.offline, references: [PixelSize(width: 3000, height: 2000)])
        #expect(wide.size?.size == PixelSize(width: 1248, height: 832))
        let extreme = try plan(.offline, references: [PixelSize(width: 10_000, height: 100)])
        #expect(extreme.size != nil)
    }

    // MARK: what a model has not

    @Test func `fields, masks and references that a model has not are named`() throws {
        func field(_ route: Route, references: Int = 0, _ change: (inout JobSpec) -> Void) -> String? {
            let sizes = [PixelSize](repeating: PixelSize(width: 100, height: 100), count: references)
            let reason = #expect(throws: Reason.self) { try plan(route, references: sizes, change) }
            return reason?.code == .unsupportedParameter ? reason?.field : nil
        }
        #expect(field(Self.mai()) { $0.seed = 1 } == "seed")
        #expect(field(Self.mai()) { $0.quality = "high" } == "quality")
        #expect(field(.offline) { $0.quality = "superb" } == "quality")
        #expect(field(Self.mai(), references: 1) { $0.hasMask = true } == "mask")
        #expect(field(.offline) { $0.hasMask = true } == "mask")
        #expect(field(Self.mai(), references: 6) { _ in } == "references")
        #expect(field(Self.mai("2e"), references: 1) { _ in } == "references")
        #expect(field(Self.mai()) { $0.parameters = [.init(name: "n", json: "2")] } == "parameters")
        #expect(field(Self.mai(), references: 1) { $0.aspectRatio = AspectRatio("2:1") } == "aspect_ratio")
    }

    @Test func `max_cost is checked with the table's prices`() throws {
        let plan = try plan(Self.mai())
        #expect((38_912...39_100).contains(plan.estimate))
        let reason = #expect(throws: Reason.self) { try self.plan(Self.mai()) { $0.maxCost = 38_000 } }
        #expect(reason?.code == .overBudget && reason?.limit == "0.038")
        #expect(throws: Reason.self) {
            try self.plan(Self.mai()) {
                $0.count = 2
                $0.maxCost = 60_000
            }
        }
    }

    // MARK: requests

    @Test func `a MAI generation carries exactly the documented fields`() throws {
        let adapter = Self.mai().adapter(endpoint: "https://r.example", key: SecretText("k-1"))
        let request = adapter.request(try plan(Self.mai()), references: [], mask: nil)
        #expect(request.url == "https://r.example/mai/v1/images/generations" && request.method == "POST")
        #expect(request.headers.map(\.name) == ["api-key"] && request.headers[0].value == "k-1")
        guard case .bytes(let body, "application/json") = request.body else {
            Issue.record("not JSON")
            return
        }
        let wanted = #"{"model":"mai26-prod","prompt":"a lighthouse","width":1024,"height":1024}"#
        #expect(String(decoding: body, as: UTF8.self) == wanted)
    }

    @Test func `a MAI edit repeats the part image, in order, under our own file names`() throws {
        let adapter = Self.mai().adapter(endpoint: "https://r.example", key: nil)
        let sizes = [Self.picture.size, Self.picture.size]
        var png = Self.picture
        png.format = .png
        let request = adapter.request(
            try plan(Self.mai(), references: sizes), references: [Self.picture, png], mask: nil)
        #expect(request.url.hasSuffix("/mai/v1/images/edits"))
        guard case .form(let parts) = request.body else {
            Issue.record("not a form")
            return
        }
        #expect(parts.map(\.name) == ["model", "prompt", "image", "image"])
        #expect(parts.compactMap(\.fileName) == ["ref-1.jpg", "ref-2.png"])
        #expect(parts.compactMap(\.contentType) == ["image/jpeg", "image/png"])
    }

    @Test func `the OpenAI shape names its parts image[] and mask`() throws {
        let adapter = Route.offline.adapter(endpoint: "http://127.0.0.1:1", key: nil)
        var mask = Self.picture
        mask.format = .png
        let plan = try plan(.offline, references: [Self.picture.size]) { $0.hasMask = true }
        guard case .form(let parts) = adapter.request(plan, references: [Self.picture], mask: mask).body else {
            Issue.record("not a form")
            return
        }
        #expect(parts.map(\.name) == ["model", "prompt", "n", "size", "output_format", "image[]", "mask"])
    }

    // MARK: answers

    func judge(_ status: Int, _ body: String, headers: [String: String] = [:]) -> (Verdict, ImageAnswer?) {
        let head = AnswerHead(status: status, headers: headers, bodyBytes: body.utf8.count)
        return Self.mai().adapter(endpoint: "https://r.example", key: nil).read(head, body: Array(body.utf8))
    }

    @Test func `a MAI answer gives the picture, the model and the usage`() throws {
        let body = """
            {"created":1,"model":"MAI-Image-2.6","size":"1360x768","data":[{"b64_json":"aGVsbG8=","revised_prompt":"x"}],
             "usage":{"num_output_tokens":1020,"num_input_text_tokens":14,"num_input_image_tokens":0}}
            """
        let (verdict, answer) = judge(200, body, headers: ["x-ms-request-id": "req-7"])
        #expect(verdict.callClass == .success && verdict.requestID == "req-7")
        #expect(answer?.pictures == [.bytes(Array("hello".utf8))] && answer?.model == "MAI-Image-2.6")
        #expect(verdict.bill?.usage?.cost(at: Prices(textIn: 5, imageIn: 8, imageOut: 38)) == 38_830)
    }

    @Test(
        arguments: [
            (
                400, #"{"error":{"code":"unsupported_request_value","message":"width must be"}}"#,
                CallClass.invalidRequest
            ),
            (400, #"{"error":{"message":"Invalid parameters: n"}}"#, .invalidRequest),
            (400, #"{"error":{"code":"content_safety_violation","message":"x"}}"#, .contentBlockedOutput),
            (
                400, #"{"error":{"message":"Response content blocked by label 'MultiSeverity_X'."}}"#,
                .contentBlockedOutput
            ),
            (
                400, #"{"error":{"message":"Content violated RAI policy blocking criteria (BingBlockList_Prompt)"}}"#,
                .contentBlockedInput
            ),
            (
                400, #"{"error":{"code":"moderation_blocked","moderation_details":{"moderation_stage":"input"}}}"#,
                .contentBlockedInput
            ),
            (
                400, #"{"error":{"code":"moderation_blocked","moderation_details":{"moderation_stage":"output"}}}"#,
                .contentBlockedOutput
            ),
            (400, #"{"error":{"code":"invalid_value","param":"model"}}"#, .modelNotFound),
            (401, "", .auth),
            (403, #"{"error":{"message":"access blocked for violating our policies"}}"#, .accountBlocked),
            (403, #"{"error":{"message":"verify organisation"}}"#, .permission), (404, "<html>", .modelNotFound),
            (408, "", .outcomeUnknown), (504, "", .outcomeUnknown), (524, "", .outcomeUnknown),
            (413, "", .payloadTooLarge),
            (429, #"{"error":{"code":"rate_limit_exceeded"}}"#, .rateLimited), (429, "", .rateLimited),
            (429, #"{"error":{"code":"insufficient_quota"}}"#, .quotaExhausted), (402, "", .quotaExhausted),
            (503, "", .overloaded), (529, "", .overloaded), (500, "", .serverError), (502, "", .serverError),
            (599, "", .serverError), (418, "", .invalidRequest), (302, "", .badResponse),
            (200, #"{"data":[]}"#, .noImageReturned), (200, #"{"data":[{"b64_json":"!!!!"}]}"#, .badResponse),
            (200, "{\"data\":", .badResponse),
            (200, #"{"error":{"code":"content_safety_violation"}}"#, .contentBlockedOutput), (200, "", .badResponse),
        ] as [(Int, String, CallClass)])
    func `an answer is judged by code, then words, then status`(status: Int, body: String, callClass: CallClass) {
        let (verdict, answer) = judge(status, body)
        #expect(verdict.callClass == callClass && answer == nil)
    }

    @Test func `a provider's words are never kept, only a plain code`() {
        let (verdict, _) = judge(400, #"{"error":{"code":"the prompt was: my secret","message":"secret"}}"#)
        #expect(verdict.providerCode == nil)
        #expect(judge(429, #"{"error":{"code":429}}"#).0.providerCode == "429")
    }

    @Test func `hints to wait are read in all their forms`() {
        #expect(RetryHint.read(["retry-after-ms": "1500", "retry-after": "9"])?.milliseconds == 1500)
        #expect(RetryHint.read(["retry-after": "9"]) == .seconds(9))
        let date = ["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "Sun, 06 Nov 1994 08:49:07 GMT"]
        #expect(RetryHint.read(date) == .seconds(30))
        #expect(RetryHint.read(["retry-after": "soon"]) == nil && RetryHint.read([:]) == nil)
        #expect(RetryHint.read(["retry-after": "-5"]) == nil && RetryHint.read(["retry-after": "nan"]) == nil)
    }

    @Test func `a wait that no service can mean is passed over, and a long one is cut to a day`() {
        for text in ["9223372036854775807", "1e300", "inf", "-1", "99999999999999999999999999", "2678401"] {
            #expect(RetryHint.read(["retry-after": text]) == nil, "\(text)")
        }
        #expect(RetryHint.read(["retry-after-ms": "9e18", "retry-after": "7"]) == .seconds(7))
        #expect(RetryHint.read(["retry-after": "2592000"]) == .hours(24))
        let date = ["retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", "date": "Tue, 01 Dec 2026 00:00:00 GMT"]
        #expect(RetryHint.read(date) == nil)
    }

    @Test func `base64 is strict and exact`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            #expect(Base64.decode(String(decoding: Base64.encode(bytes), as: UTF8.self)) == bytes)
        }
        for text in ["a", "ab=c", "aGVsbG8", "aGVs\nbG8=", "aGVsbG9=", "====", "aG=="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }
}
