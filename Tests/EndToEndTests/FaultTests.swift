import Foundation
import Support
import Testing

/// A few faults against each provider; the whole table is Tests/full/fault-matrix.sh.
@Suite struct FaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let fault: String
        let isEdit: Bool
        let outcome: String
        /// The class of every call, in order; the last one is the reason of a job that is not done.
        let calls: [String]

        var testDescription: String { "\(fault) \(isEdit ? "edit" : "generate")" }

        init(_ fault: String, _ isEdit: Bool, _ outcome: String, _ calls: String...) {
            (self.fault, self.isEdit, self.outcome, self.calls) = (fault, isEdit, outcome, calls)
        }
    }

    static let rules = """
        [ { name: "input", match: { marker: "input" }, answer: { refuse: "content_blocked_input" } },
          { name: "output", match: { marker: "output" }, answer: { refuse: "content_blocked_output" } },
          { name: "key", match: { marker: "key" }, answer: { refuse: "auth" } },
          { name: "pace", match: { marker: "pace" }, times: 1, per_prompt: true,
            answer: { refuse: "rate_limited", retry_after: "2s" } },
          { name: "fails", match: { marker: "fails" }, answer: { refuse: "server_error" } },
          { name: "final", match: { marker: "final" },
            answer: { refuse: "server_error", headers: { "x-should-retry": "false" } } },
          { name: "reset", match: { marker: "reset" }, answer: { reset: "within" } },
          { name: "silent", match: { marker: "silent" }, answer: { hang: true } },
          { name: "torn", match: { marker: "torn" }, answer: { spoil: "truncated_json" } },
          { name: "bomb", match: { marker: "bomb" }, answer: { spoil: "gzip_bomb" } },
          { name: "huge", match: { marker: "huge" }, answer: { spoil: "huge" } },
          { name: "away", match: { marker: "away" }, answer: { redirect: "/elsewhere" } },
          { name: "slow", match: { marker: "slow" }, answer: { bytes_per_second: "4MB", spoil: "escaped_slashes" } } ]
        """

    static let cases: [(provider: String, cases: [Case])] = [
        (
            "microsoft-mai",
            [
                Case("reset", true, "held", "outcome_unknown"), Case("pace", false, "done", "rate_limited", "success"),
                Case("slow", true, "done", "success"),
            ]
        ),
        (
            "openai",
            [
                Case("output", true, "failed", "content_blocked_output"), Case("torn", false, "failed", "bad_response"),
                Case("bomb", false, "held", "outcome_unknown"), Case("final", false, "failed", "server_error"),
            ]
        ),
        (
            "azure-openai",
            [Case("away", false, "failed", "bad_response"), Case("huge", true, "held", "outcome_unknown")]
        ),
        (
            "google-gemini",
            [
                Case("input", true, "failed", "content_blocked_input"),
                Case("pace", true, "done", "rate_limited", "success"),
                Case("key", false, "failed", "auth"),
            ]
        ),
        (
            "openrouter",
            [
                Case("silent", true, "held", "outcome_unknown"),
                Case("fails", false, "failed", "server_error", "server_error"),
            ]
        ),
    ]

    @Test(arguments: cases)
    func `a fault ends a job as the contract says, after no more calls than it allows`(
        provider name: String, cases: [Case]
    ) async throws {
        let provider = try Provider(faults: Self.rules)
        let reference = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        for one in cases {
            let timeout = one.fault == "silent" ? "timeout: '2s'" : ""
            let spool = try TestSpool("fault", config: provider.configuration(route: timeout, provider: name))
            let more = one.isEdit ? #","references":["a.jpg"]"# : ""
            try spool.drop(
                "j",
                manifest: #"{"prompt":"a mill [[fault:\#(one.fault)]]","id":"j","output":{"size":"native"}\#(more)}"#,
                files: one.isEdit ? ["a.jpg": reference] : [:])
            let before = provider.requests.count
            let started = Date()
            _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
            #expect(spool.outcomes(one.outcome) == ["j"], "\(one.testDescription)")
            #expect(provider.requests.count - before == one.calls.count, "\(one.testDescription)")
            let status = try spool.status(one.outcome, "j")
            let attempts = try #require(status["attempts"] as? [[String: Any]])
            #expect(attempts.map { $0["class"] as? String } == one.calls, "\(one.testDescription)")
            let reason = (status["reason"] as? [String: Any])?["code"] as? String
            #expect(reason == (one.outcome == "done" ? nil : one.calls.last), "\(one.testDescription)")
            if one.fault == "pace" { #expect(Date().timeIntervalSince(started) >= 2, "not before it may") }
        }
        await provider.stop()
    }
}
