import Domain
import Ledger
import Settings
import Spool
import Support
import Testing

@testable import StatusPage

@Suite struct MetricsPage {
    struct Clock: Timekeeper {
        let bootID = "boot"
        func wall() -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000) }
        func sinceBoot() -> Int64 { 1000 }
    }

    @Test func `the page of metrics is what is measured`() async throws {
        let scratch = try Scratch("metrics")
        let spool = SpoolFolders(root: scratch.file("spool"))
        try spool.prepare(group: nil)
        var configuration = Configuration()
        configuration.spool = spool.root
        let ledger = try SQLiteLedger(path: spool.ledger, timekeeper: Clock())
        let status = try await SpoolStatus(ledger, spool, configuration)
        let metrics = Metrics(status, Tally(), Readiness(), [])
        var helps: [String: String] = [:]
        var rows: [[String]] = []
        for line in metrics.text.split(separator: "\n") where line.hasPrefix("# ") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard words.count == 4 else { continue }
            if words[1] == "HELP" { helps[words[2]] = words[3] }
            if words[1] == "TYPE" { rows.append(["`\(words[2])`", words[3], helps[words[2]] ?? ""]) }
        }
        #expect(rows.count > 20)
        let text = """
            # Metrics

            Everything that `/metrics` gives, for Prometheus: base units, and no subject, job or prompt in a label.

            This page is made from the source. Rules and a dashboard that use these names are in `samples/monitoring/`.

            \(GeneratedPage.table(["Name", "Type", "What it is"], rows))
            """
        #expect(try GeneratedPage.isFresh("Metrics.md", text), "write it anew: DARKROOM_WRITE_PAGES=1")
    }
}
