import Foundation
import Glibc
import HTTPServer
import Support
import Testing

/// The operator's commands for jobs that settled or are held.
@Suite(.serialized) struct HookTests {
    /// A program that writes down what it was told, and then does as `more` says.
    private func teller(_ scratch: Scratch, _ name: String, _ more: String = "") throws -> (path: String, told: String)
    {
        let path = scratch.file(name)
        let told = scratch.file(name + ".told")
        try Data(
            """
            #!/bin/sh
            [ -e "$DARKROOM_FOLDER/status.json" ] && there=there
            echo "$1 $DARKROOM_JOB $DARKROOM_OUTCOME $DARKROOM_REASON $DARKROOM_PARTIAL $there ${TEST_MAI_KEY-none}" >>\(told)
            \(more)
            """.utf8
        ).write(to: URL(fileURLWithPath: path))
        unsafe chmod(path, 0o755)
        return (path, told)
    }

    private func lines(_ file: String) -> [String] {
        ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    private let key = ["TEST_MAI_KEY": "secret"]

    @Test func `each job is told of once, to the command of its outcome, when its folder is there`() async throws {
        let provider = try Provider { number, _ in
            number == 2 ? Reply(status: 200, body: [], ending: .dropBeforeReply) : nil
        }
        let scratch = try Scratch("hooks")
        let (settled, held) = (
            try teller(scratch, "settled", "head -c 300000 /dev/zero"), try teller(scratch, "held", "exit 3")
        )
        let spool = try TestSpool(
            "hooks",
            config: provider.configuration(#"on_settled: ["\#(settled.path)", "s"], on_held: ["\#(held.path)", "h"]"#))
        try spool.drop("a", manifest: #"{"prompt":"x","id":"a","output":{"size":"native"}}"#)
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: key).code == 0)
        try spool.drop("b", manifest: #"{"prompt":"x","id":"b","output":{"size":"native"}}"#)
        try spool.drop("c", manifest: #"{"prompt":"x","id":"c","seeed":1}"#)
        let second = try await Darkroom.run(["drain"] + spool.arguments, environment: key)
        await provider.stop()
        #expect(lines(settled.told) == ["s a done  no there none", "s c failed invalid_manifest no there none"])
        #expect(lines(held.told) == ["h b held outcome_unknown no there none"])
        #expect(second.err.contains("hook.failed") && second.err.contains("ended with exit code 3"), "\(second.err)")
        let story = try await spool.darkroom("show", "b").out
        #expect(story.contains("hook.failed"), "\(story)")
    }

    @Test func `what a kill left untold is told after the next start, and nothing before the command was set`()
        async throws
    {
        let provider = try Provider()
        let scratch = try Scratch("hooks")
        let spool = try TestSpool("hooks", config: provider.configuration())
        try spool.drop("old", manifest: #"{"prompt":"x","id":"old","output":{"size":"native"}}"#)
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: key).code == 0)
        // Told of the first job, it kills the daemon that waits for it, once.
        let once = scratch.file("once")
        let teller = try teller(scratch, "settled", "mkdir \(once) 2>/dev/null && kill -9 $PPID; exit 0")
        try provider.configuration(#"on_settled: ["\#(teller.path)", "s"]"#)
            .replacingOccurrences(of: "SPOOL", with: spool.path)
            .write(toFile: try #require(spool.config), atomically: true, encoding: .utf8)
        try spool.drop("a", manifest: #"{"prompt":"x","id":"a","output":{"size":"native"}}"#)
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: key).code == SIGKILL)
        #expect(lines(teller.told).count == 1)
        try spool.drop("b", manifest: #"{"prompt":"x","id":"b","output":{"size":"native"}}"#)
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: key).code == 0)
        await provider.stop()
        let first = "s a done  no there none"
        #expect(lines(teller.told) == [first, first, "s b done  no there none"])
    }

    @Test func `a command that is not there hinders nothing, and that is said`() async throws {
        let spool = try TestSpool(
            "hooks",
            config: """
                { spool: "SPOOL", models: { offline: { provider: "simulator" } }, disk: { min_free: "1MB" },
                  on_settled: ["/no/such/program"] }
                """)
        try spool.drop("a", manifest: #"{"prompt":"x","id":"a","output":{"size":"native"}}"#)
        let end = try await spool.darkroom("drain")
        #expect(end.code == 0 && spool.outcomes("done") == ["a"])
        #expect(end.err.contains("could not be started"))
    }
}
