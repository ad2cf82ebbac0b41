import Foundation
import Support
import Testing

/// When work does not flow, `status`, the page, `/readyz` and the log say the same true thing.
@Suite(.serialized) struct HealthTests {
    private func spool(_ name: String, models: String, more: String = "") throws -> TestSpool {
        try TestSpool(
            name,
            config: """
                { spool: "SPOOL", listen: "127.0.0.1:0", \(models), output: { size: "native", format: "jpeg" },
                  workers: { count: 1, timeout: "3s" }\(more) }
                """)
    }

    /// Waits until all of them say it.
    private func allSay(_ code: String, _ words: String, _ spool: TestSpool, _ daemon: Darkroom.Running) async throws {
        try await eventually("the page is there") { daemon.printed.contains("http://127.0.0.1:") }
        let rest = try #require(daemon.printed.components(separatedBy: "http://127.0.0.1:").dropFirst().first)
        let url = "http://127.0.0.1:" + rest.prefix { $0.isNumber }
        try await eventually("the log says \(code)") {
            daemon.printed.contains(#""code":"\#(code)""#) || daemon.printed.contains("code=\(code)")
        }
        let status = try await spool.darkroom("status")
        #expect(status.out.contains("does not flow") && status.out.contains(words), "\(status.out)")
        let document = try await spool.darkroom("status", "--json").json
        #expect(document["ready"] as? Bool == false)
        let codes = (document["obstacles"] as? [[String: Any]])?.compactMap { $0["code"] as? String }
        #expect(codes?.contains(code) == true)
        for path in ["/readyz", "/"] {
            let answer = try await Darkroom.run(tool: "/usr/bin/env", ["curl", "-s", "--max-time", "30", url + path])
                .out
            #expect(answer.contains(code) && answer.contains(words), "\(path): \(answer)")
        }
    }

    @Test func `a provider that is gone is said everywhere`() async throws {
        let spool = try spool(
            "gone",
            models:
                #"models: { o: { provider: "openai", endpoint: "http://127.0.0.1:9", model: "gpt-image-2", key: { env: "TEST_KEY" } } }"#
        )
        try spool.drop("j", manifest: #"{"prompt":"x","id":"j"}"#)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: ["TEST_KEY": "k"], log: spool.scratch.file("daemon.log"))
        try await allSay("routes", "no route can be reached", spool, daemon)
        // The route's own line does not call it open.
        // While the job is tried again nobody knows.
        var isSaid = (text: false, json: false)
        for _ in 0..<100 where !(isSaid.text && isSaid.json) {
            isSaid.text = try await spool.darkroom("status").out.contains("out of reach") || isSaid.text
            let routes = try await spool.darkroom("status", "--json").json["routes"] as? [[String: Any]]
            isSaid.json = routes?.first?["out_of_reach"] as? Bool == true || isSaid.json
        }
        #expect(isSaid.text && isSaid.json)
        await daemon.end()
        #expect(try await spool.darkroom("status").out.contains("no daemon runs"))
    }

    @Test func `a full disk is said everywhere, and that work flows again when there is room`() async throws {
        let models = #"models: { o: { provider: "simulator" } }"#
        let spool = try spool("full", models: models, more: #", disk: { min_free: "900TB" }"#)
        let daemon = try spool.daemon()
        try await allSay("disk_full", "less than disk.min_free (900000000 MB)", spool, daemon)
        await daemon.end()
    }

    @Test func `an image worker that stands still is said everywhere`() async throws {
        let models = #"models: { o: { provider: "simulator" } }"#
        let spool = try spool("stuck", models: models)
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        let daemon = try spool.daemon()
        try spool.drop("j0", manifest: #"{"prompt":"x","id":"j0","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try await eventually("a worker has done something") { spool.outcomes("done") == ["j0"] }
        for process in workers(of: daemon) { kill(process, SIGSTOP) }
        for number in 1...2 {
            try spool.drop(
                "j\(number)", manifest: #"{"prompt":"x","id":"j\#(number)","references":["a.jpg"]}"#,
                files: ["a.jpg": photo])
        }
        try await allSay("image_workers", "every image worker is stuck", spool, daemon)
        try await eventually("it is replaced when its time is over, and the jobs are done", within: 300) {
            spool.outcomes("done") == ["j0", "j1", "j2"]
        }
        #expect(daemon.printed.contains("tried once more in another") && spool.outcomes("failed").isEmpty)
        await daemon.end()
    }

    @Test func `one of several workers that stands still is said, while work flows`() async throws {
        let spool = try TestSpool(
            "one-stuck",
            config: """
                { spool: "SPOOL", listen: "off", models: { o: { provider: "simulator" } },
                  output: { size: "native", format: "jpeg" }, workers: { count: 2 } }
                """)
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        let daemon = try spool.daemon()
        try spool.drop("j0", manifest: #"{"prompt":"x","id":"j0","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try await eventually("a worker has done something") { spool.outcomes("done") == ["j0"] }
        for process in workers(of: daemon) { kill(process, SIGSTOP) }
        try spool.drop("j1", manifest: #"{"prompt":"x","id":"j1","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try await eventually("the log says it") { daemon.printed.contains("an image worker is stuck") }
        let status = try await spool.darkroom("status").out
        #expect(status.contains("flows") && status.contains("1 stuck"), "\(status)")
        await daemon.end(SIGKILL)
    }

    /// The processes that the daemon started to open pictures.
    private func workers(of daemon: Darkroom.Running) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { process in
            guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let fields = stat.components(separatedBy: ")").last?.split(separator: " "), fields.count > 1
            else { return false }
            return Int32(fields[1]) == daemon.process.pid
        }
    }
}
