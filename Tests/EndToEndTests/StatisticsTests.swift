import Foundation
import Support
import Testing

/// Prompts are counted where a policy says so, and nothing of them is left that leads back to anybody.
@Suite(.serialized) struct StatisticsTests {
    private func spool(_ policy: String) throws -> TestSpool {
        let spool = try TestSpool(
            "statistics",
            config: """
                { spool: "SPOOL", listen: "off", output: { size: "native", format: "jpeg" }, policy: "SPOOL/../shop.json5",
                  models: { offline: { provider: "simulator" } }, disk: { min_free: "1MB" } }
                """)
        try Data(policy.utf8).write(to: URL(fileURLWithPath: spool.scratch.file("shop.json5")))
        return spool
    }

    private func folder(_ spool: TestSpool) -> [String] {
        let path = spool.path + "/.darkroom/statistics"
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    private func drop(_ spool: TestSpool, _ subjects: Range<Int>, _ prompt: String = "CANARY mill") throws {
        let lines = subjects.map {
            #"{"prompt":"\#(prompt)","subject":"CANARY-subject-\#($0)","id":"job-\#(prompt.count)-\#($0)"}"#
        }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/.all"))
        try FileManager.default.moveItem(atPath: spool.path + "/inbox/.all", toPath: spool.path + "/inbox/all.jsonl")
    }

    /// Eight days pass by the clock that deadlines hang on.
    private func pass(_ spool: TestSpool) async throws {
        try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite", "UPDATE clock SET age = age + 691200000")
    }

    @Test func `a week that is over is published by the sweep, and its salt and tokens are gone`() async throws {
        let spool = try spool("{ id: 'shop', extends: 'maiimage2', statistics: { k: 20 } }")
        try drop(spool, 0..<21)
        #expect(try await spool.darkroom("drain").code == 0)
        try drop(spool, 0..<5, "КАНАРЕЙКА и мельница")
        try drop2(spool)
        #expect(try await spool.darkroom("drain").code == 0)
        let open = folder(spool)
        #expect(open.count == 3 && open[0].hasSuffix(".salt") && open[1].hasSuffix(".tokens"))
        let salt = try Data(contentsOf: URL(fileURLWithPath: spool.path + "/.darkroom/statistics/" + open[0]))
        let tokens = try String(contentsOfFile: spool.path + "/.darkroom/statistics/" + open[1], encoding: .utf8)
            .split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
        #expect(tokens.count == 26 && salt.count == 32)
        #expect(spool.files(holding: ["CANARY", "КАНАРЕЙКА"]) == [])
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(folder(spool) == open, "the week is not over")

        try await pass(spool)
        #expect(try await spool.darkroom("sweep").code == 0)
        let left = folder(spool)
        #expect(left.count == 2 && left[0].hasSuffix(".json") && left[1] == "lock")
        // One cell alone fell short: the other would be told by the difference.
        let document = try spool.json(".darkroom/statistics/" + left[0])
        #expect(document["least_subjects"] as? Int == 20 && (document["cells"] as? [Any])?.isEmpty == true)
        #expect(spool.files(holding: tokens) == [])
        for name in spool.files(holding: [""]) {
            let data = FileManager.default.contents(atPath: spool.path + "/" + name)
            #expect(data?.range(of: salt) == nil, "\(name) holds the salt")
        }

        // Who objects before is not counted; who does after, or is restricted or erased, is taken out.
        try await ask(spool, "object", 0, "--purpose", "statistics")
        try drop(spool, 0..<25, "CANARY mill once more")
        #expect(try await spool.darkroom("drain").code == 0)
        try await ask(spool, "object", 1, "--purpose", "statistics")
        try await ask(spool, "restrict", 2)
        try await ask(spool, "erase", 3)
        try await pass(spool)
        #expect(try await spool.darkroom("sweep").code == 0)
        let cells = try #require(
            try spool.json(".darkroom/statistics/" + folder(spool)[1])["cells"] as? [[String: Any]])
        #expect(cells.count == 1 && cells[0]["subjects"] as? Int == 21 && cells[0]["script"] as? String == "latin")
        #expect(cells[0]["model"] as? String == "simulator/gpt-image-2" && cells[0]["aspect"] as? String == "square")
        let log = try await spool.darkroom("audit", "show", "--limit", "1000")
        #expect(log.out.contains("statistics.closed") && !log.out.contains("CANARY"))
    }

    private func ask(_ spool: TestSpool, _ verb: String, _ subject: Int, _ rest: String...) async throws {
        let asked = try await Darkroom.run(
            ["subject", verb, "CANARY-subject-\(subject)"] + spool.arguments + rest)
        #expect(asked.code == 0, "\(verb): \(asked.err)")
    }

    /// A job without a subject is nobody's, and one that was not answered is counted neither.
    private func drop2(_ spool: TestSpool) throws {
        try spool.drop("nobody", manifest: #"{"prompt":"CANARY of nobody","id":"nobody"}"#)
    }

    @Test(arguments: ["{ id: 'shop' }", "{ id: 'shop', extends: 'image2', statistics: 'off', attestations: [] }"])
    func `nothing is counted where no policy says so`(policy: String) async throws {
        let spool = try spool(policy)
        try drop(spool, 0..<2)
        #expect(try await spool.darkroom("drain").code == 0)
        #expect(folder(spool) == [])
    }

    @Test func `fewer than twenty are not enough for any policy`() async throws {
        let spool = try spool("{ id: 'shop', statistics: { k: 19 } }")
        let checked = try await spool.darkroom("config", "check")
        #expect(checked.code == 78 && checked.err.contains("policy.statistics.k"))
    }
}
