import Documents
import Domain
import Providers
import Settings
import Support
import Testing
import Transport

/// What others say of the cost of a call is believed inside a range, and nowhere else.
@Suite struct ChargeTests {
    static let routes = [
        ContractTests.mai(), OpenAIFamilyTests.route(.openAI, "gpt-image-2"),
        OpenAIFamilyTests.route(.azureOpenAI, "gpt-image-2.5-flare"), GeminiTests.route(),
        OpenRouterTests.route("microsoft/mai-image-2.7"),
    ]
    static let estimate: Int64 = 40_000

    /// A whole answer with a picture and this usage, in the contract of the route.
    static func answer(_ route: Route, usage: String) -> [UInt8] {
        let text =
            route.provider == .googleGemini
            ? """
            {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGVsbG8="}}]},
             "finishReason":"STOP"}],"usageMetadata":\(usage)}
            """ : #"{"created":1,"data":[{"b64_json":"aGVsbG8="}],"usage":\#(usage)}"#
        return Array(text.utf8)
    }

    static func charge(_ route: Route, _ body: [UInt8], status: Int = 200) -> (Charge, Verdict) {
        let head = AnswerHead(status: status, headers: [:], bodyBytes: body.count)
        let (verdict, answer) = route.adapter(endpoint: "https://x.example", key: nil).read(head, body: body)
        return (
            Charge(
                verdict.bill, billed: verdict.billed, drew: answer != nil, estimate: estimate, of: route.capability),
            verdict
        )
    }

