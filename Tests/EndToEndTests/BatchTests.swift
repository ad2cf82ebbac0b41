import Foundation
import Support
import Testing

@Suite(.serialized) struct BatchTests {
    /// A quick route, so that many jobs take little time.
    static let config = """
        { spool: "SPOOL", queue: { max_accepted: 7 }, models: { default: "offline", offline: { provider: "simulator" } },
          output: { size: "native", format: "jpeg" }, inbox: { settle: "100ms" }, listen: "off" }
        """

    func drop(_ lines: [String], in spool: TestSpool, _ name: String = "spring.jsonl") throws {
        let beside = spool.path + "/inbox/." + name
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: beside))
        try FileManager.default.moveItem(atPath: beside, toPath: spool.path + "/inbox/" + name)
    }

    @Test func `a batch larger than the queue drains, its bad lines fail alone, and all of it has one mark`()
        async throws
    {
        let spool = try TestSpool("batch", config: Self.config)
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        try photo.write(to: URL(fileURLWithPath: spool.path + "/inbox/photo.jpg"))
        var lines = (1...18).map { #"{"prompt":"hill \#($0)"}"# }
        lines[3] = #"{"prompt":"like this","references":["photo.jpg"]}"#
        lines[4] = #"{"prompt":"and this","references":["photo.jpg"],"id":"chosen"}"#
        lines[7] = "{ not JSON"
        lines[9] = #"{"prompt":"x","references":["missing.jpg"],"size":"wrong"}"#
        try drop(lines, in: spool)
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 1, "two lines failed")
        #expect(spool.outcomes("done").count == 16 && spool.outcomes("failed").count == 2)
        #expect(spool.outcomes("done").contains("chosen"))
        let ours = (spool.outcomes("done") + spool.outcomes("failed")).filter { $0 != "chosen" }
        #expect(Set(ours.map { $0.dropLast(7) }).count == 1, "one mark for all lines")
        #expect(spool.outcomes("failed").map { $0.suffix(6) } == ["000008", "000010"])
        #expect(spool.outcomes("inbox") == [])
        #expect(spool.outcomes(".darkroom/claims") == [])
    }

    @Test func `kills in the middle of a batch leave each line exactly one job`() async throws {
        // Each kill may leave the four that are in a call held, and what is held keeps its place in the queue.
        let spool = try TestSpool(
            "batch-kill",
            config: Self.config.replacingOccurrences(of: "max_accepted: 7", with: "max_accepted: 40"))
        try drop((1...60).map { #"{"prompt":"hill \#($0)","id":"line-\#($0)"}"# }, in: spool)
        for round in 1...6 {
            let daemon = try spool.daemon()
            try await eventually("the batch moves on") {
                spool.outcomes("done").count + spool.outcomes("held").count >= round * 6
            }
            await daemon.end(SIGKILL)
        }
        _ = try await spool.darkroom("drain")
        // Held is what was in a call at a kill: a person decides about those.
        for held in spool.outcomes("held") { _ = try await spool.darkroom("release", held) }
        _ = try await spool.darkroom("drain")
        let all = ["done", "held", "failed"].flatMap { spool.outcomes($0) }
        #expect(all.sorted() == (1...60).map { "line-\($0)" }.sorted())
        #expect(spool.outcomes("failed") == [])
        #expect(spool.outcomes(".darkroom/claims") == [])
    }

    @Test func `a batch that is found after days fails line by line, and no sweep takes what is left of it`()
        async throws
    {
        let spool = try TestSpool("batch-late", config: Self.config)
        try drop((1...900).map { #"{"prompt":"hill \#($0)","id":"line-\#($0)"}"# }, in: spool)
        let daemon = try spool.daemon()
        try await eventually("it is claimed") { !spool.outcomes(".darkroom/claims").isEmpty }
        await daemon.end(SIGKILL)
        let claim = try #require(spool.outcomes(".darkroom/claims").first)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -172_800)],
            ofItemAtPath: spool.path + "/.darkroom/claims/" + claim)
        let next = try spool.daemon()
        try await eventually("the batch is over") { spool.outcomes(".darkroom/claims").isEmpty }
        try await eventually("each line has an outcome") {
            ["done", "held", "failed"].flatMap { spool.outcomes($0) }.count == 900
        }
        await next.end()
    }
}
