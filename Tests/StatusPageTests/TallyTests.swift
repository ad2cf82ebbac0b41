import Ledger
import Testing

@testable import StatusPage

@Suite struct TallyTests {
    func run(_ tally: Tally, _ job: String, _ names: [(String, [String: String])]) {
        for (name, facts) in names { tally.take(LedgerEvent(name, job: job, facts)) }
    }

    @Test func `nothing is kept of a job that has settled, however its calls ended`() {
        let tally = Tally()
        let one = ["output": "1"]
        run(
            tally, "good",
            [
                ("job.accepted", [:]), ("job.prepared", [:]), ("call.sent", one),
                ("call.ended", ["output": "1", "class": "success", "billed": "yes"]), ("output.made", one),
                ("job.settled", ["outcome": "done"]),
            ])
        run(
            tally, "refused",
            [
                ("job.accepted", [:]), ("call.sent", one),
                ("call.ended", ["output": "1", "class": "content_blocked_output", "billed": "yes"]),
                ("job.settled", ["outcome": "failed", "reason": "content_blocked_output"]),
            ])
        run(
            tally, "damaged",
            [
                ("job.accepted", [:]), ("call.sent", one),
                ("call.ended", ["output": "1", "class": "success", "billed": "yes"]),
                ("output.failed", ["output": "1", "reason": "bad_response"]),
                ("job.settled", ["outcome": "failed", "reason": "bad_response"]),
            ])
        #expect(tally.snapshot.begun.isEmpty)
        #expect(tally.snapshot.stages["finish"]?.counts.reduce(0, +) == 1)
        #expect(tally.snapshot.stages["job"]?.counts.reduce(0, +) == 3)
    }
}
