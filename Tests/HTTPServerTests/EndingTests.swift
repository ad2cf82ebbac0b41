import Glibc
import HTTPServer
import Support
import Synchronization
import Testing

@Suite struct EndingTests {
    private func ask(_ reply: @escaping @Sendable () -> Reply) async throws -> String? {
        let server = try Listener(address: "127.0.0.1", port: 0, bodyLimit: 10) { _ in reply() }
        let heard = await converse(port: server.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await server.stop()
        return heard
    }

    @Test func `a body of pieces is sent in order, and those that repeat are sent as often as said`() async throws {
        let shared = SharedBytes(Array("shared".utf8))
        let heard = try await ask {
            var reply = Reply(status: 200, headers: [("Connection", "close")], body: Array("<".utf8))
            reply.pieces = [
                .shared(shared), .bytes([]), .repeated(Array("abc".utf8), times: 30_000), .shared(shared),
                .bytes(Array(">".utf8)),
            ]
            return reply
        }
        let body = "<shared" + String(repeating: "abc", count: 30_000) + "shared>"
        #expect(heard?.contains("Content-Length: \(body.utf8.count)\r\n") == true && heard?.hasSuffix(body) == true)
    }

    @Test func `a slow reply comes whole, and a server that stops does not wait for its end`() async throws {
        let heard = try await ask {
            var reply = Reply(
                status: 200, headers: [("Connection", "close")], body: [UInt8](repeating: 65, count: 1000))
            reply.bytesPerSecond = 5000
            return reply
        }
        #expect(heard?.hasSuffix(String(repeating: "A", count: 1000)) == true)

        let server = try Listener(address: "127.0.0.1", port: 0, bodyLimit: 10) { _ in
            var reply = Reply(status: 200, body: [UInt8](repeating: 65, count: 1_000_000))
            reply.bytesPerSecond = 1000
            return reply
        }
        let port = server.port
        let begun = Gate()
        let client = Task {
            await onOwnThread {
                guard let wire = Wire(port: port) else { return 0 }
                wire.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                begun.open()
                return wire.hearAll().utf8.count
            }
        }
        await begun.passed()
        await server.stop()
        #expect(await client.value < 1_000_000)
    }

    @Test func `a chunked reply without its last chunk, and one that is reset, bring what they bring`() async throws {
        let open = try await ask { Reply(status: 200, body: Array("all of it".utf8), ending: .unterminated) }
        #expect(open?.contains("Transfer-Encoding: chunked") == true && open?.contains("all of it") == true)
        #expect(open?.hasSuffix("0\r\n\r\n") == false)
        let sent = try await ask { Reply(status: 200, body: Array("all of it".utf8), ending: .resetWhenSent) }
        #expect(sent?.hasSuffix("\r\n\r\nall of it") == true)
        #expect(try await ask { Reply(status: 200, body: [1], ending: .resetBeforeReply) } == "")
        let half = try await ask { Reply(status: 200, body: [1, 2], ending: .resetAfter(bytes: 1)) }
        #expect(half?.hasSuffix("\u{2}") == false)
    }
}
