import Documents
import Foundation
import Providers
import Synchronization
import Testing

@Suite struct AnswerStreamTests {
    /// Keeps what is passed on.
    final class Sink: PictureSink {
        private let kept = Mutex<[[UInt8]]>([])
        var pictures: [[UInt8]] { kept.withLock { $0 } }

        private let over = Mutex<[Int]>([])
        /// Which have come to their end, in order.
        var ended: [Int] { over.withLock { $0 } }

        func begin(_ number: Int) throws { kept.withLock { $0.append([]) } }
        func end(_ number: Int) throws { over.withLock { $0.append(number) } }

        func write(_ number: Int, _ bytes: UnsafeRawBufferPointer) throws {
            let bytes = unsafe Array(bytes)
            kept.withLock { $0[number] += bytes }
        }
    }

    /// Bytes that look like a compressed picture's.
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 42
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    /// What comes of a text that arrives in pieces.
    private func streamed(_ text: String, piece: Int) throws -> (document: JSONValue?, pictures: [[UInt8]]) {
        let sink = Sink()
        var stream = AnswerStream(sink)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try unsafe bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { try unsafe stream.take($0) }
        }
        #expect(sink.ended == Array(sink.pictures.indices), "each ends, once, when its string does")
        return (try? JSONParser.parse(stream.rest), sink.pictures)
    }

    private func escaped(_ text: String) -> String { text.replacingOccurrences(of: "/", with: "\\/") }

    @Test(arguments: [1, 2, 3, 31, 1000, 1023, 1024, 1025, 16_384, 1 << 20], [false, true])
    func `a picture comes out whole however the answer is cut`(piece: Int, slashes: Bool) throws {
        for count in [766, 767, 768, 5000, 100_001] {
            let picture = Self.noise(count)
            let plain = Data(picture).base64EncodedString()
            let text = slashes ? escaped(plain) : plain
            let body = #"{"created": 1, "data": [{"b64_json": "\#(text)", "more": "a \"b\" c"}], "usage": {"n": 2}}"#
            let (document, pictures) = try streamed(body, piece: piece)
            let place = document?["data"]?[0]
            if text.utf8.count >= 1024 {
                #expect(pictures == [picture])
                #expect(place?["b64_json"]?["bytes"]?.int == count && place?["b64_json"]?["is_whole"]?.bool == true)
            } else {
                #expect(pictures.isEmpty && place?["b64_json"]?.string == plain)
            }
            #expect(place?["more"]?.string == "a \"b\" c" && document?["usage"]?["n"]?.int == 2)
        }
    }

    @Test(arguments: [1, 7, 4096])
    func `all pictures of an answer come out, each with its number`(piece: Int) throws {
        let all = (0..<4).map { Array(Self.noise(3000 + $0).reversed()) }
        let parts = all.map { #"{"inlineData":{"mimeType":"image/png","data":"\#(Data($0).base64EncodedString())"}}"# }
        let (document, pictures) = try streamed("[" + parts.joined(separator: " ,\n") + "]", piece: piece)
        #expect(pictures == all)
        let numbers = document?.array?.map { $0["inlineData"]?["data"]?["darkroom_picture"]?.int }
        #expect(numbers == [0, 1, 2, 3])
    }

    @Test(arguments: ["=", "A", "A===", "AAA*", "AA=A", "AAAAA", "\\b", "\\u00e9AAA", "\\u004", "A\\/\\", "A\\\\AA"])
    func `what is no base64 is never taken for a whole picture`(end: String) throws {
        let text = Data(Self.noise(6000)).base64EncodedString() + end
        for piece in [1, 5, 10_000] {
            let (document, _) = try streamed(#"{"data":[{"b64_json":"\#(text)"}],"x":1}"#, piece: piece)
            let place = document?["data"]?[0]?["b64_json"]
            #expect(place?["is_whole"]?.bool != true)
            #expect(end.hasSuffix("\\") || document?["x"]?.int == 1)
        }
    }

    @Test func `long texts that are none stay, up to a limit`() throws {
        let words = String(repeating: "no picture, ", count: 5000)
        let (document, pictures) = try streamed(#"{"error":{"message":"\#(words)"}}"#, piece: 999)
        #expect(pictures.isEmpty && document?["error"]?["message"]?.string == words)
        let endless = String(repeating: "no picture, ", count: 100_000)
        #expect(throws: AnswerStream.Fault.tooLong) { try streamed(#"{"x":"\#(endless)"}"#, piece: 4096) }
        let many = String(repeating: #""\#(String(repeating: "A", count: 1024))","#, count: 33)
        #expect(throws: AnswerStream.Fault.tooManyPictures) { try streamed("[\(many)1]", piece: 4096) }
    }

    @Test(arguments: ["<html>\"", "", "{", #"{"a":"\"#, #"{"a":"b"#, "\u{0}\u{1}"])
    func `an answer that is no JSON passes through`(text: String) throws {
        let sink = Sink()
        var stream = AnswerStream(sink)
        try unsafe Array(text.utf8).withUnsafeBytes { try unsafe stream.take($0) }
        #expect(stream.rest == Array(text.utf8))
    }

    @Test func `base64 is that of Foundation both ways at every length`() {
        for count in 0..<200 {
            let bytes = Self.noise(count)
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.encode(bytes) == Array(text.utf8))
            #expect(Base64.decode(text) == bytes)
        }
    }

    @Test func `every character that is none of base64's is refused at every place of a block`() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let text = Array(String(repeating: "Ab/9", count: 20).utf8)
        for place in [0, 1, 2, 3, 30, 31, 32, 33, 63, 64, 78] {
            for character in (0...127) where !allowed.contains(UInt8(character)) {
                var changed = text
                changed[place] = UInt8(character)
                #expect(Base64.decode(String(decoding: changed, as: UTF8.self)) == nil)
            }
        }
        #expect(Base64.decode("é" + String(repeating: "A", count: 62)) == nil)
    }
}
