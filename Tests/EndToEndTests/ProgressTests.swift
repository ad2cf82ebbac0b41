import Foundation
import Support
import Testing

/// Bars are for terminals: `script` makes one.
@Suite(.serialized) struct ProgressTests {
    private func onTerminal(_ command: String, columns: Int = 90) async throws -> Darkroom.Finished {
        try await Darkroom.run(
            tool: "/usr/bin/script", ["-qec", "stty cols \(columns); \(command)", "/dev/null"],
            environment: ["SHELL": "/bin/sh"])
    }

    private func filled() throws -> TestSpool {
        let spool = try TestSpool("progress")
        let line = #"{ "prompt": "x", "output": { "size": "native" } }"#
        try Data("\(line)\n\(line)\n\(line)\n{ \"prompt\": \"x\", \"model\": \"nowhere\" }\n".utf8).write(
            to: URL(fileURLWithPath: spool.path + "/inbox/.b"))
        try FileManager.default.moveItem(atPath: spool.path + "/inbox/.b", toPath: spool.path + "/inbox/b.jsonl")
        return spool
    }

    @Test(arguments: [40, 80]) func `help fits the terminal, but for what is to be typed as it stands`(columns: Int)
        async throws
    {
        for verb in ["release", "account", "submit", "audit"] {
            let help = try await onTerminal("\(Darkroom.path) \(verb) --help", columns: columns).out
            let prose = help.split(separator: "\n").filter { !$0.contains("usage:") && !$0.hasPrefix("  darkroom") }
            #expect(prose.allSatisfy { $0.filter { $0 != "\r" }.count <= columns }, "\(help)")
        }
    }

    @Test(arguments: [40, 90, 160]) func `a drain on a terminal shows a bar that fits, and a line a job`(columns: Int)
        async throws
    {
        let spool = try filled()
        let result = try await onTerminal("\(Darkroom.path) drain --spool \(spool.path)", columns: columns)
        #expect(result.code == 1)
        let shown = result.out.replacingOccurrences(of: "\u{1B}[K", with: "\r").split(whereSeparator: \.isNewline)
            .flatMap { $0.split(separator: "\r") }.map(String.init)
        let bars = shown.filter { $0.contains("/4 jobs") }
        #expect(bars.contains { $0.contains("4/4 jobs · 1 failed") }, "\(shown)")
        #expect(bars.allSatisfy { $0.count < columns })
        #expect(bars.contains { $0.hasPrefix("[####") } == (columns > 40))
        #expect(shown.filter { $0.hasPrefix("done  \(spool.path)/done/b-") }.count == 3)
        #expect(shown.last?.contains("3 done, 1 failed, 0 held") == true)
    }

    @Test(arguments: ["--help", "contact-sheet --help", "submit --help", "audit --help"])
    func `help fits the terminal, and loses no word`(arguments: String) async throws {
        let narrow = try await onTerminal("\(Darkroom.path) \(arguments)", columns: 70).out
        let wide = try await Darkroom.run(arguments.split(separator: " ").map(String.init)).out
        #expect(narrow.split(whereSeparator: \.isWhitespace) == wide.split(whereSeparator: \.isWhitespace))
        let table = narrow.split(whereSeparator: \.isNewline).filter {
            $0.hasPrefix("  ") && !$0.hasPrefix("  darkroom")
        }
        #expect(table.count > 5 && table.allSatisfy { $0.count <= 70 }, "\(table.filter { $0.count > 70 })")
    }

    @Test func `without a terminal there are steady lines alone`() async throws {
        let spool = try filled()
        let result = try await spool.darkroom("drain")
        #expect(result.out.split(separator: "\n").count == 4 && result.err == "3 done, 1 failed, 0 held\n")
        #expect(!(result.out + result.err).contains("\r"))
    }

    @Test func `waiting on a terminal shows how long it takes`() async throws {
        let spool = try TestSpool("progress-wait")
        let daemon = try spool.daemon()
        try await eventually("the daemon runs") { daemon.printed.contains("darkroom is running") }
        let result = try await onTerminal(
            "\(Darkroom.path) submit --prompt x --size native --id one --wait --spool \(spool.path)")
        #expect(result.code == 0 && result.out.contains("0/1 job · 0 s"))
        #expect(result.out.contains("done  \(spool.path)/done/one"))
        let quiet = try await spool.darkroom("wait", "one")
        #expect(quiet.out == "done  \(spool.path)/done/one\n" && quiet.err.isEmpty)
        #expect(await daemon.end() == 0)
    }
}