    static func usage(_ route: Route, _ number: String) -> String {
        switch route.provider {
        case .microsoftMAI: #"{"num_output_tokens":\#(number),"num_input_text_tokens":\#(number)}"#
        case .googleGemini:
            #"""
            {"promptTokenCount":\#(number),"candidatesTokenCount":\#(number),"thoughtsTokenCount":\#(number),
             "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":\#(number)}]}
            """#
        case .openRouter:
            #"{"prompt_tokens":\#(number),"completion_tokens":\#(number),"cost":\#(number),"is_byok":false}"#
        default:
            #"""
            {"input_tokens":\#(number),"output_tokens":\#(number),
             "input_tokens_details":{"text_tokens":\#(number),"image_tokens":\#(number),"cached_tokens":\#(number)}}
            """#
        }
    }

    @Test(arguments: [
        "1e30", "-9223372036854775808", "9223372036854775807", "99999999999999999999", "1000000000", "-5", "0", "1e400",
        #""1000000000""#, "[1]", "0.0000001", "{}",
    ])
    func `poisoned usage books the estimate and says so`(number: String) {
        for route in Self.routes {
            let (charge, verdict) = Self.charge(route, Self.answer(route, usage: Self.usage(route, number)))
            #expect(verdict.callClass == .success, "\(route.name) \(number)")
            #expect(charge.cost == Self.estimate && charge.source == .estimate, "\(route.name) \(number)")
            #expect(charge.billed == .yes && charge.isDoubted, "\(route.name) \(number)")
        }
    }

    @Test func `no usage at all books the estimate without a doubt`() {
        for route in Self.routes {
            for nothing in ["null", "{}", #"{"other":1}"#] {
                let (charge, _) = Self.charge(route, Self.answer(route, usage: nothing))
                #expect(charge.cost == Self.estimate && charge.billed == .yes && !charge.isDoubted, "\(nothing)")
            }
        }
    }

    @Test func `whatever usage says, the sum stays within what the model can have cost`() {
        var dice = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: .min ... .max, using: &dice)
        print("seed \(seed)")
        var random = SplitMix(seed)
        let words = ["null", #""7""#, "true", "[]", "{}", "1e308", "-1e308", "1e-308", "-0", "0.5", "1e19"]
        for _ in 0..<20_000 {
            let route = Self.routes[Int(random.next() % UInt64(Self.routes.count))]
            let number =
                switch random.next() % 4 {
                case 0: words[Int(random.next() % UInt64(words.count))]
                case 1: String(Int64(bitPattern: random.next()))
                case 2: "\(Double(random.next() % 1_000_000_000) / 1000)"
                default: String(random.next() % 20_000)
                }
            let (charge, _) = Self.charge(route, Self.answer(route, usage: Self.usage(route, number)))
            #expect((0...4_000_000).contains(charge.cost), "\(route.name) \(number)")
            #expect(charge.billed == .yes)
        }
    }

    @Test func `cached picture tokens cost what the price list says`() {
        let route = OpenAIFamilyTests.route(.openAI, "gpt-image-2")
        let usage = TokenUsage(textIn: 20, imageIn: 2000, imageOut: 1000, cachedText: 10, cachedImage: 1933)
        #expect(usage.cost(at: route.capability.prices) == 10 * 5 + 13 + 67 * 8 + 1933 * 2 + 30_000)
        let body = Self.answer(
            route,
            usage: """
                {"output_tokens":1000,"input_tokens_details":{"text_tokens":20,"image_tokens":2000,"cached_tokens":1943,
                 "cached_tokens_details":{"text_tokens":10,"image_tokens":1933}}}
                """)
        #expect(Self.charge(route, body).1.bill?.usage == usage)
    }

    @Test func `a key of one's own at OpenRouter books the upstream's bill, or keeps the estimate`() {
        let route = OpenRouterTests.route("google/gemini-3-pro-image")
        func booked(_ usage: String) -> Charge { Self.charge(route, Self.answer(route, usage: usage)).0 }
        let whole = booked(#"{"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":0.134}}"#)
        #expect(whole.cost == 134_000 && whole.source == .usage)
        let half = booked(#"{"cost":0.0067,"is_byok":true,"completion_tokens":1120,"prompt_tokens":3}"#)
        #expect(half.cost == Self.estimate && half.source == .estimate)
        #expect(booked(#"{"cost":0,"is_byok":false}"#).cost == Self.estimate, "nothing is free but what says so")
    }

    @Test func `a refusal that carries usage is booked by it`() {
        let route = GeminiTests.route()
        let body = Array(
            #"{"candidates":[{"finishReason":"IMAGE_SAFETY"}],"usageMetadata":{"promptTokenCount":20}}"#.utf8)
        let (charge, verdict) = Self.charge(route, body)
        #expect(verdict.callClass == .contentBlockedOutput)
        #expect(charge.cost == 40 && charge.source == .usage && charge.billed == .yes)
        let silent = Array(#"{"candidates":[{"finishReason":"IMAGE_SAFETY"}]}"#.utf8)
        #expect(Self.charge(route, silent).0.billed == .possible)
    }

    @Test func `what fails at OpenRouter is free, as its terms say`() {
        let route = OpenRouterTests.route("microsoft/mai-image-2.6")
        for (status, body) in [(200, #"{"created":0,"data":[]}"#), (502, #"{"error":{"code":502,"message":"x"}}"#)] {
            let (charge, _) = Self.charge(route, Array(body.utf8), status: status)
            #expect(charge.billed == .no && charge.cost == 0)
        }
        #expect(
            Self.charge(route, [], status: 504).0.billed == .possible, "an answer that was lost may have been drawn")
    }

    @Test func `a price that the operator states for every picture is the price`() {
        var route = OpenAIFamilyTests.route(.openAI, "gpt-image-2")
        var prices = CapabilityOverride.Prices()
        prices.image = 0
        route.override.prices = prices
        let body = Self.answer(route, usage: #"{"output_tokens":7024}"#)
        let head = AnswerHead(status: 200, headers: [:], bodyBytes: body.count)
        let (verdict, _) = route.adapter(endpoint: "https://x.example", key: nil).read(head, body: body)
        let charge = Charge(verdict.bill, billed: .yes, drew: true, estimate: 0, of: route.capability)
        #expect(charge.cost == 0 && !charge.isDoubted)
    }
}

/// A small generator that a seed makes repeatable (SplitMix64).
struct SplitMix {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite struct EstimateTests {
    private func estimate(_ route: Route, _ quality: String?, _ size: String) throws -> Int64 {
        var spec = JobSpec(prompt: "a boat")
        spec.quality = quality
        if case .box(let box)? = OutputSize(size) { spec.size = box }
        return try CallPlan(spec, on: route, references: []).estimate
    }

    @Test(arguments: [
        // Published dollars of gpt-image-2, from the price pages of OpenAI and of resellers at list price.
        ("gpt-image-2", "high", "1024x1024", 0.211), ("gpt-image-2", "high", "1024x1536", 0.165),
        ("gpt-image-2", "high", "1536x1024", 0.165), ("gpt-image-2", "high", "3840x2160", 0.4003),
        ("gpt-image-2", "medium", "1024x1024", 0.053), ("gpt-image-2", "medium", "1024x1536", 0.041),
        ("gpt-image-2.5-flare", "high", "1024x1024", 0.053), ("gpt-image-2.5-flare", "xhigh", "1024x1024", 0.094),
        ("gpt-image-2.5-flare", "max", "1024x1024", 0.211),
    ])
    func `an estimate comes within a few percent of the published price`(
        family: String, quality: String, size: String, dollars: Double
    ) throws {
        let estimate = try estimate(OpenAIFamilyTests.route(.openAI, family), quality, size)
        let bound = quality == "medium" ? 0.045 : 0.012
        #expect(abs(Double(estimate) / 1_000_000 / dollars - 1) < bound, "\(estimate)")
    }

    @Test func `max_cost no longer refuses a tall picture that costs less`() throws {
        var spec = JobSpec(prompt: "a boat")
        spec.quality = "high"
        spec.size = PixelSize(width: 1024, height: 1536)
        spec.maxCost = 200_000
        let plan = try CallPlan(spec, on: OpenAIFamilyTests.route(.openAI, "gpt-image-2"), references: [])
        #expect(plan.estimate <= 166_000)
    }
}
