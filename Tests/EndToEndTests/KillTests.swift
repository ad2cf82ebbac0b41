import Foundation
import Support
import Testing

@Suite(.serialized) struct KillTests {
    @Test func `twenty kills during twenty jobs lose nothing and buy nothing twice`() async throws {
        let scratch = try TestSpool("sim").scratch
        let ledger = scratch.file("simulator.jsonl")
        let (simulator, url) = try await Darkroom.simulator(scratch, ledger: ledger)
        let spool = try TestSpool(
            "kill",
            config: """
                { spool: "SPOOL", models: { mai: { provider: "microsoft-mai", endpoint: "\(url)", deployment: "d",
                  family: "2.5", key: { env: "TEST_MAI_KEY" }, requests_per_minute: 6000, concurrency: 3 } },
                  disk: { min_free: "1MB" } }
                """)
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        let ids = (1...20).map { "job-\($0)" }
        var random = SystemRandomNumberGenerator()
        for (index, id) in ids.enumerated() {
            let references = index % 4 == 0 ? #","references":["a.jpg"]"# : ""
            try spool.drop(
                id,
                manifest:
                    #"{"prompt":"\#(id)","id":"\#(id)"\#(references),"output":{"size":"native","format":"jpeg"}}"#,
                files: index % 4 == 0 ? ["a.jpg": photo] : [:])
        }
        let environment = ["TEST_MAI_KEY": "k"]
        for _ in 0..<20 {
            let daemon = try Darkroom.Running(
                ["run"] + spool.arguments, environment: environment, log: spool.scratch.file("log"))
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...500, using: &random)))
            await daemon.end(SIGKILL)
        }
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: environment)
        await simulator.end()
        try check(spool, ids, requests: lines(ledger))
    }

    @Test func `an image worker that is killed costs no job its life`() async throws {
        let spool = try TestSpool("worker")
        for number in 1...3 {
            try spool.drop("j\(number)", manifest: #"{"prompt":"hills \#(number)","id":"j\#(number)"}"#)
        }
        let daemon = try spool.daemon()
        var killed: Int32?
        try await eventually("all three are done, with a worker killed on the way") {
            if killed == nil, let worker = Children.of(daemon.process.pid).first {
                kill(worker, SIGKILL)
                killed = worker
            }
            return spool.outcomes("done").count == 3
        }
        #expect(killed != nil)
        #expect(spool.outcomes("failed") == [])
        #expect(await daemon.end() == 0)
    }

    private func check(_ spool: TestSpool, _ ids: [String], requests: [[String: Any]]) throws {
        let done = spool.outcomes("done")
        let held = spool.outcomes("held")
        #expect(spool.outcomes("failed") == [])
        #expect((done + held).sorted() == ids.sorted(), "each job has exactly one outcome")
        for job in held {
            let reason = try spool.status("held", job)["reason"] as? [String: Any]
            #expect(reason?["code"] as? String == "outcome_unknown")
        }
        for job in done {
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(spool.path)/done/\(job)").sorted()
            #expect(files == ["\(job)-1.jpg", "\(job)-1.jpg.json", "status.json"], "whole folders only")
        }
        // The simulator knows prompts by digest; every job has a prompt of its own, so none may stand twice.
        let prompts = requests.compactMap { $0["prompt_sha256"] as? String }
        #expect(prompts.count == Set(prompts).count, "a job was bought twice")
        #expect(prompts.count >= done.count)
        let left = try FileManager.default.contentsOfDirectory(atPath: spool.path + "/.darkroom/staging")
        #expect(left == [], "nothing half-made is left")
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool.path + "/.darkroom/claims") == [])
    }

    private func lines(_ path: String) -> [[String: Any]] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
    }
}
