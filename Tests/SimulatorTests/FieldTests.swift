import Documents
import Providers
import Testing
import Transport

/// What official clients send beside the prompt is taken, and comes back where the service repeats it.
@Suite struct FieldTests {
    static let taken: [(path: String, body: String)] = [
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","stream":false,"partial_images":0}"#),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","user":"u","safety_identifier":""}"#),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","quality":null,"n":null}"#),
        (
            "/v1/images/generations",
            #"{"model":"gpt-image-2","prompt":"p","output_format":"webp","output_compression":0}"#
        ),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","output_compression":100}"#),
        (
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"role":"user","parts":[{"text":"p"}]}],"systemInstruction":{"parts":[{"text":"s"}]},"#
                + #""generationConfig":{"temperature":0.5,"seed":-7,"candidateCount":1,"topP":0.9,"topK":40}}"#
        ),
        (
            "/v1/models/gemini-3.1-flash-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]}],"generation_config":{"response_modalities":["IMAGE","TEXT"],"#
                + #""image_config":{"aspect_ratio":"8:1","image_size":"512"}}}"#
        ),
        (
            "/v1beta/models/gemini-nano-banana-2.1:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]}],"generationConfig":{"imageConfig":{"aspectRatio":"1:4"}}}"#
        ),
        (
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"role":"user","parts":[{"text":"p"}]},{"role":"model","parts":[{"thought":true,"text":"t"},"#
                + #"{"inlineData":{"mimeType":"image/png","data":"PIXEL"},"thoughtSignature":"c2ln"}]},"#
                + #"{"role":"user","parts":[{"text":"make it night"}]}]}"#
        ),
        ("/api/v1/images", #"{"model":"openai/gpt-image-2","prompt":"p","user":"u","session_id":"s","quality":"max"}"#),
        ("/api/v1/images", #"{"model":"x-ai/grok-imagine","prompt":"p","resolution":"1.5K","aspect_ratio":"2:1"}"#),
        ("/api/v1/images", #"{"model":"google/gemini-3-pro-image","prompt":"p","resolution":"768","stream":true}"#),
        ("/api/v1/images", #"{"model":"black-forest-labs/flux.2-pro","prompt":"p","output_format":"jpeg","seed":7}"#),
    ]

    @Test(arguments: taken)
    func `what a client of the service sends is taken`(path: String, body: String) async throws {
        let service = try Service()
        let pixel = String(decoding: Base64.encode(Service.pixel), as: UTF8.self)
        let seen = await service.post(path, body.replacing("PIXEL", with: pixel))
        #expect(seen.status == 200, "\(seen.text)")
        await service.stop()
    }

    static let refused: [(path: String, body: String, parameter: String?)] = [
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","stream":true}"#, "stream"),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","output_format":"svg"}"#, "output_format"),
        (
            "/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","output_compression":50}"#,
            "output_compression"
        ),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","input_fidelity":"high"}"#, "input_fidelity"),
        ("/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","response_format":"url"}"#, "response_format"),
        ("/v1/images/generations", #"{"model":"gpt-image-2"}"#, "prompt"),
        (
            "/v1/images/generations",
            #"{"model":"gpt-image-2.6-flare","prompt":"p","output_format":"jpeg","background":"transparent"}"#,
            "background"
        ),
        ("/openai/v1/images/generations", #"{"model":"d","prompt":"p","output_format":"webp"}"#, "output_format"),
        (
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]}],"generationConfig":{"imageConfig":{"aspectRatio":"4:1"}}}"#, nil
        ),
        (
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]}],"generationConfig":{"candidateCount":2}}"#, nil
        ),
        (
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"parts":[{"text":"p"}]},{"role":"model","parts":[{"text":"q"}]}]}"#, nil
        ),
        ("/api/v1/images", #"{"model":"openai/gpt-image-2","prompt":"p","stream":true}"#, nil),
        ("/api/v1/images", #"{"model":"openai/gpt-image-2","prompt":"p","output_format":"svg"}"#, nil),
    ]

    @Test(arguments: refused)
    func `what the simulator does not do is refused by name`(path: String, body: String, parameter: String?)
        async throws
    {
        let service = try Service()
        let seen = await service.post(path, body)
        #expect(seen.status == 400)
        #expect(parameter == nil || seen.json["error"]?["param"]?.string == parameter, "\(seen.text)")
        await service.stop()
    }

    @Test func `OpenAI's answer repeats what was asked for`() async throws {
        let service = try Service()
        let asked = await service.post(
            "/v1/images/generations",
            #"{"model":"gpt-image-2.6-flare","prompt":"p","size":"1536x864","quality":"max","background":"transparent","#
                + #""output_format":"webp","user":"u-1"}"#)
        for (key, value) in [
            ("size", "1536x864"), ("quality", "max"), ("background", "transparent"), ("output_format", "webp"),
            ("safety_identifier", "u-1"),
        ] {
            #expect(asked.json[key]?.string == value)
        }
        #expect(try #require(asked.json["created"]?.int) > 1_700_000_000)
        #expect(asked.headers["x-request-id"]?.isEmpty == false)
        let plain = await service.post(
            "/v1/images/generations", #"{"model":"gpt-image-2","prompt":"p","quality":"auto","background":"auto"}"#)
        for (key, value) in [("size", "1024x1024"), ("quality", "high"), ("background", "opaque")] {
            #expect(plain.json[key]?.string == value)
        }
        #expect(plain.json["safety_identifier"] == nil)
        await service.stop()
    }

    @Test(arguments: [
        (#"{"model":"gpt-image-2","prompt":"p","x":1}"#, 400, "invalid_request_error", "unknown_parameter", "x"),
        (#"{"model":"gpt-image-2","prompt":"p","size":"9x9"}"#, 400, "invalid_request_error", "invalid_value", "size"),
        (#"{"model":"gpt-image-2"}"#, 400, "invalid_request_error", "missing_required_parameter", "prompt"),
        (#"{"model":"dall-e-3","prompt":"p"}"#, 400, "image_generation_user_error", "invalid_value", "model"),
    ])
    func `OpenAI's errors name their kind, their field and the request`(
        body: String, status: Int, type: String, code: String, parameter: String
    ) async throws {
        let service = try Service()
        let seen = await service.post("/v1/images/generations", body)
        let error = try #require(seen.json["error"])
        #expect(seen.status == status && error["type"]?.string == type)
        #expect(error["code"]?.string == code && error["param"]?.string == parameter)
        #expect(seen.headers["x-request-id"]?.isEmpty == false)
        await service.stop()
    }

    @Test(arguments: [nil, "application/octet-stream", "image/png"] as [String?], [nil, "upload"] as [String?])
    func `a file that says nothing of itself is known by its content`(type: String?, name: String?) async throws {
        let service = try Service()
        let image = FormPart(name: "image", content: Service.pixel, fileName: name, contentType: type)
        let fields = [FormPart(name: "model", text: "gpt-image-2"), FormPart(name: "prompt", text: "p")]
        let taken = await service.form("/v1/images/edits", fields + [FormPart(name: "stream", text: "false"), image])
        #expect(taken.status == 200, "\(taken.text)")
        let text = FormPart(name: "image", content: Array("no picture".utf8), fileName: name, contentType: type)
        #expect(await service.form("/v1/images/edits", fields + [text]).status == 400)
        let lie = FormPart(name: "image", content: Service.pixel, fileName: name, contentType: "image/jpeg")
        #expect(await service.form("/v1/images/edits", fields + [lie]).status == 400)
        await service.stop()
    }

    @Test func `Google takes base64 in both alphabets, padded or not`() async throws {
        // The letters that the alphabets differ in stand for the bytes of a chunk that readers pass over.
        let chunk: [UInt8] = [0, 0, 0, 7] + Array("prVt".utf8) + [0, 0xFB, 0xFF, 0xBF, 0xFB, 0xFF, 0xBF]
        var picture = Service.pixel
        picture.insert(contentsOf: chunk + Self.checksum(Array(chunk.dropFirst(4))), at: 33)
        let standard = String(decoding: Base64.encode(picture), as: UTF8.self)
        #expect(standard.contains("+") && standard.contains("/"))
        let texts = [
            standard, standard.replacing("+", with: "-").replacing("/", with: "_"),
            standard.replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_"),
        ]
        let service = try Service()
        for text in texts {
            let seen = await service.post(
                "/v1/models/gemini-3-pro-image:generateContent",
                #"{"contents":[{"parts":[{"text":"p"},{"inlineData":{"mimeType":"image/png","data":"\#(text)"}}]}]}"#)
            #expect(seen.status == 200, "\(seen.text)")
        }
        await service.stop()
    }

    /// The check of a PNG's chunk (ISO 3309).
    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: ~value >> (24 - 8 * UInt32($0))) }
    }

    @Test func `a chat shows the model what it drew, and its thoughts are not drawn from`() async throws {
        let service = try Service()
        let pixel = String(decoding: Base64.encode(Service.pixel), as: UTF8.self)
        let picture = #"{"inlineData":{"mimeType":"image/png","data":"\#(pixel)"}"#
        let seen = await service.post(
            "/v1beta/models/gemini-3-pro-image:generateContent",
            #"{"contents":[{"role":"user","parts":[{"text":"a boat"}]},{"role":"model","parts":["#
                + picture + #","thought":true},"# + picture + #"}]},{"role":"user","parts":[{"text":"at night"}]}]}"#)
        #expect(seen.status == 200, "\(seen.text)")
        #expect(service.ledger.first?["references"]?.array?.count == 1)
        #expect(service.ledger.first?["kind"]?.string == "edit")
        await service.stop()
    }

    @Test(arguments: [
        ("aspect_ratio\":\"2:1", "1456x720"), ("resolution\":\"768", "768x768"), ("resolution\":\"1.5K", "1536x1536"),
        ("aspect_ratio\":\"8:1", "3072x384"), ("size\":\"2K", "2048x2048"),
    ])
    func `OpenRouter's ratios and tiers come to pixels`(field: String, size: String) async throws {
        let service = try Service()
        let body = #"{"model":"google/gemini-3.1-flash-image","prompt":"p","\#(field)"}"#
        #expect(await service.post("/api/v1/images", body).status == 200)
        #expect(service.ledger.first?["size"]?.string == size)
        await service.stop()
    }
}
