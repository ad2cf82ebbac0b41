import Documents
import Domain
import Providers
import Settings
import Simulator
import Testing
import Transport

@Suite struct ContractTests {
    static let providers: [Route.Provider] = [.microsoftMAI, .openAI, .azureOpenAI, .googleGemini, .openRouter]

    @Test(arguments: providers, [false, true])
    func `what an adapter sends is understood, and what comes back is read`(provider: Route.Provider, isEdit: Bool)
        async throws
    {
        let service = try Service(needsKey: true)
        let (verdict, answer, _) = try await service.call(provider, isEdit: isEdit)
        #expect(verdict?.callClass == .success && verdict?.requestID?.dropFirst(3).first == "-")
        #expect(identify(answer?.pictures.first) && verdict?.bill?.usage != nil)
        #expect(service.ledger.map { $0["event"]?.string } == ["accepted", "answered"])
        #expect(service.ledger.first?["kind"]?.string == (isEdit ? "edit" : "generate"))
        #expect(service.ledger.first?["provider"]?.string == provider.rawValue)
        #expect(service.ledger.last?["billed"]?.bool == true)
        await service.stop()
    }

    @Test(
        arguments: [
            (Route.Provider.azureOpenAI, "2025-04-01-preview"), (.googleGemini, "v1"), (.googleGemini, "v1beta"),
        ],
        [false, true])
    func `what an adapter sends for a version of the API is understood`(
        route: (provider: Route.Provider, version: String), isEdit: Bool
    ) async throws {
        let service = try Service(needsKey: true)
        let verdict = try await service.call(route.provider, isEdit: isEdit, version: route.version).verdict
        #expect(verdict?.callClass == .success)
        #expect(service.ledger.first?["model"]?.string == Service.route(route.provider).deployment)
        await service.stop()
    }

    @Test(arguments: [Route.Provider.openAI, .azureOpenAI])
    func `a mask is a PNG with alpha, as large as the first image`(provider: Route.Provider) async throws {
        let hole = Base64.decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII=")
        let wide = Base64.decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAYAAAD0In+KAAAAC0lEQVR42mNggAIAAAkAAWj2z04AAAAASUVORK5CYII=")
        for (mask, isTaken) in [(hole, true), (wide, false), (Service.pixel, false)] {
            let service = try Service()
            let verdict = try await service.call(provider, isEdit: true, mask: mask).verdict
            #expect(verdict?.callClass == (isTaken ? .success : .invalidRequest))
            #expect((service.ledger.first?["mask"]?.string?.count == 64) == isTaken)
            await service.stop()
        }
    }

