import HTTPServer
import Support
import Synchronization
import Testing

@Suite struct ListenerTests {
    private func listener(
        bodyLimit: Int = 1000, handler: @escaping @Sendable (IncomingRequest) async -> Reply
    ) throws -> Listener {
        try Listener(address: "127.0.0.1", port: 0, bodyLimit: bodyLimit, handler: handler)
    }

    @Test func `the handler sees the request as sent and the client the reply as given`() async throws {
        let seen = Mutex<IncomingRequest?>(nil)
        let server = try listener { request in
            seen.withLock { $0 = request }
            return Reply(status: 418, headers: [("X-One", "1"), ("Bad\r\nName", "x")], body: Array("short".utf8))
        }
        let heard = await converse(
            port: server.port,
            "POST /a%20b?q=1&r=%3F HTTP/1.1\r\nHost: h\r\nX-Thing: a\r\nx-thing: b\r\nContent-Length: 4\r\n"
                + "Connection: close\r\n\r\nbody")
        await server.stop()
        let request = try #require(seen.withLock { $0 })
        #expect(request.method == "POST" && request.path == "/a%20b" && request.query == "q=1&r=%3F")
        #expect(request.headers["x-thing"] == "b" && request.headers["host"] == "h")
        #expect(request.body == Array("body".utf8))
        let reply = try #require(heard)
        #expect(reply.hasPrefix("HTTP/1.1 418 ") && reply.hasSuffix("\r\n\r\nshort"))
        #expect(reply.contains("X-One: 1\r\n") && reply.contains("Content-Length: 5\r\n"))
        #expect(!reply.contains("Name"))
    }

    @Test func `a body of the limit is taken and one byte more is 413`() async throws {
        let server = try listener(bodyLimit: 10) { Reply(status: 200, body: $0.body) }
        let head = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: "
        let fits = try #require(await converse(port: server.port, head + "10\r\n\r\n0123456789"))
        let over = try #require(await converse(port: server.port, head + "11\r\n\r\n01234567890"))
        let far = try #require(
            await converse(port: server.port, head + "3000000\r\n\r\n" + String(repeating: "x", count: 3_000_000)))
        let asked = try #require(
            await converse(port: server.port, head + "11\r\nExpect: 100-continue\r\n\r\n"))
        await server.stop()
        #expect(fits.hasPrefix("HTTP/1.1 200 ") && fits.hasSuffix("0123456789"))
        #expect(over.hasPrefix("HTTP/1.1 413 ") && far.hasPrefix("HTTP/1.1 413 "))
        #expect(asked.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func `a reply can be dropped before, in the middle and at its end`() async throws {
        let server = try listener { request in
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
            switch request.path {
            case "/before": return Reply(status: 200, body: body, ending: .dropBeforeReply)
            case "/none": return Reply(status: 200, body: body, ending: .dropAfter(bytes: 0))
            case "/some": return Reply(status: 200, body: body, ending: .dropAfter(bytes: 70_000))
            default: return Reply(status: 200, body: body, ending: .dropAfter(bytes: .max))
            }
        }
        func bytes(_ path: String) async -> (promised: Bool, count: Int) {
            let heard = await converse(
                port: server.port, "GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            return (heard?.contains("Content-Length: 100000\r\n") ?? false, heard?.count { $0 == "x" } ?? -1)
        }
        #expect(await bytes("/before") == (false, 0))
        #expect(await bytes("/none") == (true, 0))
        #expect(await bytes("/some") == (true, 70_000))
        #expect(await bytes("/all") == (true, 100_000))
        await server.stop()
    }

    @Test func `stopping answers what waits with 503 and cancels its handler`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (ends, ended) = AsyncStream.makeStream(of: Bool.self)
        let server = try listener { _ in
            arrived.yield()
            let never = AsyncStream<Void> { _ in }
            for await _ in never {}
            ended.yield(Task.isCancelled)
            return Reply(status: 200)
        }
        let port = server.port
        async let heard = converse(port: port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = await arrivals.first { true }
        await server.stop()
        let reply = try #require(await heard)
        #expect(reply.hasPrefix("HTTP/1.1 503 "))
        #expect(await ends.first { _ in true } == true)
        await server.stop()
    }

    @Test func `stopping from several places at once ends once, and nothing is served after`() async throws {
        let server = try listener { _ in Reply(status: 200, headers: [("X-Mark", "stopped-9041")]) }
        let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        #expect(await converse(port: server.port, request)?.contains("stopped-9041") == true)
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { await server.stop() } }
        }
        // Somebody else may have been given the port by now.
        #expect(await converse(port: server.port, request)?.contains("stopped-9041") != true)
    }

    @Test func `clients that vanish while waiting do no harm`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let gate = Gate()
        let server = try listener { request in
            if request.path == "/stay" { return Reply(status: 200) }
            arrived.yield()
            await gate.passed()
            return Reply(status: 200, body: [UInt8](repeating: 1, count: 500_000))
        }
        let port = server.port
        await onOwnThread {
            for _ in 0..<50 {
                guard let wire = Wire(port: port) else { continue }
                wire.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            }
        }
        var waiting = arrivals.makeAsyncIterator()
        for _ in 0..<50 { _ = await waiting.next() }
        gate.open()
        let heard = await converse(port: port, "GET /stay HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(heard?.hasPrefix("HTTP/1.1 200 ") == true)
        await server.stop()
    }

    @Test(arguments: ["GET", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n"])
    func `nonsense on one connection leaves the others served`(nonsense: String) async throws {
        let server = try listener { _ in Reply(status: 204) }
        let port = server.port
        await onOwnThread {
            guard let wire = Wire(port: port) else { return }
            wire.say(nonsense)
        }
        let heard = await converse(port: port, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(heard?.hasPrefix("HTTP/1.1 204 ") == true)
        await server.stop()
    }

    @Test func `a name, or a port in use, is refused with the reason`() async throws {
        #expect(throws: ServerError.self) {
            try Listener(address: "localhost", port: 0, bodyLimit: 1) { _ in Reply(status: 200) }
        }
        let first = try listener { _ in Reply(status: 200) }
        let error = #expect(throws: ServerError.self) {
            try Listener(address: "127.0.0.1", port: first.port, bodyLimit: 1) { _ in Reply(status: 200) }
        }
        #expect(error?.reason == .cannotListen(errno: 98))
        await first.stop()
    }
}
