import Foundation
import HTTPServer
import Support
import Testing

/// A call without a whole answer, where the service tells afterwards what became of it.
@Suite(.serialized) struct ReconcileTests {
    private func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
    }

    private func spool(_ provider: Provider, route: String = "") throws -> TestSpool {
        let spool = try TestSpool("reconcile", config: provider.configuration(route: route, provider: "openrouter"))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        return spool
    }

    private func calls(_ provider: Provider) -> Int { provider.requests.count { $0.method == "POST" } }
    private func looks(_ provider: Provider) -> [IncomingRequest] { provider.requests.filter { $0.method == "GET" } }

    private func attempts(_ spool: TestSpool, _ outcome: String) throws -> [[String: Any]] {
        try #require(try spool.status(outcome, "j")["attempts"] as? [[String: Any]])
    }

    @Test func `a lost answer that was billed is held with what it cost, and not asked for again`() async throws {
        let provider = try Provider(faults: "[{ answer: { close: 'within' } }]")
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && calls(provider) == 1)
        let attempt = try #require(try attempts(spool, "held").first)
        #expect(attempt["class"] as? String == "outcome_unknown" && attempt["billed"] as? String == "yes")
        let cost = try #require(attempt["cost"] as? [String: Any])
        #expect(cost["source"] as? String == "usage" && (cost["micro_usd"] as? Int ?? 0) > 0)
        let id = try #require(attempt["request_id"] as? String)
        #expect(looks(provider).map(\.query) == ["id=" + id] && id.hasPrefix("gen-"))
        #expect(looks(provider).allSatisfy { $0.headers["authorization"] == "Bearer k" })
        let reason = try #require(try spool.status("held", "j")["reason"] as? [String: Any])
        #expect((reason["hint"] as? String ?? "").contains("it was billed"))
        await provider.stop()
    }

    @Test func `a lost answer that was billed is not paid for twice where unknown calls may be repeated`() async throws
    {
        let provider = try Provider(faults: "[{ answer: { close: 'within' } }]")
        let spool = try spool(provider, route: #"on_unknown: "retry-once","#)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && calls(provider) == 1)
        await provider.stop()
    }

    @Test func `a lost answer for which nothing was taken is asked for again`() async throws {
        let provider = try Provider(faults: "[{ times: 1, answer: { close: 'within', billed: false } }]")
        let spool = try spool(provider)
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(calls(provider) == 2 && looks(provider).count == 1)
        let attempts = try attempts(spool, "done")
        #expect(attempts.map { $0["billed"] as? String } == ["no", "yes"])
        #expect(attempts.map { $0["class"] as? String } == ["server_error", "success"])
        await provider.stop()
    }

    @Test func `a service that fails for nothing again and again is not asked for ever`() async throws {
        let provider = try Provider(faults: "[{ answer: { close: 'within', billed: false } }]")
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("j").code == "server_error" && calls(provider) == 2)
        await provider.stop()
    }

    @Test func `without an id nothing can be looked up, and the job is held as before`() async throws {
        let provider = try Provider(faults: "[{ answer: { close: 'before' } }]")
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && calls(provider) == 1 && looks(provider).isEmpty)
        #expect(try attempts(spool, "held").first?["billed"] as? String == "possible")
        await provider.stop()
    }

    @Test func `a service that does not know its own id leaves the job held, as perhaps paid`() async throws {
        let provider = try Provider(faults: "[{ answer: { close: 'within' } }]") { _, request in
            request.method == "GET" ? .error(404) : nil
        }
        let spool = try spool(provider)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && calls(provider) == 1 && looks(provider).count == 4)
        #expect(try attempts(spool, "held").first?["billed"] as? String == "possible")
        await provider.stop()
    }

    @Test func `a daemon that is killed while it looks asks again, and calls nobody`() async throws {
        let provider = try Provider(faults: "[{ answer: { close: 'within' } }]") { number, request in
            request.method == "GET" && number < 4 ? .error(404) : nil
        }
        let spool = try spool(provider)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        try await eventually("it looks") { !looks(provider).isEmpty }
        await daemon.end(SIGKILL)
        #expect(try await drain(spool).code == 1)
        #expect(spool.outcomes("held") == ["j"] && calls(provider) == 1)
        #expect(try attempts(spool, "held").map { $0["billed"] as? String } == ["yes"])
        await provider.stop()
    }

    @Test func `a whole answer that says nothing of its end is looked up also after a kill`() async throws {
        let provider = try Provider { number, request in
            let isPost = request.method == "POST"
            if number == 1 {
                return Reply(status: 504, headers: [("x-generation-id", "gen-1")], body: Array("{}".utf8))
            }
            if isPost { return nil }
            let free = #"{"data":{"id":"gen-1","total_cost":0,"is_byok":false}}"#
            return number < 4 ? .error(404) : Reply(status: 200, body: Array(free.utf8))
        }
        let spool = try spool(provider)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        try await eventually("it looks") { looks(provider).count == 1 }
        await daemon.end(SIGKILL)
        #expect(try await drain(spool).code == 0)
        #expect(spool.outcomes("done") == ["j"] && calls(provider) == 2)
        #expect(try attempts(spool, "done").map { $0["billed"] as? String } == ["no", "yes"])
        await provider.stop()
    }
}
