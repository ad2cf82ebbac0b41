import Foundation
import Support
import Testing

@Suite struct QuarantineTests {
    let spool: TestSpool

    init() throws { spool = try TestSpool("quarantine", config: BatchTests.config) }

    /// A job that some run had taken when it died, after `deaths` others had; `byCrash`: of a fault of its own.
    func leave(_ id: String, deaths: Int, byCrash: Bool) async throws {
        try spool.drop(id, manifest: #"{"prompt":"a hill","id":"\#(id)"}"#)
        // Taken in by a run whose model service is not there: so it stands in the ledger, and nobody works on it.
        let lost = spool.scratch.file("lost.json5")
        try BatchTests.config.replacingOccurrences(of: "SPOOL", with: spool.path).replacingOccurrences(
            of: #"offline: { provider: "simulator" }"#,
            with: """
                offline: { provider: "openai", model: "gpt-image-2", endpoint: "http://127.0.0.1:1", key: { env: "HOME" } }
                """
        ).write(toFile: lost, atomically: true, encoding: .utf8)
        let first = try Darkroom.Running(["run", "--config", lost], log: spool.scratch.file("first.log"))
        try await eventually("it waits") { first.printed.contains("job.waits") }
        #expect(await first.end() == 0)
        try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite",
            "UPDATE job SET owner = 'run-dead', run_after = 0, deaths = \(deaths) WHERE id = '\(id)'")
        try Data(byCrash ? [6] : []).write(to: URL(fileURLWithPath: spool.path + "/.darkroom/crash"))
    }

    func log() throws -> String { try String(contentsOfFile: spool.scratch.file("daemon.log"), encoding: .utf8) }

    @Test func `a job that was alone when the daemon crashed again is held, and others go on`() async throws {
        try await leave("poison", deaths: 1, byCrash: true)
        try spool.drop("good", manifest: #"{"prompt":"a hill","id":"good"}"#)
        #expect(try await spool.darkroom("drain").code == 1, "one is held")
        #expect(spool.outcomes("held") == ["poison"])
        #expect(spool.outcomes("done") == ["good"])
        let reason = try spool.status("held", "poison")["reason"] as? [String: Any]
        #expect(reason?["code"] as? String == "quarantined")
        #expect(try await spool.darkroom("release", "poison").code == 0)
        #expect(try await spool.darkroom("drain").code == 0)
        #expect(spool.outcomes("done") == ["good", "poison"])
    }

    @Test(arguments: [(deaths: 0, byCrash: true), (deaths: 1, byCrash: false), (deaths: 4, byCrash: false)])
    func `a first crash, and kills from outside, condemn no job: it goes on alone`(deaths: Int, byCrash: Bool)
        async throws
    {
        try await leave("slow", deaths: deaths, byCrash: byCrash)
        let daemon = try spool.daemon()
        try await eventually("it is done") { spool.outcomes("done") == ["slow"] }
        #expect(await daemon.end() == 0)
        #expect(try log().contains("goes on alone"))
    }

    @Test func `what has killed the daemon five times alone is held without a crash as well`() async throws {
        try await leave("poison", deaths: 5, byCrash: false)
        #expect(try await spool.darkroom("drain").code == 1)
        #expect(spool.outcomes("held") == ["poison"])
    }

    @Test(arguments: [(SIGABRT, 1), (SIGSEGV, 1), (SIGKILL, 0), (SIGTERM, 0)])
    func `a crash is noted, a kill and an orderly end are not`(signal: Int32, bytes: Int) async throws {
        let daemon = try spool.daemon()
        try await eventually("it runs") { try log().contains("is running") }
        await daemon.end(signal)
        let note = try Data(contentsOf: URL(fileURLWithPath: spool.path + "/.darkroom/crash"))
        #expect(note.count == bytes && (bytes == 0 || Int32(note[0]) == signal))
    }
}
