import Documents
import Domain
import Foundation
import Providers
import Settings
import Support
import Synchronization
import Testing
import Transport

/// A paid picture is kept whatever it is wrapped in.
@Suite struct WrappingTests {
    private static func noise(_ count: Int) -> [UInt8] {
        var random = SplitMix(UInt64(count))
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// What a body that arrives in pieces is read as: the bytes of every picture that may be the answer's.
    private static func pictures(_ body: [UInt8], piece: Int, provider: Route = ContractTests.mai()) throws -> [[UInt8]]
    {
        let sink = AnswerStreamTests.Sink()
        var stream = AnswerStream(sink)
        for start in stride(from: 0, to: body.count, by: piece) {
            try unsafe body[start..<min(start + piece, body.count)].withUnsafeBytes { try unsafe stream.take($0) }
        }
        let (_, answer) = provider.adapter(endpoint: "https://x.example", key: nil).read(
            AnswerHead(status: 200, headers: [:], bodyBytes: body.count), body: stream.rest)
        return (answer?.pictures ?? []).compactMap { picture in
            switch picture {
            case .bytes(let bytes): bytes
            case .part(let number): sink.pictures[number]
            case .url: nil
            }
        }
    }

    /// Ways in which services and gateways have been seen to write base64 into JSON.
    static let wrappings: [(String, @Sendable (String) -> String)] = [
        ("as it should be", { $0 }), ("with line breaks", { lines($0, 76, "\\n") }),
        ("with CRLF", { lines($0, 64, "\\r\\n") }), ("with odd lines", { lines($0, 77, "\\n") }),
        ("with raw line breaks", { lines($0, 76, "\n") }), ("behind data:", { "data:image/png;base64," + $0 }),
        ("behind data: with escaped slashes", { "data:image\\/png;base64," + $0.replacing("/", with: "\\/") }),
        ("without padding", { $0.replacing("=", with: "") }),
        ("in the alphabet of URLs", { $0.replacing("+", with: "-").replacing("/", with: "_") }),
        (
            "in the alphabet of URLs without padding",
            { $0.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "") }
        ),
        (
            "with codes",
            { $0.replacing("=", with: "\\u003d").replacing("+", with: "\\u002B").replacing("/", with: "\\u002f") }
        ),
        ("with spaces at its ends", { " " + $0 + "\\n" }),
    ]

    private static func lines(_ text: String, _ length: Int, _ end: String) -> String {
        stride(from: 0, to: text.count, by: length).map { start in
            String(text.dropFirst(start).prefix(length))
        }.joined(separator: end)
    }

    @Test(arguments: [1, 7, 1024, 1 << 20])
    func `base64 in every wrapping gives the same picture`(piece: Int) throws {
        for count in [900, 901, 902, 5000] {
            let picture = Self.noise(count)
            for (name, wrap) in Self.wrappings {
                let text = wrap(Data(picture).base64EncodedString())
                let body = Array(#"{"created":1,"data":[{"b64_json":"\#(text)","more":1}],"usage":{}}"#.utf8)
                #expect(try Self.pictures(body, piece: piece) == [picture], "\(name), \(count) bytes in \(piece)s")
                let gemini = Array(
                    #"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"\#(text)"}}]}}]}"#
                        .utf8)
                #expect(
                    try Self.pictures(gemini, piece: piece, provider: GeminiTests.route()) == [picture],
                    "Gemini \(name)")
            }
        }
    }

    @Test func `a picture so small that it stays in the document is unwrapped too`() throws {
        let picture = Self.noise(100)
        for (name, wrap) in Self.wrappings where name != "with raw line breaks" {
            let body = Array(#"{"data":[{"b64_json":"\#(wrap(Data(picture).base64EncodedString()))"}]}"#.utf8)
            #expect(try Self.pictures(body, piece: 50) == [picture], "\(name)")
        }
    }

    @Test(arguments: [1, 5, 12, 13, 4096])
    func `a body that is the bare picture is the picture, at every provider`(piece: Int) throws {
        let heads: [[UInt8]] = [
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], [0xFF, 0xD8, 0xFF, 0xE0],
            Array("RIFF".utf8) + [1, 2, 3, 4] + Array("WEBPVP8 ".utf8), [0, 0, 0, 0x1C] + Array("ftypavif".utf8),
        ]
        for head in heads {
            let picture = head + Self.noise(3000)
            for route in ChargeTests.routes {
                #expect(try Self.pictures(picture, piece: piece, provider: route) == [picture])
            }
        }
    }

