import Domain
import HTTPServer
import Support
import Synchronization
import Testing
import Transport

@Suite struct ExchangeTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient(TransportSettings()) }

    /// A listener that keeps the requests it saw.
    private func listener(
        bodyLimit: Int = 32 << 20,
        reply: @escaping @Sendable (IncomingRequest) async -> Reply = { _ in Reply(status: 200) }
    ) throws -> (server: Listener, seen: @Sendable () -> [IncomingRequest]) {
        let box = Seen()
        let server = try Listener(address: "127.0.0.1", port: 0, bodyLimit: bodyLimit) { request in
            box.requests.withLock { $0.append(request) }
            return await reply(request)
        }
        return (server, { box.requests.withLock { $0 } })
    }

    private final class Seen: Sendable { let requests = Mutex<[IncomingRequest]>([]) }

    @Test func `headers go out as given, and beside them only the program names itself`() async throws {
        let (server, seen) = try listener()
        var request = OutgoingRequest.get(server.port, "/a/../b?x=1")
        request.headers = [("X-Api-Key", "s3cret: ü; \"q\""), ("X-Empty", "")]
        #expect(await client.exchange(request).outcome == "answered")
        await server.stop()
        let got = try #require(seen().first)
        #expect(got.method == "GET" && got.path == "/a/../b" && got.query == "x=1")
        #expect(got.headers["x-api-key"] == "s3cret: ü; \"q\"" && got.headers["x-empty"]?.isEmpty == true)
        #expect(Set(got.headers.keys) == ["host", "accept", "accept-encoding", "user-agent", "x-api-key", "x-empty"])
        #expect(got.headers["user-agent"] == "darkroom/" + Product.version)
    }

    @Test(arguments: [0, 1, 100_000, 20_000_000])
    func `a body arrives whole, without asking for leave first`(count: Int) async throws {
        let (server, seen) = try listener()
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(await client.exchange(.post(server.port, bytes: body)).outcome == "answered")
        await server.stop()
        let got = try #require(seen().first)
        #expect(got.method == "POST" && got.body == body)
        #expect(got.headers["content-type"] == "application/json" && got.headers["expect"] == nil)
        #expect(got.headers["content-length"] == "\(count)")
    }

    @Test func `a POST without a body is one`() async throws {
        let (server, seen) = try listener()
        var request = OutgoingRequest.post(server.port)
        request.body = .none
        #expect(await client.exchange(request).outcome == "answered")
        await server.stop()
        let got = try #require(seen().first)
        #expect(got.method == "POST" && got.headers["content-length"] == "0" && got.headers["content-type"] == nil)
    }

    @Test func `a form arrives part by part, in order, with repeated names`() async throws {
        let (server, seen) = try listener()
        let big = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let parts = [
            FormPart(name: "prompt", text: "a \"red\" fox\r\n--x"),
            FormPart(name: "image[]", content: big, fileName: "1.png", contentType: "image/png"),
            FormPart(name: "image[]", content: [], fileName: "2.png"),
            FormPart(name: "say \"n\"", text: "2"),
        ]
        var request = OutgoingRequest.post(server.port)
        request.body = .form(parts)
        #expect(await client.exchange(request).outcome == "answered")
        await server.stop()
        let got = try #require(seen().first)
        let form = try MultipartForm(body: got.body, contentType: got.headers["content-type"] ?? "")
        #expect(form.parts.map(\.name) == parts.map(\.name))
        #expect(form.parts.map(\.content) == parts.map(\.content))
        #expect(form.parts.map(\.fileName) == parts.map(\.fileName))
        #expect(form.parts.map(\.contentType) == [nil, "image/png", "application/octet-stream", nil])
        #expect(got.headers["expect"] == nil && got.headers["content-length"] == "\(got.body.count)")
    }

    @Test(arguments: [200, 204, 400, 404, 429, 500, 503])
    func `an answer of any status is given with its head and body`(status: Int) async throws {
        let body = status == 204 ? [] : Array("answer \(status)".utf8)
        let (server, _) = try listener { _ in Reply(status: status, headers: [("Retry-After", "7")], body: body) }
        let sink = Collected()
        let result = await client.exchange(.post(server.port), into: sink)
        await server.stop()
        #expect(result.outcome == "answered" && sink.all == body)
        let head = try #require(result.head)
        #expect(head.status == status && head.headers["retry-after"] == "7" && head.bodyBytes == body.count)
        #expect(head.protocolVersion == "HTTP/1.1" && head.tlsVersion == nil)
    }

    @Test func `two hundred exchanges wait at once`() async throws {
        let gate = Gate()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (server, _) = try listener { request in
            arrived.yield()
            await gate.passed()
            return Reply(status: 200, body: request.body)
        }
        let echoes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let sink = Collected()
                    let body = Array("number \(number)".utf8)
                    let result = await client.exchange(.post(server.port, bytes: body), into: sink)
                    return result.outcome == "answered" && sink.all == body
                }
            }
            // Opened only once all two hundred are waiting.
            var waiting = arrivals.makeAsyncIterator()
            for _ in 0..<200 { _ = await waiting.next() }
            gate.open()
            return await group.reduce(into: 0) { count, fine in count += fine ? 1 : 0 }
        }
        await server.stop()
        #expect(echoes == 200)
    }

    @Test func `cancelling what waits says that it may have arrived`() async throws {
        let gate = Gate()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (server, _) = try listener { _ in
            arrived.yield()
            await gate.passed()
            return Reply(status: 200)
        }
        let task = Task { [client] in await client.exchange(.post(server.port)) }
        _ = await arrivals.first { true }
        task.cancel()
        #expect(await task.value.outcome == "unknown cancelled")
        gate.open()
        await server.stop()
    }

    @Test func `a task cancelled beforehand sends nothing`() async throws {
        let (server, seen) = try listener()
        let gate = Gate()
        let task = Task { [client] in
            await gate.passed()
            return await client.exchange(.post(server.port))
        }
        task.cancel()
        gate.open()
        #expect(await task.value.outcome == "notSent cancelled")
        await server.stop()
        #expect(seen().isEmpty)
    }

    @Test func `shutting down ends what waits and sends nothing more`() async throws {
        let gate = Gate()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (server, seen) = try listener { _ in
            arrived.yield()
            await gate.passed()
            return Reply(status: 200)
        }
        async let waiting = client.exchange(.post(server.port))
        _ = await arrivals.first { true }
        client.shutDown()
        client.shutDown()
        #expect(await waiting.outcome == "unknown cancelled")
        #expect(await client.exchange(.post(server.port)).outcome == "notSent cancelled")
        gate.open()
        await server.stop()
        #expect(seen().count == 1)
    }

    @Test func `a sink that throws ends the exchange and its words stay unsaid`() async throws {
        struct DiskFull: Error { let secret = "s3cret" }
        let (server, _) = try listener { _ in Reply(status: 200, body: [UInt8](repeating: 1, count: 500_000)) }
        let result = await unsafe client.exchange(.post(server.port)) { _ in throw DiskFull() }
        await server.stop()
        #expect(result.outcome == "unknown sinkFailed" && result.head?.status == 200)
        #expect(result.fault?.detail.contains("DiskFull") == true && result.fault?.detail.contains("s3cret") == false)
    }

    @Test func `an answer over the limit is cut off, one of the limit is whole`() async throws {
        let body = [UInt8](repeating: 7, count: 65 << 20)
        let (server, _) = try listener { request in
            Reply(status: 200, body: request.path == "/fits" ? Array(body[..<1000]) : body)
        }
        let counted = Atomic<Int>(0)
        let over = await unsafe client.exchange(.post(server.port)) { bytes in
            counted.add(bytes.count, ordering: .relaxed)
        }
        #expect(over.outcome == "unknown tooLarge" && over.head?.status == 200)
        #expect(counted.load(ordering: .relaxed) <= 64 << 20)
        var request = OutgoingRequest.post(server.port, "/fits")
        request.responseLimit = 1000
        #expect(await client.exchange(request).outcome == "answered")
        request.responseLimit = 999
        #expect(await client.exchange(request).outcome == "unknown tooLarge")
        await server.stop()
    }
}
