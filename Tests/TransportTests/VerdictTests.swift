import Testing

@testable import Transport

@Suite struct VerdictTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: TransferFacts
        let verdict: Verdict

        init(_ name: String, _ verdict: Verdict, _ facts: TransferFacts) {
            testDescription = name
            self.facts = facts
            self.verdict = verdict
        }
    }

    @Test(arguments: [
        Case("a complete answer", .answered, TransferFacts(answerBegan: true, status: 200)),
        Case("a complete refusal", .answered, TransferFacts(answerBegan: true, status: 503)),
        Case(
            "a complete answer before the body was out", .answered,
            TransferFacts(answerBegan: true, status: 413, bodySize: 9, bodySent: 1)),
        Case("success without an answer", .unknown(.malformed), TransferFacts()),
        Case("an interim answer only", .unknown(.malformed), TransferFacts(answerBegan: true, status: 101)),
        Case("no address", .notSent(.resolve), TransferFacts(code: 6, begun: false, bodySize: 5)),
        Case("no address of the proxy", .notSent(.resolve), TransferFacts(code: 5, begun: false)),
        Case("nobody listens", .notSent(.connect), TransferFacts(code: 7, begun: false)),
        Case("handshake failed", .notSent(.tls), TransferFacts(code: 35, begun: false)),
        Case("not trusted", .notSent(.tls), TransferFacts(code: 60, begun: false)),
        Case("roots unreadable", .notSent(.tls), TransferFacts(code: 77, begun: false)),
        Case("no time to connect", .notSent(.timeout), TransferFacts(code: 28, begun: false, bodySize: 5)),
        Case("the proxy refuses the tunnel", .notSent(.connect), TransferFacts(code: 56, begun: false)),
        Case("lost before the body", .notSent(.connectionLost), TransferFacts(code: 55, bodySize: 5, bodySent: 0)),
        Case("lost within the body", .notSent(.connectionLost), TransferFacts(code: 56, bodySize: 5, bodySent: 4)),
        Case("out of time within the body", .notSent(.timeout), TransferFacts(code: 28, bodySize: 5, bodySent: 4)),
        Case("lost after the body", .unknown(.connectionLost), TransferFacts(code: 56, bodySize: 5, bodySent: 5)),
        Case(
            "nothing came after the body", .unknown(.connectionLost), TransferFacts(code: 52, bodySize: 5, bodySent: 5)),
        Case("out of time after the body", .unknown(.timeout), TransferFacts(code: 28, bodySize: 5, bodySent: 5)),
        Case("lost, and the body's size unknown", .unknown(.connectionLost), TransferFacts(code: 56, bodySize: nil)),
        Case("lost without a body", .unknown(.connectionLost), TransferFacts(code: 52)),
        Case(
            "lost within the body when an answer had begun", .unknown(.connectionLost),
            TransferFacts(code: 56, answerBegan: true, bodySize: 5, bodySent: 4)),
        Case(
            "a short answer", .unknown(.connectionLost),
            TransferFacts(code: 18, answerBegan: true, status: 200, bodySize: 5, bodySent: 5)),
        Case("cancelled in the queue", .notSent(.cancelled), TransferFacts(code: 42, begun: false, cancelled: true)),
        Case(
            "cancelled within the body", .notSent(.cancelled),
            TransferFacts(code: 42, cancelled: true, bodySize: 5, bodySent: 1)),
        Case(
            "cancelled while waiting", .unknown(.cancelled),
            TransferFacts(code: 42, cancelled: true, bodySize: 5, bodySent: 5)),
        Case(
            "the sink threw", .unknown(.sinkFailed),
            TransferFacts(code: 23, answerBegan: true, sinkFailed: true, status: 200)),
        Case(
            "too much body", .unknown(.tooLarge),
            TransferFacts(code: 23, answerBegan: true, bodyTooLarge: true, status: 200)),
        Case("too much head", .unknown(.tooLarge), TransferFacts(code: 23, answerBegan: true, headTooLarge: true)),
        Case(
            "a body that does not unpack", .unknown(.malformed), TransferFacts(code: 61, answerBegan: true, status: 200)
        ),
        Case("no HTTP", .unknown(.malformed), TransferFacts(code: 1, answerBegan: true)),
        Case("a code nobody foresaw", .unknown(.other), TransferFacts(code: 4711)),
        Case("a code nobody foresaw, before the request", .notSent(.other), TransferFacts(code: 4711, begun: false)),
    ])
    func `facts decide whether the request may have reached the service`(_ example: Case) {
        #expect(Verdict(example.facts) == example.verdict)
    }
}