    @Test func `a picture anywhere in data is found, base64 before addresses`() throws {
        let picture = Self.noise(2000)
        let text = Data(picture).base64EncodedString()
        for body in [
            #"{"data":[{"b64_json":null},{"b64_json":"\#(text)"}]}"#,
            #"{"data":[{},{"url":"data:image/png;base64,\#(text)"}]}"#,
            #"{"error":{"message":"and yet"},"data":[{"b64_json":"\#(text)"}]}"#,
            #"[{"data":[{"image_url":{"url":"data:image/png;base64,\#(text)"}}]}]"#,
        ] {
            #expect(try Self.pictures(Array(body.utf8), piece: 999) == [picture], "\(body.prefix(40))")
        }
        let both = Array(#"{"data":[{"url":"https://i.example/1.png"},{"b64_json":"\#(text)"}]}"#.utf8)
        let route = ContractTests.mai()
        let (_, answer) = route.adapter(endpoint: "https://x.example", key: nil).read(
            AnswerHead(status: 200, headers: [:], bodyBytes: 0), body: both)
        #expect(answer?.pictures.last == .url("https://i.example/1.png") && answer?.pictures.count == 2)
    }

    @Test func `what is no base64 is no picture, and the answer says that something was there`() throws {
        for text in ["!!!!", "aGVsbG8*", "a", "====", "data:image/png,aGVsbG8=", "ftp://x/y"] {
            let body = Array(#"{"data":[{"b64_json":"\#(text)"}]}"#.utf8)
            let (verdict, answer) = ContractTests.mai().adapter(endpoint: "https://x.example", key: nil).read(
                AnswerHead(status: 200, headers: [:], bodyBytes: 0), body: body)
            #expect(answer == nil && verdict.callClass == .badResponse && verdict.oddity == .noPicture, "\(text)")
            #expect(verdict.billed == .yes, "the service drew something")
        }
    }

    // MARK: addresses

    static let route: Route = {
        var route = ContractTests.mai()
        route.acceptURLs = ["images.example.com", "127.0.0.1", "::1"]
        return route
    }()

    @Test(arguments: [
        ("https://images.example.com/a.png?sig=x", true), ("https://IMAGES.example.com:443/a", true),
        ("https://images.example.com:8443/a", true), ("http://127.0.0.1:8443/a", true), ("http://[::1]:8443/a", true),
        ("https://images.example.com:80/a", false), ("http://images.example.com/a", false),
        ("http://images.example.com:443/a", false), ("https://images.example.com./a", false),
        ("https://x.images.example.com/a", false), ("https://images.example.com.evil.example/a", false),
        ("https://images.example.com@evil.example/a", false), ("https://u:p@images.example.com/a", false),
        ("https://evil.example\\@images.example.com/a", false), ("https://evil.example#@images.example.com/", false),
        ("https://0x7f.1:8443/a", false), ("https://2130706433:8443/", false), ("https://127.1:8443/", false),
        ("http://127.0.0.1:80/a", false), ("https://[::ffff:127.0.0.1]:8443/", false),
        ("https://[::1%25lo]:8443/", false),
        ("https://images.example.com:0443/a", true), ("https://images.example.com:99999/a", false),
        ("https://images.example.com :443/a", false), ("https:/images.example.com/a", false),
        ("//images.example.com/a", false), ("file:///etc/passwd", false), ("ftp://images.example.com/a", false),
        ("https://images.example.com\u{00AD}/a", false), ("https://ｉmages.example.com/a", false), ("", false),
    ])
    func `an address is fetched only from a host that the route names, at its port`(text: String, isAllowed: Bool) {
        let address = PictureAddress(text)
        #expect((address?.isAllowed(by: Self.route, endpoint: "https://api.example.com:8443/v1") ?? false) == isAllowed)
    }

    @Test func `a redirect keeps to the list, relative ones to their host`() throws {
        let address = try #require(PictureAddress("https://images.example.com/a/b.png"))
        #expect(address.redirected(to: "/c.png?x=1")?.text == "https://images.example.com:443/c.png?x=1")
        #expect(address.redirected(to: "//evil.example/c")?.host == "evil.example")
        #expect(address.redirected(to: "https://evil.example/c")?.host == "evil.example")
        #expect(address.redirected(to: "c.png") == nil && address.redirected(to: "javascript:x") == nil)
    }
}
