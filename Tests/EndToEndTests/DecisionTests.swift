import Foundation
import HTTPServer
import Support
import Testing

/// What a person decides about a job, by the built program and against a service that fails on purpose.
@Suite(.serialized) struct DecisionTests {
    private func drain(_ spool: TestSpool) async throws -> Int32 {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key).code
    }

    private func drop(_ spool: TestSpool, count: Int = 1) throws {
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","count":\#(count),"output":{"size":"native"}}"#)
    }

    @Test func `a held job is called again only after it was released`() async throws {
        let provider = try Provider { number, _ in
            number == 1 ? Reply(status: 200, body: [], ending: .dropBeforeReply) : nil
        }
        let spool = try TestSpool("release", config: provider.configuration())
        try drop(spool)
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("held") == ["j"] && provider.requests.count == 1)
        #expect(try await spool.darkroom("release", "j").code == 0)
        #expect(spool.outcomes("held") == [])
        #expect(try await drain(spool) == 0)
        #expect(spool.outcomes("done") == ["j"] && provider.requests.count == 2)
        let attempts = try #require(try spool.status("done", "j")["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["billed"] as? String } == ["possible", "yes"])
        #expect(try await spool.darkroom("release", "j").code == 1, "it is done")
        await provider.stop()
    }

    @Test func `a held job that is given up has failed for what it was held for`() async throws {
        let provider = try Provider { _, _ in Reply(status: 200, body: [], ending: .dropBeforeReply) }
        let spool = try TestSpool("give-up", config: provider.configuration())
        try drop(spool)
        #expect(try await drain(spool) == 1)
        #expect(try await spool.darkroom("release", "--give-up", "j").code == 0)
        #expect(spool.outcomes("held") == [] && spool.outcomes("failed") == ["j"])
        #expect(try spool.reason("j").code == "outcome_unknown")
        #expect(try await drain(spool) == 0 && provider.requests.count == 1)
        await provider.stop()
    }

    @Test func `retry asks only for what is missing, and what was made stays until there is more`() async throws {
        let provider = try Provider { number, _ in number == 2 ? .error(400, "content_safety_violation") : nil }
        let spool = try TestSpool("retry", config: provider.configuration(route: "concurrency: 1"))
        try drop(spool, count: 3)
        #expect(try await drain(spool) == 1)
        #expect(try spool.status("done", "j")["partial"] as? Bool == true)
        #expect(try await spool.darkroom("retry", "j").code == 0)
        #expect(spool.outcomes("done") == ["j"], "what was paid for is still there")
        #expect(try await drain(spool) == 0)
        let status = try spool.status("done", "j")
        #expect(status["partial"] as? Bool != true && (status["outputs"] as? [Any])?.count == 3)
        #expect(provider.requests.count == 4, "three, and one more for the one that was missing")
        #expect(try await spool.darkroom("retry", "j").code == 1, "nothing is missing any more")
        await provider.stop()
    }

    @Test func `a second run that comes to nothing takes nothing away`() async throws {
        let provider = try Provider { number, _ in number > 1 ? .error(400, "content_safety_violation") : nil }
        let spool = try TestSpool("again", config: provider.configuration(route: "concurrency: 1"))
        try drop(spool, count: 2)
        #expect(try await drain(spool) == 1)
        #expect(try await spool.darkroom("retry", "j").code == 0)
        #expect(try await drain(spool) == 1)
        let status = try spool.status("done", "j")
        #expect(status["partial"] as? Bool == true && (status["outputs"] as? [Any])?.count == 1)
        #expect(spool.outcomes("failed") == [] && provider.requests.count == 3)
        await provider.stop()
    }

    @Test func `all that failed for one reason run again, unless their inputs are gone`() async throws {
        let provider = try Provider { number, _ in number < 3 ? .error(500) : nil }
        let spool = try TestSpool("by-reason", config: provider.configuration())
        try drop(spool)
        #expect(try await drain(spool) == 1)
        #expect(try spool.reason("j").code == "server_error")
        #expect(try await spool.darkroom("retry", "--reason", "server_error", "--yes").code == 0)
        #expect(spool.outcomes("failed") == [])
        #expect(try await drain(spool) == 0 && provider.requests.count == 3)
        try spool.drop("k", manifest: #"{"prompt":"a mill","id":"k","retain":{"inputs":"0s"},"references":["no.png"]}"#)
        _ = try await drain(spool)
        let refused = try await spool.darkroom("retry", "k", "--json")
        #expect(refused.code == 65)
        #expect(try await spool.darkroom("retry", "nobody").code == 1)
        #expect(try await spool.darkroom("retry").code == 64)
        await provider.stop()
    }

    @Test func `a job that waits can be cancelled and costs nothing`() async throws {
        let provider = try Provider { _, _ in .error(429, "rate_limit", headers: [("Retry-After", "600")]) }
        let spool = try TestSpool("cancel", config: provider.configuration())
        try drop(spool)
        #expect(try await drain(spool) == 1)
        #expect(try await spool.darkroom("cancel", "j").code == 0)
        #expect(try spool.reason("j").code == "cancelled")
        #expect(try await drain(spool) == 0 && provider.requests.count == 1)
        #expect(try await spool.darkroom("cancel", "j").code == 1)
        await provider.stop()
    }

    @Test func `an unknown end is tried once more where the route says so, and then held`() async throws {
        let provider = try Provider { _, _ in Reply(status: 200, body: [], ending: .dropBeforeReply) }
        let spool = try TestSpool("once", config: provider.configuration(route: #"on_unknown: "retry-once""#))
        try drop(spool)
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("held") == ["j"] && provider.requests.count == 2)
        let attempts = try #require(try spool.status("held", "j")["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["billed"] as? String } == ["possible", "possible"])
        await provider.stop()
    }

    @Test func `a refused key pauses its route: one job fails, the others wait and are not sent`() async throws {
        let provider = try Provider { number, _ in number == 1 ? .error(401) : nil }
        let spool = try TestSpool("pause", config: provider.configuration(route: "concurrency: 1"))
        for name in ["a", "b", "c"] {
            try spool.drop(name, manifest: #"{"prompt":"a mill","id":"\#(name)","output":{"size":"native"}}"#)
        }
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("failed").count == 1 && spool.outcomes("done") == [])
        #expect(provider.requests.count == 1)
        let status = try await spool.darkroom("status", "--json")
        let routes = try #require(status.json["routes"] as? [[String: Any]])
        #expect((routes.first?["paused"] as? [String: Any])?["code"] as? String == "auth")
        #expect(try await spool.darkroom("status").out.contains("paused: auth"))
        // A new start may have a new key: everything goes on by itself.
        _ = try await drain(spool)
        #expect(spool.outcomes("done").count == 2)
        #expect(try await spool.darkroom("status").out.contains("open"))
        await provider.stop()
    }

    @Test func `a quota that is used up is asked for once, not by every job`() async throws {
        let provider = try Provider { _, _ in .error(429, "insufficient_quota") }
        let spool = try TestSpool("quota", config: provider.configuration(route: "concurrency: 1"))
        for name in ["a", "b", "c"] {
            try spool.drop(name, manifest: #"{"prompt":"a mill","id":"\#(name)","output":{"size":"native"}}"#)
        }
        #expect(try await drain(spool) == 1)
        #expect(provider.requests.count == 1)
        #expect(spool.outcomes("failed") == [] && spool.outcomes("held") == [])
        await provider.stop()
    }
}
