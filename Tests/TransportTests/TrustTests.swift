import Foundation
import Synchronization
import Testing
import Transport

@Suite struct TrustTests {
    private func get(_ url: String) -> OutgoingRequest {
        OutgoingRequest(method: "GET", url: url, totalTimeout: .seconds(60))
    }

    @Test func `a certificate nobody vouches for is refused, and accepted from a named root`() async throws {
        let server = try TLSServer()
        let request = get("https://localhost:\(server.port)/")
        let stranger = try HTTPClient(TransportSettings())
        #expect(await stranger.exchange(request).outcome == "notSent tls")
        let friend = try HTTPClient(TransportSettings(caFile: server.certificate))
        let result = await friend.exchange(request)
        #expect(result.outcome == "answered" && result.head?.status == 200)
        #expect(result.head?.tlsVersion == "TLSv1.3")
    }

    @Test func `a certificate for another name is refused even from a named root`() async throws {
        let server = try TLSServer(names: "DNS:other.example")
        let client = try HTTPClient(TransportSettings(caFile: server.certificate))
        #expect(await client.exchange(get("https://localhost:\(server.port)/")).outcome == "notSent tls")
    }

    @Test(arguments: [("-tls1_1", "notSent tls"), ("-tls1_2", "answered")])
    func `TLS 1_2 is the oldest spoken`(version: String, outcome: String) async throws {
        let server = try TLSServer(options: [version, "-cipher", "ALL:@SECLEVEL=0"])
        let client = try HTTPClient(TransportSettings(caFile: server.certificate))
        #expect(await client.exchange(get("https://localhost:\(server.port)/")).outcome == outcome)
    }

    @Test(arguments: [
        "http://192.0.2.1/", "http://example.invalid/", "http://localhost.example.invalid/",
        "http://127.0.0.1.example/",
        "http://[::2]/", "ftp://localhost/", "file:///etc/passwd", "gopher://localhost/", "localhost", "", "http://",
        "https://user:pw@localhost/", "http://user@localhost/", "https://a b/", "http://127.0.0.1:99999/",
        "ht\u{0}tp://x/",
    ])
    func `a URL that is neither https nor this machine is refused before anything leaves`(url: String) async throws {
        let client = try HTTPClient(TransportSettings())
        let result = await client.exchange(get(url))
        #expect(result.outcome == "notSent malformed")
    }

    @Test(arguments: ["127.0.0.1", "localhost", "127.1", "LOCALHOST"])
    func `plain http reaches this machine`(host: String) async throws {
        let server = try RawServer { connection, _ in
            connection.hear()
            connection.say("HTTP/1.1 204 None\r\n\r\n")
        }
        let client = try HTTPClient(TransportSettings(proxy: "http://127.0.0.1:9"))
        #expect(await client.exchange(get("http://\(host):\(server.port)/")).outcome == "answered")
        server.stop()
    }

    @Test func `a proxy is asked for a tunnel and told nothing else`() async throws {
        let heard = Mutex("")
        let proxy = try RawServer { connection, _ in
            let request = connection.hear()
            heard.withLock { $0 = request }
            connection.say("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        }
        let client = try HTTPClient(TransportSettings(proxy: "http://127.0.0.1:\(proxy.port)"))
        var request = get("https://service.invalid/path?q=s3cret")
        request.headers = [("X-Api-Key", "s3cret")]
        let result = await client.exchange(request)
        proxy.stop()
        #expect(result.outcome == "notSent connect" && result.head == nil)
        let said = heard.withLock { $0 }
        #expect(said.hasPrefix("CONNECT service.invalid:443 HTTP/1.1\r\n") && !said.contains("s3cret"))
    }

    @Test func `the environment's proxy is not used`() async {
        await #expect(processExitsWith: .success) {
            let proxy = try RawServer { connection, _ in connection.hear() }
            for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"] {
                _ = unsafe setenv(name, "http://127.0.0.1:\(proxy.port)", 1)
            }
            let client = try HTTPClient(TransportSettings())
            let request = OutgoingRequest(
                method: "GET", url: "https://service.invalid/", totalTimeout: .seconds(20))
            _ = await client.exchange(request)
            exit(proxy.connections == 0 ? 0 : 1)
        }
    }

    @Test(arguments: ["", "socks5://localhost", "http://", "not a proxy", "ftp://localhost"])
    func `an unusable proxy is refused at once`(proxy: String) {
        #expect(throws: TransportError(reason: .unusableProxy)) { try HTTPClient(TransportSettings(proxy: proxy)) }
    }

    @Test func `a file of roots that cannot be read is refused at once`() {
        #expect(throws: TransportError(reason: .unreadableCAFile)) {
            try HTTPClient(TransportSettings(caFile: "/nonexistent/roots.pem"))
        }
    }

    @Test func `no fault repeats the query or a header`() async throws {
        let client = try HTTPClient(TransportSettings())
        let nobody = try DeadPort()
        let dead = nobody.port
        let urls = [
            "http://127.0.0.1:\(dead)", "https://service.invalid", "https://127.0.0.1:\(dead)", "ftp://x", "http://x",
        ]
        for url in urls {
            var request = get(url + "/deep?key=s3cret")
            request.headers = [("X-Api-Key", "s3cret")]
            let fault = try #require(await client.exchange(request).fault)
            #expect(!fault.description.contains("s3cret") && !fault.description.contains("deep"))
        }
    }
}
