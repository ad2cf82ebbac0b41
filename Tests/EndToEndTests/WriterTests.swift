import Foundation
import Support
import Testing

@Suite struct WriterTests {
    @Test func `a prompt whose writer rests longer than the settle time is left alone while it is open`() async throws {
        let scratch = try Scratch("writer")
        let ledger = scratch.file("simulator.jsonl")
        let (simulator, url) = try await Darkroom.simulator(scratch, ledger: ledger)
        let spool = try TestSpool(
            "open",
            config: """
                { spool: "SPOOL", inbox: { settle: "50ms" }, disk: { min_free: "1MB" },
                  models: { o: { provider: "openai", endpoint: "\(url)", model: "gpt-image-2", key: { env: "TEST_KEY" } } },
                  output: { size: "native", format: "jpeg" } }
                """)
        let slow = spool.path + "/inbox/slow.txt"
        try Data().write(to: URL(fileURLWithPath: slow))
        let file = try #require(FileHandle(forWritingAtPath: slow))
        try file.write(contentsOf: Data("a hill".utf8))
        try Data("a lake".utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/other.txt"))
        let daemon = try Darkroom.Running(
            ["drain"] + spool.arguments, environment: ["TEST_KEY": "x"], log: scratch.file("daemon.log"))
        try await eventually("the other prompt is done") { spool.outcomes("done").count == 1 }
        // Both looked the same for as long.
        #expect(spool.outcomes("inbox") == ["slow.txt"])
        try file.write(contentsOf: Data(" at night".utf8))
        try file.close()
        try await eventually("the slow prompt is done") { spool.outcomes("done").count == 2 }
        #expect(await daemon.end() == 0)
        let sent = try String(contentsOfFile: ledger, encoding: .utf8)
        for prompt in ["a lake", "a hill at night"] {
            let digest = try await Darkroom.tool("sh", "-c", "printf %s '\(prompt)' | sha256sum").prefix(64)
            #expect(sent.contains(digest), "\(prompt)")
        }
        await simulator.end()
    }
}
