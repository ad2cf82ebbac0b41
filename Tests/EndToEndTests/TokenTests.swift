import Foundation
import HTTPServer
import Support
import Testing

/// Access tokens in place of a key, from a real command, at a service of the test's own.
@Suite(.serialized) struct TokenTests {
    /// A configuration whose token command prints `canary-token-1`, then `canary-token-2`, …
    private func spool(_ provider: Provider, _ name: String = "microsoft-mai", command: String? = nil) throws
        -> TestSpool
    {
        let spool = try TestSpool("token", config: provider.configuration(provider: name))
        let script = spool.scratch.file("script")
        let text =
            "echo run >> \(spool.scratch.file("runs")); echo canary-token-$(wc -l < \(spool.scratch.file("runs")))"
        try (command ?? text).write(toFile: script, atomically: true, encoding: .utf8)
        let config = try String(contentsOfFile: spool.config ?? "", encoding: .utf8).replacingOccurrences(
            of: #"key: { env: "TEST_MAI_KEY" }"#, with: #"key: { token_command: ["/bin/sh", "\#(script)"] }"#)
        try config.write(toFile: spool.config ?? "", atomically: true, encoding: .utf8)
        return spool
    }

    private func drop(_ spool: TestSpool, _ id: String = "j") throws {
        try spool.drop(id, manifest: #"{"prompt":"a mill","id":"\#(id)","output":{"size":"native"}}"#)
    }

    private func runs(_ spool: TestSpool) -> Int {
        ((try? String(contentsOfFile: spool.scratch.file("runs"), encoding: .utf8)) ?? "").split(separator: "\n").count
    }

    @Test(arguments: ["microsoft-mai", "azure-openai"])
    func `a token goes as Bearer, is got once for many calls, and is seen nowhere`(name: String) async throws {
        let provider = try Provider()
        let spool = try spool(provider, name)
        for id in ["a", "b", "c"] { try drop(spool, id) }
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 0, "\(drained.err)")
        #expect(provider.requests.count == 3 && runs(spool) == 1)
        #expect(
            provider.requests.allSatisfy {
                $0.headers["authorization"] == "Bearer canary-token-1" && $0.headers["api-key"] == nil
            })
        #expect(spool.files(holding: ["canary-token"]) == [])
        #expect(!drained.err.contains("canary-token") && !drained.out.contains("canary-token"))
        await provider.stop()
    }

    @Test func `a token that is refused is got anew, and that one request is made again`() async throws {
        let provider = try Provider { _, request in
            request.headers["authorization"] == "Bearer canary-token-1" ? .error(401) : nil
        }
        let spool = try spool(provider)
        try drop(spool)
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 0, "\(drained.err)")
        #expect(provider.requests.count == 2 && runs(spool) == 2)
        let attempts = try #require(try spool.status("done", "j")["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["class"] as? String } == ["auth", "success"])
        #expect(attempts.map { $0["billed"] as? String } == ["no", "yes"])
        #expect(try await spool.darkroom("status").out.contains("paused") == false)
        #expect(spool.files(holding: ["canary-token"]) == [] && !drained.err.contains("canary-token"))
        await provider.stop()
    }

    @Test func `a second refusal fails the job and pauses the route`() async throws {
        let provider = try Provider { _, _ in .error(401) }
        let spool = try spool(provider)
        try drop(spool)
        #expect(try await spool.darkroom("drain").code == 1)
        #expect(try spool.reason("j").code == "auth" && provider.requests.count == 2 && runs(spool) == 2)
        #expect(try await spool.darkroom("status").out.contains("paused: auth, until the daemon is started again"))
        await provider.stop()
    }

    @Test func `where no token can be got, a fallback takes over`() async throws {
        let provider = try Provider()
        let spool = try spool(provider, command: "exit 7")
        let config = try String(contentsOfFile: spool.config ?? "", encoding: .utf8).replacingOccurrences(
            of: "requests_per_minute: 6000,",
            with: "requests_per_minute: 6000, fallback: 'offline' }, default: 'mai', offline: { provider: 'simulator'")
        try config.write(toFile: spool.config ?? "", atomically: true, encoding: .utf8)
        try drop(spool)
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 0 && provider.requests.isEmpty, "\(drained.err)")
        let attempts = try #require(try spool.status("done", "j")["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["fallback_from"] as? String } == ["mai"])
        await provider.stop()
    }

    @Test func `where no token can be got nothing is sent, and the job waits for the next try`() async throws {
        let provider = try Provider()
        let spool = try spool(provider, command: "echo canary-token-0; echo canary-word >&2; exit 7")
        try drop(spool)
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 1 && provider.requests.isEmpty)
        #expect(drained.err.contains("ended with exit code 7") && !drained.err.contains("canary"))
        #expect(try await spool.darkroom("jobs", "--state", "waiting", "--json").out.contains("auth"))
        #expect(try await spool.darkroom("status").out.contains("paused: auth, until 2"))
        // Another start tries again at once.
        try "echo canary-token-9".write(toFile: spool.scratch.file("script"), atomically: true, encoding: .utf8)
        #expect(try await spool.darkroom("drain").code == 0)
        #expect(provider.requests.first?.headers["authorization"] == "Bearer canary-token-9")
        await provider.stop()
    }
}
