import Foundation
import Support
import Testing

/// A worker's time is its processor time: what a busy machine does to it fails no job, and no picture is blamed for it.
@Suite(.serialized) struct WorkerTimeTests {
    private static let photograph = Darkroom.samples + "/dandelion.jpg"

    private func spool(_ name: String, _ provider: Provider, timeout: String) throws -> TestSpool {
        try TestSpool(
            name,
            config: provider.configuration(
                """
                listen: "off", output: { size: "native", format: "jpeg" },
                limits: { reference_pixels: 400000000 }, workers: { count: 1, memory: "16GB", timeout: "\(timeout)" }
                """))
    }

    private func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
    }

    /// Has the same spool go on with more time for a picture.
    private func allowMore(_ spool: TestSpool) throws {
        let path = try #require(spool.config)
        let old = try String(contentsOfFile: path, encoding: .utf8)
        let text = old.replacing(#"timeout: "1s""#, with: #"timeout: "60s""#)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// A sound picture of 196 megapixels, 16 bits and a profile: a small file, and seconds of work.
    private func heavyPicture(_ scratch: Scratch) async throws -> String {
        let black = scratch.file("black.png")
        let path = scratch.file("heavy.png")
        try await Darkroom.tool("vips", "black", black, "14000", "14000", "--bands", "3")
        try await Darkroom.tool("vips", "colourspace", black, path + "[profile=p3]", "rgb16")
        return path
    }

    /// Why a job failed, or an output of it.
    private func reason(_ spool: TestSpool, _ job: String) throws -> [String: Any] {
        try #require(try spool.status("failed", job)["reason"] as? [String: Any])
    }

    @Test func `a reference that takes too much time is tried twice, kept and not blamed`() async throws {
        let provider = try Provider()
        let spool = try spool("heavy", provider, timeout: "1s")
        let heavy = try await heavyPicture(spool.scratch)
        let photo = try Data(contentsOf: URL(fileURLWithPath: Self.photograph))
        try spool.drop(
            "heavy", manifest: #"{"prompt":"x","id":"heavy","references":["a.png"]}"#,
            files: ["a.png": try Data(contentsOf: URL(fileURLWithPath: heavy))])
        try spool.drop(
            "light", manifest: #"{"prompt":"x","id":"light","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        let drained = try await drain(spool)
        #expect(drained.code == 1 && spool.outcomes("done") == ["light"], "\(drained.err)")
        let reason = try reason(spool, "heavy")
        #expect(reason["code"] as? String == "worker_timeout" && reason["retryable"] as? String == "yes")
        #expect(reason["field"] as? String == "references[0]" && reason["limit"] as? String == "1 s")
        #expect((reason["hint"] as? String)?.contains("raise workers.timeout") == true)
        #expect(drained.err.components(separatedBy: "tried once more in another").count == 2, "\(drained.err)")
        #expect(provider.requests.count == 1)
        // The command that uses the same workers does not blame the file either.
        let normalized = try await Darkroom.run(
            ["normalize", heavy, "-o", spool.scratch.file("o.png")] + spool.arguments)
        #expect(normalized.code == 69 && normalized.err.contains("workers.timeout"), "\(normalized)")
        // Its inputs are kept, so that it goes on where there is more time.
        try allowMore(spool)
        #expect(try await spool.darkroom("retry", "--reason", "worker_timeout", "--yes").code == 0)
        #expect(try await drain(spool).code == 0)
        #expect(spool.outcomes("done") == ["heavy", "light"])
        await provider.stop()
    }

    @Test func `an output that takes too much time is made from the paid answer later`() async throws {
        let provider = try Provider()
        let spool = try spool("output", provider, timeout: "1s")
        try spool.drop(
            "j", manifest: #"{"prompt":"x","id":"j","output":{"size":"8k","format":"avif","quality":90}}"#)
        let drained = try await drain(spool)
        #expect(drained.code == 1, "\(drained.err)")
        let reason = try reason(spool, "j")
        #expect(reason["code"] as? String == "worker_timeout" && reason["retryable"] as? String == "yes")
        #expect((reason["hint"] as? String)?.contains("the answer is kept") == true)
        try allowMore(spool)
        #expect(try await spool.darkroom("retry", "j").code == 0)
        #expect(try await drain(spool).code == 0 && spool.outcomes("done") == ["j"])
        #expect(provider.requests.count == 1, "nothing is paid for again")
        await provider.stop()
    }

    @Test func `a job whose worker gets no processor for longer than its time is done`() async throws {
        let provider = try Provider()
        let spool = try spool("starved", provider, timeout: "3s")
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
        let photo = try Data(contentsOf: URL(fileURLWithPath: Self.photograph))
        try spool.drop("j0", manifest: #"{"prompt":"x","id":"j0","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try await eventually("a worker has done something") { spool.outcomes("done") == ["j0"] }
        let worker = try #require(Children.of(daemon.process.pid).first)
        kill(worker, SIGSTOP)
        try spool.drop("j1", manifest: #"{"prompt":"x","id":"j1","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        // Said after four seconds.
        try await eventually("the log says it") { daemon.printed.contains("an image worker is stuck") }
        kill(worker, SIGCONT)
        try await eventually("it is done") { spool.outcomes("done") == ["j0", "j1"] }
        #expect(Children.of(daemon.process.pid) == [worker] && !daemon.printed.contains("tried once more"))
        await daemon.end()
        await provider.stop()
    }

    @Test func `a stop does not wait for a worker that stands still, and its job goes on later`() async throws {
        let provider = try Provider()
        let spool = try spool("stop", provider, timeout: "60s")
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
        let photo = try Data(contentsOf: URL(fileURLWithPath: Self.photograph))
        try spool.drop("j0", manifest: #"{"prompt":"x","id":"j0"}"#)
        try await eventually("there is a worker") { spool.outcomes("done") == ["j0"] }
        kill(try #require(Children.of(daemon.process.pid).first), SIGSTOP)
        try spool.drop("j", manifest: #"{"prompt":"x","id":"j","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try await eventually("the log says it") { daemon.printed.contains("an image worker is stuck") }
        #expect(await daemon.end() == 0)
        #expect(daemon.printed.contains("the stop does not wait for it") && spool.outcomes("failed").isEmpty)
        #expect(try await drain(spool).code == 0 && spool.outcomes("done") == ["j", "j0"])
        await provider.stop()
    }

    @Test func `a job that loses its worker waits for another, says why, and a drain waits for it`() async throws {
        let provider = try Provider()
        let spool = try spool("lost", provider, timeout: "3s")
        let photo = try Data(contentsOf: URL(fileURLWithPath: Self.photograph))
        try spool.drop("j0", manifest: #"{"prompt":"x","id":"j0","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        // The thread that starts workers gets no descriptor for the second one, and one for the third.
        let daemon = try Darkroom.Running(
            tool: "/usr/bin/env",
            [
                "strace", "-f", "-o", "/dev/null", "-e", "trace=pidfd_open", "-e",
                "inject=pidfd_open:error=EMFILE:when=2..3", Darkroom.path, "run",
            ] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
        try await eventually("a worker has done something") { spool.outcomes("done") == ["j0"] }
        let program = try #require(Children.of(daemon.process.pid).first)
        let worker = try #require(Children.of(program).first)
        kill(worker, SIGKILL)
        try spool.drop("j1", manifest: #"{"prompt":"x","id":"j1","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try await eventually("it waits") { daemon.printed.contains("job.waits") }
        let story = try await spool.darkroom("show", "j1").out
        #expect(story.contains("no picture can be handed to an image worker"), "\(story)")
        try await eventually("it is done when there is a worker again") { spool.outcomes("done") == ["j0", "j1"] }
        #expect(spool.outcomes("failed").isEmpty)
        kill(program, SIGTERM)
        await daemon.ended()
        await provider.stop()
    }
}
