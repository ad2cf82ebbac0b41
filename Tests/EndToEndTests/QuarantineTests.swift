import Foundation
import Support
import Testing

@Suite(.serialized) struct QuarantineTests {
    let photo: Data

    init() throws { photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg")) }

    /// Runs the daemon until it works on a job whose picture gets nowhere, and ends it by `signal`.
    func die(_ spool: TestSpool, by signal: Int32) async throws {
        let before = owner(spool)
        let daemon = try spool.daemon()
        let process = daemon.process.pid
        let stopper = Task.detached {
            while !Task.isCancelled {
                for worker in Children.of(process) { kill(worker, SIGSTOP) }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        try await eventually("the job is taken by this run") { owner(spool).map { $0 != before } ?? false }
        await daemon.end(signal)
        stopper.cancel()
    }

    /// The run that works on a job, as the ledger says.
    func owner(_ spool: TestSpool) -> String? {
        let ledger = spool.path + "/.darkroom/ledger.sqlite"
        let found = try? Spawned.run("sqlite3", ["-readonly", ledger, "SELECT owner FROM job WHERE owner IS NOT NULL"])
        return found.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self).trimmed }
    }

    @Test func `a job with which the daemon crashes twice is held as quarantined, and others go on`() async throws {
        let spool = try TestSpool("quarantine", config: BatchTests.config)
        try spool.drop(
            "poison", manifest: #"{"prompt":"x","id":"poison","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try await die(spool, by: SIGABRT)
        try await die(spool, by: SIGSEGV)
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

    @Test func `kills from outside condemn no job, and it goes on alone`() async throws {
        let spool = try TestSpool("kills", config: BatchTests.config)
        try spool.drop("slow", manifest: #"{"prompt":"x","id":"slow","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        for _ in 0..<4 { try await die(spool, by: SIGKILL) }
        #expect(try await spool.darkroom("drain").code == 0)
        let log = try String(contentsOfFile: spool.scratch.file("daemon.log"), encoding: .utf8)
        #expect(log.contains("goes on alone"))
        #expect(spool.outcomes("done") == ["slow"])
    }
}
