import Foundation
import Support
import Testing

/// `wait` and `submit --wait` end, or say what they wait for.
@Suite(.serialized) struct WaitingTests {
    private static let config = """
        { spool: "SPOOL", listen: "off", models: { o: { provider: "simulator" } },
          output: { size: "native", format: "jpeg" } }
        """

    @Test func `a job that was delivered and taken away is not waited for`() async throws {
        let spool = try TestSpool("delivered", config: Self.config)
        try spool.drop("fox", manifest: #"{"prompt":"x","id":"fox"}"#)
        #expect(try await spool.darkroom("drain").code == 0)
        try FileManager.default.moveItem(atPath: spool.path + "/done/fox", toPath: spool.scratch.file("fetched"))
        let waited = try await Darkroom.run(
            tool: "/usr/bin/timeout", ["30", Darkroom.path, "wait"] + spool.arguments + ["fox"])
        #expect(waited.code == 0 && waited.out.contains("done  fox, which was taken away"), "\(waited)")
        let document = try await spool.darkroom("wait", "fox", "--json").json
        #expect(document["schema"] as? String == "darkroom.delivered/1" && document["outcome"] as? String == "done")
    }

    @Test func `a job that nobody knows is said, with the nearest name`() async throws {
        let spool = try TestSpool("unknown", config: Self.config)
        let daemon = try spool.daemon()
        #expect(try await spool.darkroom("submit", "--prompt", "x", "--id", "lighthouse", "--wait").code == 0)
        let wait = try Darkroom.Running(
            ["wait"] + spool.arguments + ["lighthuose"], log: spool.scratch.file("wait.log"))
        try await eventually("it says so") { wait.printed.contains("did you mean lighthouse?") }
        #expect(wait.printed.contains("no job lighthuose is known yet"))
        // It may still be handed over.
        #expect(await wait.end(SIGKILL) == SIGKILL)
        await daemon.end()
    }

    @Test func `under an id that is taken the new hand-over is waited for, not the old job`() async throws {
        let spool = try TestSpool("taken", config: Self.config)
        let daemon = try spool.daemon()
        #expect(try await spool.darkroom("submit", "--prompt", "x", "--id", "fox", "--wait").code == 0)
        let other = try await spool.darkroom("submit", "--prompt", "y", "--id", "fox", "--wait")
        #expect(other.code == 1 && other.out.contains("/failed/fox-") && other.out.contains("id_conflict"), "\(other)")
        #expect(other.err.contains("the id fox is taken"))
        await daemon.end()
    }

    @Test func `what a job waits for is said by wait, status and show, with what to do`() async throws {
        // The simulator costs nothing; what is priced does not leave, so nobody has to be at the endpoint.
        let spool = try TestSpool(
            "budget",
            config: """
                { spool: "SPOOL", listen: "off", budget: { per_day: 0.001 }, models: { o: {
                  provider: "openai", endpoint: "http://127.0.0.1:9", model: "gpt-image-2", key: { env: "TEST_KEY" } } } }
                """)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: ["TEST_KEY": "k"], log: spool.scratch.file("daemon.log"))
        let submit = try Darkroom.Running(
            ["submit"] + spool.arguments + ["--prompt", "x", "--id", "fox", "--wait"],
            log: spool.scratch.file("submit.log"))
        try await eventually("it says so") { submit.printed.contains("fox waits: over_budget, until") }
        let why = "per_day does not reach for another call"
        #expect(submit.printed.contains(why))
        #expect(await submit.end(SIGKILL) == SIGKILL, "it goes on waiting")
        let status = try await spool.darkroom("status").out
        #expect(status.contains("1 waiting (1 over_budget)") && status.contains(why), "\(status)")
        let story = try await spool.darkroom("show", "fox").out
        #expect(story.contains("what to do") && story.contains(why), "\(story)")
        #expect(try await spool.darkroom("jobs").out.contains(why))
        let jobs = try await spool.darkroom("jobs", "--json").json["jobs"] as? [[String: Any]]
        #expect(jobs?.first?["waits_for"] as? String == "over_budget")
        #expect(((jobs?.first?["waits"] as? [String: Any])?["message"] as? String)?.contains(why) == true)
        await daemon.end()
    }

    @Test func `a hand-over that lies in the inbox under that id is named, and tried later`() async throws {
        let spool = try TestSpool("twice", config: Self.config)
        #expect(try await spool.darkroom("submit", "--prompt", "x", "--id", "fox").code == 0)
        let again = try await spool.darkroom("submit", "--prompt", "y", "--id", "fox")
        #expect(again.code == 75 && again.err.contains("under the id fox") && again.err.contains("another --id"))
        let faulty = try await spool.darkroom("submit", "--prompt", "x", "--quality", "900", "--format", "pgn")
        #expect(faulty.code == 65 && faulty.err.contains("output.format") && faulty.err.contains("output.quality"))
    }

    @Test(.enabled(if: geteuid() == 0)) func `a spool that may not be looked into is not called missing`() async throws
    {
        let spool = try TestSpool("closed", config: Self.config)
        #expect(try await spool.darkroom("drain").code == 0)
        for verb in [["status"], ["wait", "fox"]] {
            let asked = try await Darkroom.run(
                tool: "/usr/bin/setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/timeout", "20", Darkroom.path]
                    + verb + ["--spool", spool.path])
            #expect(asked.code == 74 && asked.err.contains("Permission denied"), "\(verb): \(asked)")
        }
    }
}
