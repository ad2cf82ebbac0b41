import Documents
import Testing

/// Answers that name where the picture is, at a path that the simulator serves.
@Suite struct AddressTests {
    private func address(_ seen: Service.Seen) throws -> String {
        let parts = seen.json["candidates"]?[0]?["content"]?["parts"]?.array ?? []
        let found = seen.json["data"]?[0]?["url"] ?? parts.last?["fileData"]?["fileUri"]
        return try #require(found?.string, "\(seen.text)")
    }

    private func isPicture(_ seen: Service.Seen) -> Bool {
        seen.status == 200 && seen.body.starts(with: [0x89, 0x50, 0x4E, 0x47])
            && seen.headers["content-type"] == "image/png"
    }

    @Test func `each service gives an address, and the picture is there without a key`() async throws {
        let service = try Service(faults: "[{ answer: { url: { } } }]")
        for request in AnswerFaultTests.bodies {
            let seen = await service.post(request.path, request.body)
            let address = try address(seen)
            #expect(!seen.text.contains("b64_json") && address.hasPrefix(service.url("/pictures/")))
            for _ in 0..<2 { #expect(isPicture(await service.send("GET", address))) }
        }
        #expect(service.ledger.last?["event"]?.string == "fetched" && service.ledger.last?["has_key"]?.bool == false)
        await service.stop()
    }

    @Test func `only the whole address works, and a key that came with it is noted`() async throws {
        let service = try Service(faults: "[{ answer: { url: { } } }]")
        let address = try address(await service.post(AnswerFaultTests.bodies[1].path, AnswerFaultTests.bodies[1].body))
        let path = try #require(address.split(separator: "?").first)
        #expect(await service.send("GET", String(path)).status == 403)
        #expect(await service.get("/pictures/none?sig=x").status == 404)
        #expect(isPicture(await service.send("GET", address, headers: [("Authorization", "Bearer k")])))
        #expect(service.ledger.last?["has_key"]?.bool == true)
        await service.stop()
    }

    @Test func `a fetch is sent on as often as the script says`() async throws {
        let service = try Service(faults: "[{ answer: { url: { redirects: 2 } } }]")
        var next = try address(await service.post(AnswerFaultTests.bodies[1].path, AnswerFaultTests.bodies[1].body))
        for _ in 0..<2 {
            let seen = await service.send("GET", next)
            #expect(seen.status == 302)
            next = service.url(try #require(seen.headers["location"]))
        }
        #expect(isPicture(await service.send("GET", next)))
        await service.stop()
    }

    @Test func `a fetch fails as often as the script says, then brings the picture`() async throws {
        let service = try Service(
            faults: """
                [ { times: 1, answer: { url: { times: 2, answer: { status: 503, body: "later" } } } },
                  { times: 1, answer: { url: { answer: { redirect: "http://169.254.169.254/" } } } },
                  { times: 1, answer: { url: { answer: { content_type: "text/html", reset: "before" } } } } ]
                """)
        let (path, body) = (AnswerFaultTests.bodies[1].path, AnswerFaultTests.bodies[1].body)
        let busy = try address(await service.post(path, body))
        for _ in 0..<2 {
            let seen = await service.send("GET", busy)
            #expect(seen.status == 503 && seen.text == "later")
        }
        #expect(isPicture(await service.send("GET", busy)))
        let away = await service.send("GET", try address(await service.post(path, body)))
        #expect(away.status == 307 && away.headers["location"] == "http://169.254.169.254/")
        #expect(await service.send("GET", try address(await service.post(path, body))).status == nil)
        await service.stop()
    }

    @Test(arguments: [("localhost", true), ("files.example:81", false), ("[::1]", true)])
    func `an address names another host where the script says so`(host: String, keepsPort: Bool) async throws {
        let service = try Service(faults: "[{ answer: { url: { host: '\(host)' } } }]")
        let address = try address(await service.post(AnswerFaultTests.bodies[1].path, AnswerFaultTests.bodies[1].body))
        let port = service.url("").split(separator: ":").last ?? ""
        #expect(address.hasPrefix("http://\(host)" + (keepsPort ? ":\(port)" : "") + "/pictures/"))
        await service.stop()
    }
}
