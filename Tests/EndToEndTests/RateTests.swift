import Foundation
import Support
import Testing

@Suite struct RateTests {
    @Test func `a subject beyond its pace waits with its reason, others go on, and it goes on by itself`() async throws
    {
        let spool = try TestSpool(
            "rates",
            config: """
                { spool: "SPOOL", models: { default: "o", o: { provider: "simulator" } }, rates: { per_subject: "2/10s" },
                  output: { size: "native", format: "jpeg" }, listen: "off" }
                """)
        for number in 1...3 {
            try spool.drop("a\(number)", manifest: #"{"prompt":"hill \#(number)","id":"a\#(number)","subject":"A"}"#)
        }
        try spool.drop("b1", manifest: #"{"prompt":"hill","id":"b1","subject":"B"}"#)
        let daemon = try spool.daemon()
        try await eventually("all but one of A are done") { spool.outcomes("done").count >= 3 }
        #expect(spool.outcomes("done").contains("b1"))
        try await eventually("it waits, or has waited") { daemonWaited(spool) }
        try await eventually("the third of A is done as well") { spool.outcomes("done").count == 4 }
        #expect(await daemon.end() == 0)
    }

    @Test func `of many that wait for a pace only a few come again for each request`() async throws {
        let spool = try TestSpool(
            "rates-many",
            config: """
                { spool: "SPOOL", models: { default: "o", o: { provider: "simulator" } }, rates: { per_subject: "1/s" },
                  output: { size: "native", format: "jpeg" }, listen: "off" }
                """)
        let lines = (1...300).map { #"{"prompt":"hill \#($0)","subject":"A"}"# }
        let beside = spool.path + "/inbox/.many"
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: beside))
        try FileManager.default.moveItem(atPath: beside, toPath: spool.path + "/inbox/many.jsonl")
        let daemon = try spool.daemon()
        try await eventually("it moves on") { spool.outcomes("done").count >= 8 }
        #expect(await daemon.end() == 0)
        let log = try String(contentsOfFile: spool.scratch.file("daemon.log"), encoding: .utf8)
        let waits = log.split(separator: "\n").count { $0.contains(#""reason":"over_rate""#) }
        #expect((1...900).contains(waits), "\(waits) waits for eight requests of 300")
    }

    private func daemonWaited(_ spool: TestSpool) -> Bool {
        let log = (try? String(contentsOfFile: spool.scratch.file("daemon.log"), encoding: .utf8)) ?? ""
        return log.contains(#""reason":"over_rate""#)
    }
}
