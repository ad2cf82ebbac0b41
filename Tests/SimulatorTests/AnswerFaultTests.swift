import Documents
import Domain
import Providers
import Settings
import Simulator
import Testing
import Transport

/// What a fault script makes of an answer, as it goes over the wire.
@Suite struct AnswerFaultTests {
    static let bodies: [(provider: Route.Provider, path: String, body: String)] = [
        (.microsoftMAI, "/mai/v1/images/generations", #"{"model":"m","prompt":"p"}"#),
        (.openAI, "/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p"}"#),
        (.azureOpenAI, "/openai/v1/images/generations", #"{"model":"d","prompt":"p"}"#),
        (
            .googleGemini, "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]}],"generationConfig":{"responseModalities":["IMAGE"]}}"#
        ),
        (.openRouter, "/api/v1/images", #"{"model":"google/gemini-3-pro-image","prompt":"p"}"#),
    ]

    /// The text in the place of the picture.
    private func text(_ seen: Service.Seen, at index: Int = 0) -> String? {
        if let entry = seen.json["data"]?[index] { return entry["b64_json"]?.string }
        let parts = seen.json["candidates"]?[index]?["content"]?["parts"]?.array ?? []
        return parts.last { $0["thought"]?.bool != true }?["inlineData"]?["data"]?.string
    }

    private func isPicture(_ bytes: [UInt8]?) -> Bool {
        bytes?.starts(with: [0x89, 0x50, 0x4E, 0x47]) == true && bytes?.suffix(8) == Service.pixel.suffix(8)
    }

    @Test(arguments: bodies, ["base64_lines", "base64_data_url", "base64_unpadded", "base64_url_safe"])
    func `a picture comes in each of the wrappings that services use`(
        request: (provider: Route.Provider, path: String, body: String), spoil: String
    ) async throws {
        let service = try Service(faults: "[{ answer: { spoil: '\(spoil)' } }]")
        let wrapped = try #require(text(await service.post(request.path, request.body)))
        #expect(Base64.decode(wrapped) == nil, "a strict reader does not take it")
        var plain = wrapped.replacing("\r\n", with: "").replacing("data:image/png;base64,", with: "")
        plain = plain.replacing("-", with: "+").replacing("_", with: "/")
        while plain.utf8.count % 4 != 0 { plain += "=" }
        #expect(isPicture(Base64.decode(plain)))
        #expect(spoil != "base64_lines" || wrapped.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
        await service.stop()
    }

    @Test(arguments: bodies)
    func `a picture stands in the second place, or is the body itself`(
        request: (provider: Route.Provider, path: String, body: String)
    ) async throws {
        let service = try Service(
            faults:
                "[{ times: 1, answer: { spoil: 'second_place' } }, { answer: { spoil: 'bare_picture' } }]"
        )
        let second = await service.post(request.path, request.body)
        #expect(text(second) == nil && isPicture(text(second, at: 1).flatMap(Base64.decode)), "\(second.text)")
        let bare = await service.post(request.path, request.body)
        #expect(isPicture(bare.body) && bare.headers["content-type"] == "image/png")
        await service.stop()
    }

    @Test(arguments: bodies)
    func `what is counted is whatever the script says`(request: (provider: Route.Provider, path: String, body: String))
        async throws
    {
        let poisons = [
            "{ output_tokens: 1e30, total_tokens: -9223372036854775808 }", "'many'", "[1, 2]", "null", "-0.5",
            "{ cost: 1e400, cost_details: null }",
        ]
        let rules = poisons.map { "{ times: 1, answer: { usage: \($0) } }" }
        let service = try Service(faults: "[\(rules.joined(separator: ","))]")
        let key = request.provider == .googleGemini ? "usageMetadata" : "usage"
        for poison in poisons {
            let wanted = try JSONParser.parse(Array(poison.utf8), .relaxed)
            let seen = await service.post(request.path, request.body)
            #expect(seen.json[key] == wanted && isPicture(text(seen).flatMap(Base64.decode)), "\(seen.text)")
        }
        await service.stop()
    }

    @Test(arguments: bodies)
    func `an error stands in a success, alone or beside the picture, and with what was counted`(
        request: (provider: Route.Provider, path: String, body: String)
    ) async throws {
        let service = try Service(
            faults: """
                [ { times: 1, answer: { refuse: "server_error", status: 200, usage: { n: 7 } } },
                  { times: 1, answer: { beside: "rate_limited", error: { note: "x" } } } ]
                """)
        let alone = await service.post(request.path, request.body)
        #expect(alone.status == 200 && alone.json["error"]?.members != nil && text(alone) == nil)
        #expect(alone.json[request.provider == .googleGemini ? "usageMetadata" : "usage"]?["n"]?.int == 7)
        let beside = await service.post(request.path, request.body)
        #expect(beside.status == 200 && beside.json["error"]?["note"]?.string == "x")
        #expect(beside.json["error"]?["message"] != nil && isPicture(text(beside).flatMap(Base64.decode)))
        await service.stop()
    }

    @Test func `an answer has any status, any headers and any body`() async throws {
        let service = try Service(
            faults: """
                [ { times: 1, answer: { status: 451, body: { error: { code: "x" } },
                    headers: { "x-should-retry": "false", "Content-Type": "text/plain", "X-Request-ID": "abc" } } },
                  { times: 1, answer: { body: "", content_type: "text/plain" } },
                  { times: 1, answer: { status: 403, content_type: "text/html", body: "<p>Blocked.</p>" } },
                  { times: 1, answer: { redirect: "https://elsewhere.example/x", status: 302 } },
                  { times: 1, answer: { refuse: "overloaded", headers: { "x-request-id": "own" } } } ]
                """)
        let (path, body) = (Self.bodies[1].path, Self.bodies[1].body)
        let first = await service.post(path, body)
        #expect(first.status == 451 && first.text == #"{"error":{"code":"x"}}"#)
        #expect(first.headers["x-should-retry"] == "false" && first.headers["x-request-id"] == "abc")
        #expect(first.headers["content-type"] == "text/plain")
        let empty = await service.post(path, body)
        #expect(empty.status == 200 && empty.body.isEmpty)
        let page = await service.post(path, body)
        #expect(page.status == 403 && page.text == "<p>Blocked.</p>" && page.headers["content-type"] == "text/html")
        let away = await service.post(path, body)
        #expect(away.status == 302 && away.headers["location"] == "https://elsewhere.example/x")
        let busy = await service.post(path, body)
        #expect(busy.status == 503 && busy.headers["x-request-id"] == "own")
        await service.stop()
    }

    @Test func `no body and an event stream are answers too`() async throws {
        let service = try Service(
            faults: "[{ times: 1, answer: { spoil: 'empty' } }, { answer: { spoil: 'event_stream' } }]")
        let (path, body) = (Self.bodies[1].path, Self.bodies[1].body)
        let empty = await service.post(path, body)
        #expect(empty.status == 200 && empty.body.isEmpty && empty.headers["content-type"] == "application/json")
        let stream = await service.post(path, body)
        #expect(stream.headers["content-type"] == "text/event-stream")
        let lines = stream.text.split(separator: "\n")
        #expect(lines.first == "event: image_generation.completed" && lines.last == "data: [DONE]")
        let data = try JSONParser.parse(Array(lines[1].dropFirst("data: ".count).utf8))
        #expect(isPicture(data["data"]?[0]?["b64_json"]?.string.flatMap(Base64.decode)))
        await service.stop()
    }

    @Test func `OpenRouter's reasons stand where it puts them`() async throws {
        let service = try Service(
            faults: """
                [ { answer: { refuse: "invalid_request", error: {
                      metadata: { error_type: "content_policy_violation", raw: "{\\"error\\":{\\"code\\":\\"moderation_blocked\\"}}" },
                      availability: { code: "model_not_found" } } } } ]
                """)
        let seen = await service.post(Self.bodies[4].path, Self.bodies[4].body)
        let error = try #require(seen.json["error"])
        #expect(seen.status == 400 && error["code"]?.int == 400)
        #expect(error["metadata"]?["error_type"]?.string == "content_policy_violation")
        #expect(error["metadata"]?["raw"]?.string?.contains("moderation_blocked") == true)
        #expect(error["availability"]?["code"]?.string == "model_not_found")
        await service.stop()
    }

    @Test func `OpenRouter's answer without a picture has a list without one`() async throws {
        let service = try Service(faults: "[{ answer: { refuse: 'no_image_returned' } }]")
        let seen = await service.post(Self.bodies[4].path, Self.bodies[4].body)
        #expect(seen.status == 200 && seen.json["data"]?.array == [] && seen.json["created"]?.int != nil)
        await service.stop()
    }

    @Test(arguments: bodies)
    func `every refusal names its request, as far as the service does`(
        request: (provider: Route.Provider, path: String, body: String)
    ) async throws {
        let service = try Service(faults: "[{ answer: { refuse: 'auth' } }]")
        let names = ["x-ms-request-id", "x-request-id", "apim-request-id", "x-generation-id"]
        let seen = await service.post(request.path, request.body)
        let isNamed = names.contains { seen.headers[$0]?.isEmpty == false }
        #expect(isNamed == (request.provider != .googleGemini))
        await service.stop()
    }
}
