import CPeers
import Digests
import Disk
import Foundation
import Providers
import Sealing
import Synchronization
import Vault

/// A model's answer, from JSON text to the bytes of its picture.
enum AnswerRows {
    private static let pictureBytes = 25_000_000

    static var all: [Row] {
        [
            answer("answer", "25 MB picture in a JSON answer, to its bytes", slashes: false),
            answer("answer-slashes", "the same with every / escaped", slashes: true),
            Row(
                name: "answer-sealed", title: "25 MB picture in a JSON answer, to a sealed durable file",
                mode: "in-process, warm, in pieces of 16 KB", bounds: .atMost(1.5, aim: 1.2), measure: sealed),
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

    /// The whole way of an answer, against what cannot be spared: hash, seal, write and sync of the picture alone.
    private static func sealed(_ bench: Workbench) throws -> Finding {
        let folder = "\(bench.scratch)/answers"
        for name in ["", "/blobs", "/keys"] { try Folders.make(folder + name) }
        let blobs = FileBlobs(folder: folder + "/blobs", keys: folder + "/keys")
        let key = try waited { try await blobs.newKey() }
        let body = body(slashes: false)
        guard let text = try JSONDecoder().decode(Answer.self, from: body).data.first?.text,
            let picture = Data(base64Encoded: text).map({ [UInt8]($0) })
        else { throw Unmeasured("the peer could not read the answer") }
        let identity = Identity()
        let duel = try bench.duel(
            Contender(inProcess: "darkroom") {
                let sink = HashedSink(try waited { try await blobs.begin(under: key) })
                try stream(body, to: sink)
                try sink.finish()
                return pictureBytes
            },
            Contender(inProcess: "hash, seal, write") {
                _ = SHA256Digest.of(picture)
                try Files.writeDurably(try Sealer.seal(picture, to: [identity.recipient]), to: folder + "/alone")
                return picture.count
            })
        try Folders.removeTree(folder)
        return Finding(duel, against: "hash, seal, write and sync alone")
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
        func end(_ number: Int) throws {}
        func write(_ number: Int, _ bytes: UnsafeRawBufferPointer) throws {
            let count = bytes.count
            self.bytes.withLock { $0 += count }
        }
    }

    /// Hashes and seals what it is given.
    private final class HashedSink: PictureSink {
        private let blob: any BlobWriter
        private let digest = Mutex<SHA256Digest?>(SHA256Digest())

        init(_ blob: any BlobWriter) { self.blob = blob }

        func begin(_ number: Int) throws {}
        func end(_ number: Int) throws { try blob.close() }

        func write(_ number: Int, _ bytes: UnsafeRawBufferPointer) throws {
            let copy = unsafe [UInt8](bytes)
            digest.withLock { $0?.update(copy) }
            try blob.write(copy)
        }

        func finish() throws {
            _ = digest.withLock { $0.take()?.finish() }
            try blob.finish()
        }
    }

    private static func streamed(_ body: Data) throws -> Int {
        let sink = Sink()
        try stream(body, to: sink)
        return sink.bytes.withLock { $0 }
    }

    private static func stream(_ body: Data, to sink: any PictureSink) throws {
        var stream = AnswerStream(sink)
        try unsafe body.withUnsafeBytes { bytes in
            // As libcurl hands them on.
            for start in stride(from: 0, to: bytes.count, by: 16_384) {
                let end = min(start + 16_384, bytes.count)
                try unsafe stream.take(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
        }
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
