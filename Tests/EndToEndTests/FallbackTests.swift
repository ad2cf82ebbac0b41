import Foundation
import HTTPServer
import Support
import Testing

/// An explicit second route, against two services of the test's own.
@Suite(.serialized) struct FallbackTests {
    /// A route `mai` that falls back to `second`, each at a service of its own.
    private func spool(
        _ first: Provider, _ second: Provider, to provider: String = "openai", route: String = "", more: String = ""
    ) throws -> TestSpool {
        try TestSpool(
            "fallback",
            config: """
                { spool: "SPOOL",
                  models: { default: "mai",
                    mai: { provider: "microsoft-mai", endpoint: "http://127.0.0.1:\(first.port)",
                           \(Provider.models["microsoft-mai"] ?? ""), key: { env: "TEST_MAI_KEY" },
                           requests_per_minute: 6000, fallback: "second", \(route) },
                    second: { provider: "\(provider)", endpoint: "http://127.0.0.1:\(second.port)",
                              \(Provider.models[provider] ?? ""), key: { env: "TEST_MAI_KEY" }, concurrency: 1 } },
                  disk: { min_free: "1MB" }, \(more) }
                """)
    }

    private func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
    }

    private func drop(_ spool: TestSpool, _ id: String = "j", _ more: String = "") throws {
        try spool.drop(id, manifest: #"{"prompt":"a mill","id":"\#(id)","output":{"size":"native"}\#(more)}"#)
    }

    private func attempts(_ spool: TestSpool, _ outcome: String, _ job: String = "j") throws -> [[String: Any]] {
        try #require(try spool.status(outcome, job)["attempts"] as? [[String: Any]])
    }

    private func events(_ spool: TestSpool, _ job: String = "j") async throws -> [[String: Any]] {
        try #require(try await spool.darkroom("show", job, "--json").json["events"] as? [[String: Any]])
    }

    @Test(arguments: [
        (401, "", "auth"), (404, "", "model_not_found"), (403, "", "permission"),
        (429, "insufficient_quota", "quota_exhausted"),
    ])
    func `a route that can not serve at no cost hands the output to its fallback, and all say so`(
        status: Int, code: String, callClass: String
    ) async throws {
        let first = try Provider { _, _ in .error(status, code) }
        let second = try Provider()
        let spool = try spool(first, second)
        try drop(spool)
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(first.requests.count == 1 && second.requests.count == 1)
        let attempts = try attempts(spool, "done")
        #expect(attempts.map { $0["route"] as? String } == ["mai", "second"])
        #expect(attempts.map { $0["class"] as? String } == [callClass, "success"])
        #expect(attempts.map { $0["billed"] as? String } == ["no", "yes"])
        #expect(attempts.map { $0["fallback_from"] as? String } == [nil, "mai"])
        let model = try #require(try spool.json("done/j/j-1.png.json")["model"] as? [String: Any])
        #expect(model["provider"] as? String == "openai" && model["route"] as? String == "second")
        #expect(model["model"] as? String == "gpt-image-2" && model["fallback_from"] as? String == "mai")
        let fell = try #require(try await events(spool).first { $0["event"] as? String == "call.fell_back" })
        #expect(fell["from"] as? String == "mai" && fell["to"] as? String == "second")
        #expect(fell["reason"] as? String == callClass)
        await first.stop()
        await second.stop()
    }

    @Test func `a paused route is not asked again, and the next jobs go to the fallback at once`() async throws {
        let first = try Provider { _, _ in .error(401) }
        let second = try Provider()
        let spool = try spool(first, second, route: "concurrency: 1")
        for id in ["a", "b", "c"] { try drop(spool, id) }
        #expect(try await drain(spool).code == 0)
        #expect(first.requests.count == 1 && second.requests.count == 3)
        let all = try ["a", "b", "c"].map { try attempts(spool, "done", $0) }
        #expect(all.allSatisfy { $0.last?["fallback_from"] as? String == "mai" })
        #expect(try await spool.darkroom("status").out.contains("paused: auth"))
        await first.stop()
        await second.stop()
    }

    @Test(arguments: [
        (400, "content_safety_violation", "failed", "content_blocked_output"),
        (400, "unsupported_request_value", "failed", "invalid_request"),
        (500, "", "failed", "server_error"), (504, "", "held", "outcome_unknown"),
    ])
    func `nobody else is asked after a refusal of content, or where something may have been paid`(
        status: Int, code: String, outcome: String, reason: String
    ) async throws {
        let first = try Provider { _, _ in .error(status, code) }
        let second = try Provider()
        let spool = try spool(first, second)
        try drop(spool)
        #expect(try await drain(spool).code == 1)
        #expect(second.requests.isEmpty)
        #expect((try spool.status(outcome, "j")["reason"] as? [String: Any])?["code"] as? String == reason)
        await first.stop()
        await second.stop()
    }

    @Test func `after a server error that may have been paid a refused key changes nothing`() async throws {
        let first = try Provider { number, _ in .error(number == 1 ? 500 : 401) }
        let second = try Provider()
        let spool = try spool(first, second)
        try drop(spool)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == "auth" && second.requests.isEmpty)
        await first.stop()
        await second.stop()
    }

    @Test func `a model that is gone is asked once, and those who have no other way still fail`() async throws {
        let first = try Provider { _, _ in .error(404) }
        let second = try Provider()
        let spool = try spool(first, second, route: "concurrency: 1")
        for id in ["a", "b"] { try drop(spool, id) }
        #expect(try await drain(spool).code == 0)
        #expect(first.requests.count == 1 && second.requests.count == 2)
        #expect(try await spool.darkroom("status").out.contains("paused: model_not_found, until 2"))
        try drop(spool, "c", #","parameters":{"web_grounding":false}"#)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("c").code == "model_not_found" && second.requests.count == 2)
        await first.stop()
        await second.stop()
    }

    @Test func `a simulated picture that stands in says that it is one`() async throws {
        let first = try Provider { _, _ in .error(401) }
        let spool = try spool(first, first)
        let text = try String(contentsOfFile: spool.config ?? "", encoding: .utf8)
        let start = try #require(text.range(of: "second: {"))
        let end = try #require(text.range(of: "} },\n", range: start.upperBound..<text.endIndex))
        try text.replacingCharacters(
            in: start.lowerBound..<end.upperBound, with: "second: { provider: \"simulator\" } },\n"
        )
        .write(toFile: spool.config ?? "", atomically: true, encoding: .utf8)
        try drop(spool)
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(try spool.status("done", "j")["simulated"] as? Bool == true)
        let sidecar = try spool.json("done/j/j-1.png.json")
        let model = sidecar["model"] as? [String: Any]
        #expect(sidecar["simulated"] as? Bool == true && model?["provider"] as? String == "simulator")
        #expect(model?["fallback_from"] as? String == "mai")
        await first.stop()
    }

    @Test func `a service that stays overloaded is given up after its tries`() async throws {
        let first = try Provider { _, _ in .error(503, headers: [("Retry-After", "0")]) }
        let second = try Provider()
        let spool = try spool(first, second)
        try drop(spool)
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(first.requests.count == 6 && second.requests.count == 1)
        await first.stop()
        await second.stop()
    }

    @Test func `what can not be reached is given up after its tries, and nothing was paid`() async throws {
        let first = try Provider()
        let second = try Provider()
        let spool = try spool(first, second)
        await first.stop()
        try drop(spool)
        // Backing off between the tries takes up to a minute.
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        let attempts = try attempts(spool, "done")
        #expect(attempts.dropLast().allSatisfy { $0["class"] as? String == "not_sent" } && attempts.count == 7)
        #expect(attempts.last?["fallback_from"] as? String == "mai" && second.requests.count == 1)
        await second.stop()
    }

    @Test func `what the fallback can not do fails as without one, and says why`() async throws {
        let first = try Provider { _, _ in .error(404) }
        let second = try Provider()
        let spool = try spool(first, second)
        try drop(spool, "j", #","parameters":{"web_grounding":false}"#)
        #expect(try await drain(spool).code == 1)
        #expect(second.requests.isEmpty)
        let reason = try #require(try spool.status("failed", "j")["reason"] as? [String: Any])
        #expect(reason["code"] as? String == "model_not_found")
        let hint = reason["hint"] as? String ?? ""
        #expect(hint.contains("second") && hint.contains("unsupported_parameter, parameters"), "\(hint)")
        await first.stop()
        await second.stop()
    }

    @Test func `a chain goes on past a route that can not do the job, and past one that refuses too`() async throws {
        let first = try Provider { _, _ in .error(404) }
        let second = try Provider { _, _ in .error(403) }
        let third = try Provider()
        let spool = try spool(first, second)
        let text = try String(contentsOfFile: spool.config ?? "", encoding: .utf8).replacingOccurrences(
            of: "concurrency: 1 } },",
            with: """
                concurrency: 1, fallback: "third" },
                third: { provider: "microsoft-mai", endpoint: "http://127.0.0.1:\(third.port)", deployment: "other",
                         family: "2.6", key: { env: "TEST_MAI_KEY" }, requests_per_minute: 6000 } },
                """)
        try text.write(toFile: spool.config ?? "", atomically: true, encoding: .utf8)
        try drop(spool, "a", #","parameters":{"web_grounding":false}"#)
        #expect(try await drain(spool).code == 0)
        #expect(first.requests.count == 1 && second.requests.isEmpty && third.requests.count == 1)
        #expect(try attempts(spool, "done", "a").map { $0["fallback_from"] as? String } == [nil, "mai"])
        try drop(spool, "b")
        #expect(try await drain(spool).code == 0)
        let attempts = try attempts(spool, "done", "b")
        #expect(attempts.map { $0["route"] as? String } == ["mai", "second", "third"])
        #expect(attempts.map { $0["fallback_from"] as? String } == [nil, "mai", "second"])
        await first.stop()
        await second.stop()
        await third.stop()
    }

    @Test func `what a job may cost holds at the fallback's prices`() async throws {
        let first = try Provider { _, _ in .error(404) }
        let second = try Provider()
        let spool = try spool(first, second)
        try drop(spool, "j", #","max_cost":0.05"#)
        #expect(try await drain(spool).code == 1)
        #expect(second.requests.isEmpty)
        let reason = try #require(try spool.status("failed", "j")["reason"] as? [String: Any])
        #expect((reason["hint"] as? String ?? "").contains("over_budget"))
        await first.stop()
        await second.stop()
    }

    @Test func `references are made anew for a fallback that takes less`() async throws {
        let first = try Provider { _, _ in .error(404) }
        let second = try Provider()
        let spool = try spool(first, second)
        let narrow = try String(contentsOfFile: spool.config ?? "", encoding: .utf8).replacingOccurrences(
            of: #"model: "gpt-image-2""#, with: #"model: "gpt-image-2", capability: { reference_edge: 320 }"#)
        try narrow.write(toFile: spool.config ?? "", atomically: true, encoding: .utf8)
        let photo = try Data(contentsOf: URL(fileURLWithPath: PrivacyTests.photograph))
        try spool.drop(
            "j", manifest: #"{"prompt":"snow","id":"j","references":["a.jpg"],"output":{"size":"native"}}"#,
            files: ["a.jpg": photo])
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        func sent(_ provider: Provider, _ name: String) async throws -> [String] {
            let request = try #require(provider.requests.first)
            let form = try MultipartForm(body: request.body, contentType: request.headers["content-type"] ?? "")
            let file = spool.scratch.file(name + ".jpg")
            try Data(try #require(form.first(name)).content).write(to: URL(fileURLWithPath: file))
            let tags = try await Darkroom.tool("exiftool", "-s3", "-ImageWidth", "-ImageHeight", file)
            return tags.split(separator: "\n").map(String.init)
        }
        let large = try await sent(first, "image").compactMap { Int($0) }
        let small = try await sent(second, "image[]").compactMap { Int($0) }
        #expect(try #require(large.max()) > 320 && small.max() == 320)
        let references = try spool.json("done/j/j-1.png.json")["references"] as? [String: Any]
        let size = (references?["sizes"] as? [[String: Any]])?.first
        #expect([size?["width"] as? Int, size?["height"] as? Int] == small.map { $0 })
        await first.stop()
        await second.stop()
    }

    @Test func `a fallback that is decided survives a killed daemon, and nothing is asked twice`() async throws {
        let first = try Provider { _, _ in .error(404) }
        let second = try Provider { number, _ in
            if number == 1 { try? await Task.sleep(for: .seconds(3)) }
            return nil
        }
        let spool = try spool(first, second)
        try drop(spool)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        try await eventually("the fallback is called") { second.requests.count == 1 }
        await daemon.end(SIGKILL)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && first.requests.count == 1 && second.requests.count == 1)
        #expect(try attempts(spool, "held").map { $0["route"] as? String } == ["mai", "second"])
        // Once it is let go on it goes on where its end is unknown.
        #expect(try await spool.darkroom("release", "j").code == 0)
        #expect(try await drain(spool).code == 0)
        #expect(first.requests.count == 1 && second.requests.count == 2)
        await first.stop()
        await second.stop()
    }

    @Test func `of several outputs each goes its own way`() async throws {
        let first = try Provider { number, _ in number == 2 ? .error(401) : nil }
        let second = try Provider()
        let spool = try spool(first, second, route: "concurrency: 1")
        try drop(spool, "j", #","count":3"#)
        #expect(try await drain(spool).code == 0)
        #expect(first.requests.count == 2 && second.requests.count == 2)
        let sidecars = try (1...3).map { try spool.json("done/j/j-\($0).png.json")["model"] as? [String: Any] }
        #expect(sidecars.compactMap { $0?["route"] as? String }.sorted() == ["mai", "second", "second"])
        await first.stop()
        await second.stop()
    }

    @Test func `a fallback that is paused itself is left alone, and the job waits as without one`() async throws {
        let first = try Provider { _, _ in .error(401) }
        let second = try Provider { _, _ in .error(401) }
        let spool = try spool(first, second, route: "concurrency: 1")
        try drop(spool, "a")
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("a").code == "auth")
        #expect(try attempts(spool, "failed", "a").map { $0["route"] as? String } == ["mai", "second"])
        // Within one run: a new start would try all routes again.
        try drop(spool, "b")
        try drop(spool, "c")
        try drop(spool, "d")
        #expect(try await drain(spool).code == 1)
        #expect(first.requests.count == 2 && second.requests.count == 2)
        #expect(spool.outcomes("failed").count == 2)
        let waiting = try await spool.darkroom("jobs", "--state", "waiting", "--json")
        #expect(waiting.out.components(separatedBy: #""auth""#).count - 1 == 2, "\(waiting.out)")
        await first.stop()
        await second.stop()
    }
}
