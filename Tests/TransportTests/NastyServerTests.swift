import Foundation
import Testing
import Transport

@Suite struct NastyServerTests {
    private let client: HTTPClient
    /// More than the sockets of both ends hold, so that it cannot have left when the other side does not read.
    private static let large = [UInt8](repeating: 7, count: 24 << 20)

    init() throws { client = try HTTPClient(TransportSettings()) }

    private func result(
        of request: (UInt16) -> OutgoingRequest, into sink: Collected = Collected(),
        _ script: @escaping @Sendable (RawConnection) -> Void
    ) async throws -> ExchangeResult {
        let server = try RawServer { connection, _ in script(connection) }
        defer { server.stop() }
        return await client.exchange(request(server.port), into: sink)
    }

    @Test func `a connection reset before the body was out was not sent`() async throws {
        let result = try await result(of: { .post($0, bytes: Self.large) }) { connection in
            connection.hear()
            connection.resetOnClose()
        }
        #expect(result.outcome == "notSent connectionLost")
    }

    @Test func `a form reset before it was out was not sent`() async throws {
        let form = OutgoingRequest.Body.form([FormPart(name: "image", content: Self.large, fileName: "1.png")])
        let result = try await result(of: { port in
            var request = OutgoingRequest.post(port)
            request.body = form
            return request
        }) { connection in
            connection.hear(body: 1000)
            connection.resetOnClose()
        }
        #expect(result.outcome == "notSent connectionLost")
    }

    @Test(arguments: [true, false])
    func `a connection lost after the body may have arrived`(reset: Bool) async throws {
        let result = try await result(of: { .post($0) }) { connection in
            connection.hear(body: 2)
            if reset { connection.resetOnClose() }
        }
        #expect(result.outcome == "unknown connectionLost" && result.head == nil)
    }

    @Test func `a form lost after its end may have arrived`() async throws {
        let result = try await result(of: { port in
            var request = OutgoingRequest.post(port)
            request.body = .form([FormPart(name: "prompt", text: "a fox")])
            return request
        }) { connection in
            connection.hear(body: 90)
        }
        #expect(result.outcome == "unknown connectionLost")
    }

    @Test(arguments: ["Content-Length: 100\r\n\r\n0123456789", "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"])
    func `an answer cut short keeps its head and what came`(rest: String) async throws {
        let sink = Collected()
        let result = try await result(of: { .post($0) }, into: sink) { connection in
            connection.hear(body: 2)
            connection.say("HTTP/1.1 200 OK\r\nX-A: b\r\n" + rest)
        }
        #expect(result.outcome == "unknown connectionLost" && sink.text == "0123456789")
        #expect(result.head?.status == 200 && result.head?.bodyBytes == 10 && result.head?.headers["x-a"] == "b")
    }

    @Test func `silence after the body ends with the total timeout`() async throws {
        let result = try await result(of: { .post($0, timeout: .milliseconds(300)) }) { $0.waitForEnd() }
        #expect(result.outcome == "unknown timeout")
    }

    @Test func `silence while the body leaves was not sent`() async throws {
        let (gone, going) = AsyncStream.makeStream(of: Void.self)
        let result = try await result(of: { .post($0, bytes: Self.large, timeout: .milliseconds(300)) }) { connection in
            connection.hear()
            let waiting = DispatchSemaphore(value: 0)
            Task {
                for await _ in gone {}
                waiting.signal()
            }
            waiting.wait()
        }
        going.finish()
        #expect(result.outcome == "notSent timeout")
    }

