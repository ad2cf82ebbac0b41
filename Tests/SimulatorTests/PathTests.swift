import Documents
import Testing
import Transport

/// Where the services are reached, in which versions, and in whose words a path that is none is refused.
@Suite struct PathTests {
    static let pictures: [(path: String, body: String)] = [
        ("/v1beta/models/gemini-3-pro-image:generateContent", #"{"contents":[{"parts":[{"text":"p"}]}]}"#),
        ("/v1/models/gemini-3-pro-image:generateContent", #"{"contents":[{"parts":[{"text":"p"}]}]}"#),
        ("/v1/models/gemini%2D3-pro-image:generateContent", #"{"contents":[{"parts":[{"text":"p"}]}]}"#),
        ("/openai/v1/images/generations?api-version=preview", #"{"model":"d","prompt":"p"}"#),
        ("/openai/deployments/d/images/generations?api-version=2025-04-01-preview", #"{"prompt":"p"}"#),
        ("/openai/deployments/my%2Eimg/images/generations?x=1&api-version=2024-10-21", #"{"prompt":"p"}"#),
        ("/openai/deployments/d/images/generations?api-version=2025-04-01-preview", #"{"prompt":"p","model":"other"}"#),
    ]

    @Test(arguments: pictures)
    func `a service is reached at each of its paths`(path: String, body: String) async throws {
        let service = try Service()
        #expect(await service.post(path, body).status == 200)
        #expect(service.ledger.map { $0["event"]?.string } == ["accepted", "answered"])
        await service.stop()
    }

    @Test func `on the classic path of Azure the deployment is the model`() async throws {
        let service = try Service()
        let path = "/openai/deployments/my%2Eimg/images/edits?api-version=2025-04-01-preview"
        let seen = await service.form(
            path, [.init(name: "prompt", text: "p"), .init(name: "image", content: Service.pixel)])
        #expect(seen.status == 200)
        #expect(service.ledger.first?["model"]?.string == "my.img" && service.ledger.first?["kind"]?.string == "edit")
        #expect(service.ledger.first?["provider"]?.string == "azure-openai")
        await service.stop()
    }

    @Test(arguments: [("api-key", "k"), ("Authorization", "Bearer k")])
    func `Azure takes a key and a token, at both of its paths`(header: String, value: String) async throws {
        let service = try Service(needsKey: true)
        for path in [
            "/openai/v1/images/generations", "/openai/deployments/d/images/generations?api-version=2024-10-21",
        ] {
            let body = #"{"model":"d","prompt":"p"}"#
            #expect(await service.post(path, body, headers: [(header, value)]).status == 200)
            #expect(await service.post(path, body).status == 401)
        }
        await service.stop()
    }

    @Test(arguments: [
        ("/openai/deployments/d/images/generations", 404),
        ("/openai/deployments/d/images/generations?api-version=v1", 400),
        ("/openai/v1/images/generations?api-version=2024-10-21", 400),
    ])
    func `Azure refuses a version that a path does not have`(path: String, status: Int) async throws {
        let service = try Service()
        let seen = await service.post(path, #"{"model":"d","prompt":"p"}"#)
        #expect(seen.status == status && seen.json["error"]?["message"]?.string != nil)
        await service.stop()
    }

    @Test(arguments: [
        ("/v1beta/models/gemini-3-pro-image:predict", "status", "NOT_FOUND"),
        ("/v1/models/gemini-3-pro-image:streamGenerateContent", "status", "NOT_FOUND"),
        ("/v1beta/interactions", "status", "NOT_FOUND"), ("/api/v1/chat/completions", "code", "404"),
        ("/api/v1/images/generations", "code", "404"), ("/v1/images/variations", "type", "invalid_request_error"),
        ("/v1/images/variations", "code", "unknown_url"),
        ("/openai/deployments/d/chat/completions", "code", "404"),
        ("/mai/v1/images/variations", "code", "404"),
    ])
    func `a path that is none is refused in the words of the service that owns its beginning`(
        path: String, key: String, word: String
    ) async throws {
        let service = try Service()
        let seen = await service.post(path, "{}")
        let value = seen.json["error"]?[key]
        #expect(seen.status == 404 && (value?.string ?? value?.int.map(String.init)) == word, "\(seen.text)")
        #expect(seen.json["error"]?["message"]?.string?.contains(path) == true)
        await service.stop()
    }

    @Test func `the key tells whose path it is that two services have`() async throws {
        let service = try Service(needsKey: true)
        let openAI = await service.get("/v1/models", headers: [("Authorization", "Bearer k")])
        #expect(openAI.json["object"]?.string == "list")
        #expect(openAI.json["data"]?.array?.contains { $0["id"]?.string == "gpt-image-2" } == true)
        let google = await service.get("/v1/models", headers: [("x-goog-api-key", "k")])
        #expect(google.json["models"]?[0]?["name"]?.string == "models/gemini-nano-banana-2.1")
        #expect(await service.get("/v1beta/models", headers: [("x-goog-api-key", "k")]).json == google.json)
        let router = await service.get("/api/v1/images/models", headers: [("Authorization", "Bearer k")])
        #expect(router.json["data"]?.array?.contains { $0["id"]?.string == "microsoft/mai-image-2.7" } == true)
        #expect(await service.get("/v1/models").status == 401)
        #expect(await service.get("/v1beta/models").status == 401)
        await service.stop()
    }

    @Test func `a model is shown by its name, and one that is not there is not found`() async throws {
        let service = try Service()
        #expect(await service.get("/v1/models/gpt-image-2").json["object"]?.string == "model")
        #expect(await service.get("/v1beta/models/gemini-3-pro-image").json["version"]?.string == "1")
        #expect(await service.get("/v1/models/gpt-4").status == 404)
        #expect(await service.get("/v1beta/models/imagen-4").status == 404)
        #expect(await service.get("/openai/v1/models").status == 200)
        #expect(service.ledger.compactMap { $0["event"]?.string } == ["refused", "refused"])
        await service.stop()
    }
}
