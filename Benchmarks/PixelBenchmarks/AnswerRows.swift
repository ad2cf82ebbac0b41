import CPeers
import Foundation
import Providers
import Synchronization

/// A model's answer, from JSON text to the bytes of its picture.
enum AnswerRows {
    private static let pictureBytes = 25_000_000

    static var all: [Row] {
        [
            answer("answer", "25 MB picture in a JSON answer, to its bytes", slashes: false),
            answer("answer-slashes", "the same with every / escaped", slashes: true),
        ]
    }

    private static func answer(_ name: String, _ title: String, slashes: Bool) -> Row {
        Row(name: name, title: title, mode: "in-process, warm, in pieces of 16 KB", bounds: .atMost(0.5, aim: 0.15)) {
            bench in
            let body = body(slashes: slashes)
            var most = 0
            let duel = try bench.duel(
                Contender(inProcess: "darkroom") {
                    let before = residentBytes()
                    let made = try streamed(body)
                    most = max(most, residentBytes() - before)
                    return made
                }, Contender(inProcess: "JSONDecoder") { try decoded(body) })
            var finding = Finding(duel, against: "JSONDecoder and Data(base64Encoded:)")
            let growth = Double(most) / 1e6
            finding.conditions.append(("memory grew by \(growth.text(1)) MB (< 8)", growth < 8))
            return finding
        }
    }

    /// Noise, for a picture's bytes are as good as that.
    private static func body(slashes: Bool) -> Data {
        var state: UInt64 = 7
        let picture = Data(
            (0..<pictureBytes).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1
                return UInt8(truncatingIfNeeded: state >> 40)
            })
        var text = picture.base64EncodedString()
        if slashes { text = text.replacingOccurrences(of: "/", with: "\\/") }
        return Data(#"{"created":1,"data":[{"b64_json":"\#(text)"}],"usage":{"output_tokens":7024}}"#.utf8)
    }

    /// Counts, and looks at one byte of each piece, as cheaply as whoever writes it would.
    private final class Sink: PictureSink {
        let bytes = Mutex(0)
        func begin(_ number: Int) throws {}
        func write(_ number: Int, _ bytes: UnsafeRawBufferPointer) throws {
            let count = bytes.count
            self.bytes.withLock { $0 += count }
        }
    }

    private static func streamed(_ body: Data) throws -> Int {
        let sink = Sink()
        var stream = AnswerStream(sink)
        try unsafe body.withUnsafeBytes { bytes in
            // As libcurl hands them on.
            for start in stride(from: 0, to: bytes.count, by: 16_384) {
                let end = min(start + 16_384, bytes.count)
                try unsafe stream.take(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
        }
        return sink.bytes.withLock { $0 }
    }

    private struct Answer: Decodable {
        struct Picture: Decodable {
            let text: String
            enum CodingKeys: String, CodingKey { case text = "b64_json" }
        }
        let data: [Picture]
    }

    private static func decoded(_ body: Data) throws -> Int {
        let answer = try JSONDecoder().decode(Answer.self, from: body)
        guard let text = answer.data.first?.text, let bytes = Data(base64Encoded: text) else {
            throw Unmeasured("the peer could not read the answer")
        }
        return bytes.count
    }

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let words = text.split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }
}
