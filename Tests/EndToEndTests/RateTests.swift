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
        try await eventually("all but one of A are done") { spool.outcomes("done").count == 3 }
        #expect(spool.outcomes("done").contains("b1"))
        try await eventually("it waits, or has waited") { daemonWaited(spool) }
        try await eventually("the third of A is done as well") { spool.outcomes("done").count == 4 }
        #expect(await daemon.end() == 0)
    }

    private func daemonWaited(_ spool: TestSpool) -> Bool {
        let log = (try? String(contentsOfFile: spool.scratch.file("daemon.log"), encoding: .utf8)) ?? ""
        return log.contains(#""reason":"over_rate""#)
    }
}