    @Test(arguments: [
        ("{ billed: true }", true), ("{ reset: 'within', billed: false }", false), ("{ close: 'within' }", true),
    ])
    func `OpenRouter tells afterwards what became of a request, by the id of its head`(fault: String, isBilled: Bool)
        async throws
    {
        let service = try Service(faults: "[{ answer: \(fault) }]", needsKey: true)
        let result = try await service.call(.openRouter, isEdit: false).result
        let head: AnswerHead? =
            switch result {
            case .answered(let head): head
            case .unknown(let fault), .notSent(let fault): fault.head
            }
        let adapter = try #require(service.adapter(Service.route(.openRouter)) as? any Reconciling)
        let answered = try #require(head)
        let id = try #require(adapter.generation(answered))
        let (found, body) = await service.exchange(try #require(adapter.lookUp(id)))
        guard case .answered(let told) = found else {
            Issue.record("the look-up failed: \(found)")
            return
        }
        switch adapter.end(told, body: body) {
        case .billed(let cost): #expect(isBilled && cost > 0)
        case .free: #expect(!isBilled)
        case nil: Issue.record("it is not known")
        }
        let (other, _) = await service.exchange(try #require(adapter.lookUp("gen-other")))
        guard case .answered(let head) = other else { return }
        #expect(head.status == 404)
        await service.stop()
    }

    private func identify(_ picture: AnswerPicture?) -> Bool {
        guard case .bytes(let bytes) = picture else { return false }
        return bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
    }

    @Test(arguments: providers, Refusal.allCases)
    func `a refusal reads as the class that it stands for`(provider: Route.Provider, refusal: Refusal) async throws {
        let service = try Service(faults: "[{ answer: { refuse: '\(refusal.rawValue)' } }]")
        let verdict = try await service.call(provider, isEdit: false).verdict
        let wanted = refusal == .accountBlocked && provider == .openAI ? Refusal.permission : refusal
        #expect(verdict?.callClass.rawValue == wanted.rawValue)
        #expect(service.ledger.last?["fault"]?.string == "rule-1")
        await service.stop()
    }

    static let bodies: [(path: String, body: String, header: String)] = [
        ("/mai/v1/images/generations", #"{"model":"m","prompt":"p""#, "api-key"),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p""#, "Authorization"),
        ("/openai/v1/images/generations", #"{"model":"d","prompt":"p""#, "api-key"),
        (
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]}],"generationConfig":{"responseModalities":["IMAGE"]}"#,
            "x-goog-api-key"
        ),
        ("/api/v1/images", #"{"model":"google/gemini-3-pro-image","prompt":"p""#, "Authorization"),
    ]

    @Test(arguments: bodies)
    func `an unknown field and a missing key are refused`(path: String, body: String, header: String) async throws {
        let service = try Service(needsKey: true)
        let key = [(header, "Bearer k")]
        #expect(await service.post(path, body + "}", headers: key).status == 200)
        #expect(await service.post(path, body + "}").status == 401)
        let answer = await service.post(path, body + #","negative_prompt":"x"}"#, headers: key)
        #expect(answer.status == 400 && answer.text.contains("negative_prompt"))
        #expect(await service.post(path, "{", headers: key).status == 400)
        #expect(service.ledger.compactMap { $0["event"]?.string }.filter { $0 == "refused" }.count == 3)
        await service.stop()
    }

    @Test(arguments: [
        ("/mai/v1/images/generations", #"{"model":"m","prompt":"p","width":512}"#),
        ("/mai/v1/images/generations", #"{"model":"m","prompt":"p","width":2064,"height":2048}"#),
        ("/mai/v1/images/generations", #"{"model":"m","prompt":"p","n":1}"#),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","size":"3840x3840"}"#),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","size":"1000x1000"}"#),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","quality":"max"}"#),
        ("/v1/images/generations", #"{"model":"gpt-image-1","prompt":"p"}"#),
        ("/api/v1/images", #"{"model":"google/gemini-3-pro-image","prompt":"p","n":2}"#),
        ("/api/v1/images", #"{"model":"google/gemini-3-pro-image","prompt":"p","resolution":"2K","size":"4K"}"#),
        (
            "/api/v1/images",
            #"{"model":"google/gemini-3-pro-image","prompt":"p","input_references":[{"type":"image_url","#
                + #""image_url":{"url":"data:image/png;base64,bm8gcGljdHVyZQ=="}}]}"#
        ),
        (
            "/v1beta/models/gemini-2.5-flash-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]}],"generationConfig":{"responseModalities":["IMAGE"],"#
                + #""imageConfig":{"imageSize":"2K"}}}"#
        ),
        (
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"},{"inline_data":{"mime_type":"image/jpg","data":"/9j/"}}]}],"#
                + #""generationConfig":{"responseModalities":["IMAGE"]}}"#
        ),
    ])
    func `a size, a value or a picture that a contract does not know is refused`(path: String, body: String)
        async throws
    {
        let service = try Service()
        #expect(await service.post(path, body).status == 400)
        #expect(service.ledger.map { $0["event"]?.string } == ["refused"])
        await service.stop()
    }

    @Test func `a model that is gone and a path that never was are not found`() async throws {
        let service = try Service()
        #expect(await service.post("/v1beta/models/imagen-4:generateContent", "{}").status == 404)
        #expect(await service.post("/api/v1/images", #"{"model":"nobody/nothing","prompt":"p"}"#).status == 404)
        #expect(await service.post("/api/v1/images/generations", "{}").status == 404)
        await service.stop()
    }
}
