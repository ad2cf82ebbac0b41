import Testing
import Transport

@Suite struct RequestRulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout OutgoingRequest) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout OutgoingRequest) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    @Test(arguments: [
        Case("another method") { $0.method = "DELETE" },
        Case("a method with a line break") { $0.method = "GET\r\nX: y" },
        Case("a GET with a body") { $0.method = "GET" },
        Case("a header with a line break") { $0.headers = [("X-A", "s3cret\r\nX-B: c")] },
        Case("a header with a zero byte") { $0.headers = [("X-A", "s3cret\u{0}")] },
        Case("a header's name with a colon") { $0.headers = [("X-A:", "s3cret")] },
        Case("a header without a name") { $0.headers = [("", "s3cret")] },
        Case("a header that frames the message") { $0.headers = [("Content-Length", "1")] },
        Case("another host") { $0.headers = [("hOsT", "elsewhere")] },
        Case("a content type with a line break") { $0.body = .bytes([], contentType: "a\nb") },
        Case("a form without parts") { $0.body = .form([]) },
        Case("a form of too many parts") {
            $0.body = .form(Array(repeating: FormPart(name: "a", text: ""), count: 257))
        },
        Case("a part without a name") { $0.body = .form([FormPart(name: "", text: "s3cret")]) },
        Case("a file name with a line break") {
            $0.body = .form([FormPart(name: "a", content: [], fileName: "s3cret\r\nX: y")])
        },
    ])
    func `a request that would be another one on the wire is not sent`(_ example: Case) async throws {
        let server = try RawServer { connection, _ in connection.hear() }
        let client = try HTTPClient(TransportSettings())
        var request = OutgoingRequest.post(server.port)
        example.change(&request)
        let result = await client.exchange(request)
        server.stop()
        #expect(result.outcome == "notSent malformed" && server.connections == 0)
        #expect(result.fault?.detail.contains("s3cret") == false)
    }
}