    @Test func `silence instead of a handshake ends with the connect timeout`() async throws {
        let result = try await result(of: { port in
            OutgoingRequest(
                method: "POST", url: "https://127.0.0.1:\(port)/", connectTimeout: .milliseconds(300),
                totalTimeout: .seconds(60))
        }) { $0.waitForEnd() }
        #expect(result.outcome == "notSent timeout")
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is an answer and not followed`(status: Int) async throws {
        let elsewhere = try RawServer { connection, _ in connection.hear() }
        let target = "http://127.0.0.1:\(elsewhere.port)/"
        let result = try await result(of: { .post($0) }) { connection in
            connection.hear(body: 2)
            connection.say("HTTP/1.1 \(status) Moved\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n")
        }
        elsewhere.stop()
        #expect(result.outcome == "answered" && result.head?.status == status)
        #expect(result.head?.headers["location"] == target && elsewhere.connections == 0)
    }

    @Test func `interim answers and trailers do not change the head`() async throws {
        let sink = Collected()
        let result = try await result(of: { .post($0) }, into: sink) { connection in
            connection.hear(body: 2)
            connection.say("HTTP/1.1 103 Early\r\nX-A: early\r\n\r\nHTTP/1.1 200 OK\r\nX-B: 1\r\nX-B: 2\r\n")
            connection.say("Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-C: late\r\n\r\n")
        }
        #expect(result.outcome == "answered" && sink.text == "ok" && result.head?.status == 200)
        #expect(result.head?.headers == ["x-b": "2", "transfer-encoding": "chunked"])
    }

    @Test(arguments: ["hello, no HTTP here\r\n\r\n", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"])
    func `an answer that is no HTTP may have been paid for`(nonsense: String) async throws {
        let result = try await result(of: { .post($0) }) { connection in
            connection.hear(body: 2)
            connection.say(nonsense)
        }
        #expect(result.outcome == "unknown malformed")
    }

    @Test func `a head without end is cut off`() async throws {
        let result = try await result(of: { .post($0) }) { connection in
            connection.hear(body: 2)
            connection.say("HTTP/1.1 200 OK\r\n")
            for number in 0..<2000 { connection.say("X-\(number): \(String(repeating: "y", count: 100))\r\n") }
            connection.waitForEnd()
        }
        #expect(result.outcome == "unknown tooLarge")
    }

    @Test func `compression is not asked for, and unpacked under the limit when it comes all the same`() async throws {
        let packed = try Tool.run("gzip", ["-9c"], input: [UInt8](repeating: 65, count: 5_000_000))
        let server = try RawServer { connection, _ in
            let request = connection.hear()
            let asked = request.contains("Accept-Encoding: identity\r\n")
            connection.say("HTTP/1.1 \(asked ? 200 : 400) OK\r\nContent-Encoding: gzip\r\n")
            connection.say("Content-Length: \(packed.count)\r\n\r\n")
            connection.say(packed)
        }
        var request = OutgoingRequest.get(server.port)
        request.responseLimit = 5_000_000
        let sink = Collected()
        let whole = await client.exchange(request, into: sink)
        #expect(whole.outcome == "answered" && whole.head?.status == 200 && whole.head?.bodyBytes == 5_000_000)
        #expect(sink.all.allSatisfy { $0 == 65 })
        request.responseLimit = 4_999_999
        #expect(await client.exchange(request).outcome == "unknown tooLarge")
        server.stop()
    }

    @Test func `nobody listening is no connection`() async throws {
        let nobody = try DeadPort()
        let result = await client.exchange(.post(nobody.port))
        #expect(result.outcome == "notSent connect")
    }

    @Test func `a POST never travels on a connection that was used before`() async throws {
        // Would answer any number of requests on one connection.
        let server = try RawServer { connection, _ in
            while !connection.hear().isEmpty {
                connection.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        #expect(await client.exchange(.get(server.port)).outcome == "answered")
        #expect(await client.exchange(.post(server.port)).outcome == "answered")
        #expect(await client.exchange(.post(server.port)).outcome == "answered")
        server.stop()
        #expect(server.connections == 3)
    }

    @Test func `a POST lost on a fresh connection is not repeated`() async throws {
        let server = try RawServer { connection, _ in connection.hear(body: 2) }
        #expect(await client.exchange(.post(server.port)).outcome == "unknown connectionLost")
        server.stop()
        #expect(server.connections == 1)
    }
}
