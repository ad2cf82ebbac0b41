import Foundation
import Support
import Testing

/// A machine whose kernel refuses one part of the lock to every process.
@Suite struct SandboxTests {
    static let key = ["TEST_MAI_KEY": "k"]

    private func run(_ verb: [String], refusing call: String) async throws -> Darkroom.Finished {
        try await Darkroom.run(
            tool: "/usr/bin/env",
            ["strace", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(call):error=EPERM"]
                + [Darkroom.path] + verb,
            environment: Self.key)
    }

    @Test(arguments: [("seccomp", "(86)"), ("landlock_create_ruleset", "(83)")])
    func `where no worker can be locked, jobs wait and nothing is asked or paid for`(
        call: String, code: String
    ) async throws {
        let provider = try Provider()
        let spool = try TestSpool("sandbox", config: provider.configuration())
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        let refused = try await run(["drain"] + spool.arguments, refusing: call)
        #expect(refused.code == 1 && refused.err.contains(code) && refused.err.contains("1 waiting"))
        #expect(provider.requests.isEmpty)
        for outcome in ["done", "failed", "held"] { #expect(spool.outcomes(outcome).isEmpty) }
        // Why it waits is said where somebody looks, also when no daemon runs.
        #expect(refused.err.contains("waiting: 1 job: internal: no image worker can be started"), "\(refused.err)")
        for words in [["status"], ["show", "j"], ["jobs"]] {
            let said = try await Darkroom.run(words + spool.arguments)
            #expect(said.out.contains("no image worker can be started") && said.out.contains(code), "\(said.out)")
        }
        let status = try await spool.darkroom("status", "--json").json
        #expect(status["waits_for"] as? [String] == ["1 internal"])
        let waits = try #require(status["waits"] as? [[String: Any]])
        #expect(waits.count == 1 && waits.first?["code"] as? String == "internal")
        #expect(waits.first?["state"] as? String == "accepted" && waits.first?["jobs"] as? Int == 1)
        #expect((waits.first?["hint"] as? String)?.contains("darkroom doctor") == true)
        await provider.stop()
    }

    @Test func `a lower level is a choice, and is said in the log`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("sandbox", config: provider.configuration(#"workers: { sandbox: "off" }"#))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        let done = try await run(["drain"] + spool.arguments, refusing: "seccomp")
        #expect(done.code == 0 && done.err.contains("not locked") && spool.outcomes("done") == ["j"])
        let shown = try await Darkroom.run(["config", "show"] + spool.arguments)
        #expect((shown.json["workers"] as? [String: Any])?["sandbox"] as? String == "off")
        await provider.stop()
    }

    @Test func `a picture is not opened by a command either, and the command says what is missing`() async throws {
        let scratch = try Scratch("sandbox")
        let photo = Darkroom.samples + "/dandelion.jpg"
        let refused = try await run(["normalize", photo, "-o", scratch.file("o.jpg")], refusing: "seccomp")
        #expect(refused.code == 69 && refused.err.contains("seccomp filter is refused"))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("o.jpg")))
    }
}
