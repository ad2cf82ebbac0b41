import Foundation
import HTTPServer
import Support
import Testing

@Suite(.serialized) struct CallTests {
    static let key = ["TEST_MAI_KEY": "k"]

    func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: Self.key)
    }

    func spool(_ provider: Provider, count: Int = 1, route: String = "") throws -> TestSpool {
        let spool = try TestSpool("call", config: provider.configuration(route: route))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","count":\#(count),"output":{"size":"native"}}"#)
        return spool
    }

    @Test(arguments: [
        (400, "content_safety_violation", "content_blocked_output"),
        (400, "unsupported_request_value", "invalid_request"),
        (401, "", "auth"), (404, "", "model_not_found"), (413, "", "payload_too_large"),
    ])
    func `a final answer fails the job with its class after one request`(status: Int, code: String, reason: String)
        async throws
    {
        let provider = try Provider { _, _ in .error(status, code, "my secret prompt words") }
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == reason && provider.requests.count == 1)
        #expect(spool.files(holding: ["my secret prompt words"]) == [])
        await provider.stop()
    }

    @Test func `an output that would take more memory than allowed is refused before it is paid for`() async throws {
        let provider = try Provider { _, _ in nil }
        let spool = try TestSpool(
            "call", config: provider.configuration("workers: { memory: '128MB' }"))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"8k"}}"#)
        #expect(try await drain(spool).code == 1)
        let reason = try spool.reason("j")
        #expect(reason.code == "unsupported_parameter" && provider.requests.isEmpty)
        await provider.stop()
    }

    @Test func `a day's budget holds over jobs and restarts, and what is over it waits`() async throws {
        let provider = try Provider { _, _ in nil }
        let spool = try TestSpool("day", config: provider.configuration("budget: { per_day: 0.08 }"))
        for name in ["a", "b", "c"] {
            try spool.drop(name, manifest: #"{"prompt":"a mill","id":"\#(name)","output":{"size":"native"}}"#)
        }
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("done").count == 2 && provider.requests.count == 2)
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 2, "another start does not forget what was spent")
        let waiting = try await spool.darkroom("jobs", "--state", "waiting", "--json")
        #expect(waiting.out.contains("over_budget"))
        await provider.stop()
    }

    @Test func `a job's own budget holds over its retries`() async throws {
        let provider = try Provider { _, _ in .error(500) }
        let spool = try TestSpool("own", config: provider.configuration("budget: { per_job: 0.1 }"))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 2)
        #expect(try await spool.darkroom("retry", "j").code == 0)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == "over_budget" && provider.requests.count == 2)
        await provider.stop()
    }

    @Test func `a rate limit is waited out as asked, and paid for once`() async throws {
        let provider = try Provider { number, _ in
            number == 1 ? .error(429, "rate_limit", headers: [("Retry-After", "2")]) : nil
        }
        let spool = try spool(provider)
        let started = Date()
        #expect(try await drain(spool).code == 0)
        #expect(Date().timeIntervalSince(started) >= 2, "not before Retry-After")
        let attempts = try #require(try spool.status("done", "j")["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["class"] as? String } == ["rate_limited", "success"])
        #expect(attempts.map { $0["billed"] as? String } == ["no", "yes"])
        await provider.stop()
    }

    @Test func `a server error is repeated once and then fails`() async throws {
        let provider = try Provider { _, _ in .error(500) }
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == "server_error" && provider.requests.count == 2)
        await provider.stop()
    }

    @Test(arguments: [Reply.Ending.dropBeforeReply, .dropAfter(bytes: 1000)])
    func `an answer that does not come whole is held, and never asked for again`(ending: Reply.Ending) async throws {
        let provider = try Provider { _, _ in
            Reply(status: 200, body: [UInt8](repeating: 0x20, count: 100_000), ending: ending)
        }
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"])
        let status = try spool.status("held", "j")
        #expect((status["reason"] as? [String: Any])?["code"] as? String == "outcome_unknown")
        #expect((status["attempts"] as? [[String: Any]])?.first?["billed"] as? String == "possible")
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 1)
        await provider.stop()
    }

    @Test func `a service that stays silent past the timeout is held too`() async throws {
        let provider = try Provider { _, _ in
            try? await Task.sleep(for: .seconds(4))
            return .error(500)
        }
        let spool = try spool(provider, route: #"timeout: "1s""#)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && provider.requests.count == 1)
        await provider.stop()
    }

    @Test func `an answer that is no picture is kept and the job fails as bad_response`() async throws {
        let provider = try Provider { _, _ in
            Reply(status: 200, body: Array(#"{"data":[{"b64_json":"bm90IGEgcGljdHVyZQ=="}]}"#.utf8))
        }
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == "bad_response" && provider.requests.count == 1)
        await provider.stop()
    }

    @Test func `a picture that was cut off on its way is a bad answer, not half a picture`() async throws {
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        let half = photo.prefix(photo.count / 2).base64EncodedString()
        let provider = try Provider { _, _ in
            Reply(status: 200, body: Array(#"{"data":[{"b64_json":"\#(half)"}]}"#.utf8))
        }
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == "bad_response" && provider.requests.count == 1)
        #expect(spool.outcomes("done") == [])
        await provider.stop()
    }

    @Test func `one blocked output does not withhold its siblings`() async throws {
        let provider = try Provider { number, _ in number == 2 ? .error(400, "content_safety_violation") : nil }
        let spool = try spool(provider, count: 3, route: "concurrency: 1")
        #expect(try await drain(spool).code == 1)
        let status = try spool.status("done", "j")
        #expect(status["partial"] as? Bool == true && (status["outputs"] as? [Any])?.count == 2)
        let missing = try #require(status["missing"] as? [[String: Any]])
        #expect(missing.count == 1 && missing[0]["code"] as? String == "content_blocked_output")
        await provider.stop()
    }

    @Test func `a stopped daemon waits for the paid call under way`() async throws {
        let provider = try Provider { _, _ in
            try? await Task.sleep(for: .milliseconds(1500))
            return nil
        }
        let spool = try spool(provider)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: Self.key, log: spool.scratch.file("log"))
        try await eventually("the call is under way") { provider.requests.count == 1 }
        #expect(await daemon.end() == 0)
        #expect(try await drain(spool).code == 0)
        #expect(spool.outcomes("done") == ["j"] && provider.requests.count == 1)
        await provider.stop()
    }

    @Test func `a killed daemon makes no second request for a call that was under way`() async throws {
        let provider = try Provider { _, _ in
            try? await Task.sleep(for: .seconds(2))
            return nil
        }
        let spool = try spool(provider)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: Self.key, log: spool.scratch.file("log"))
        try await eventually("the call is under way") { provider.requests.count == 1 }
        await daemon.end(SIGKILL)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && provider.requests.count == 1)
        await provider.stop()
    }

    @Test func `a spool has one daemon at a time`() async throws {
        let spool = try TestSpool("two")
        let daemon = try spool.daemon()
        try await eventually("the daemon runs") { daemon.printed.contains("darkroom is running") }
        let second = try await spool.darkroom("drain")
        #expect(second.code == 75 && second.err.contains("another Darkroom"))
        #expect(try await spool.darkroom("jobs").code == 0)
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(await daemon.end() == 0)
    }
}
