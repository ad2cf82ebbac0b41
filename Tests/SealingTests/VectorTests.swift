import Digests
import Foundation
import Sealing
import Support
import Testing

/// One of the public test vectors (vectors/README.md).
struct Vector: Sendable, CustomTestStringConvertible {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? [])
        .filter { $0 != "README.md" && !$0.hasPrefix(".") }.sorted()

    let name: String
    let facts: [String: String]
    let sealed: [UInt8]

    var testDescription: String { name }

    init(_ name: String, inflate: ([UInt8]) throws -> [UInt8]) throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
        let end = try #require(bytes.indices.dropLast().first { bytes[$0] == 10 && bytes[$0 + 1] == 10 })
        var facts: [String: String] = [:]
        for line in String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ": ", maxSplits: 1)
            facts[String(parts[0])] = String(parts[1])
        }
        self.name = name
        self.facts = facts
        let rest = Array(bytes[(end + 2)...])
        sealed = facts["compressed"] == nil ? rest : try inflate(rest)
    }

    var identities: [Identity] {
        get throws {
            try facts["identity"].map { [try Identity(text: Array($0.utf8))] } ?? [Identity()]
        }
    }
}

@Suite struct VectorTests {
    @Test func `the public test vectors are there`() {
        #expect(Vector.names.count == 68)
    }

    @Test(arguments: Vector.names)
    func `a public test vector ends as it says, whatever pieces it comes in`(_ name: String) throws {
        let vector = try Vector(name, inflate: inflate)
        let wanted = try #require(vector.facts["expect"])
        let empty = hexadecimal(SHA256Digest.of([]))
        for piece in vector.sealed.count < 2000 ? [1, 7, .max] : [4093, 65_552, .max] {
            let opening = Opening(vector.sealed, with: try vector.identities, piece: piece)
            #expect(outcome(opening.error) == wanted, "\(String(describing: opening.error)), pieces of \(piece)")
            #expect(hexadecimal(SHA256Digest.of(opening.bytes)) == vector.facts["payload"] ?? empty)
        }
    }

    @Test func `what public test vectors hold is sealed to many and opened by each`() throws {
        let vector = try Vector("stream_three_chunks", inflate: inflate)
        let bytes = try Opener.open(vector.sealed, with: try vector.identities)
        let identities = try vector.identities + [Identity(), Identity()]
        let sealed = try Sealer.seal(bytes, to: identities.map(\.recipient))
        for identity in identities { #expect(try Opener.open(sealed, with: [identity]) == bytes) }
    }

    private func outcome(_ error: SealingError?) -> String {
        switch error {
        case nil: "success"
        case .notSealed, .damagedHeader, .headerTooLarge, .truncated(.header): "header failure"
        case .noSuchRecipient: "no match"
        case .wrongHeaderCode: "HMAC failure"
        case .truncated(.payload), .damagedChunk, .emptyLastChunk, .trailingData: "payload failure"
        case .notARecipient, .notAnIdentity, .weakRecipient, .recipients: "a failure of no file"
        }
    }

    private func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
        let tools = try ToolFolder("inflate")
        try tools.write(bytes, to: "in")
        let script = "import zlib; open('out', 'wb').write(zlib.decompress(open('in', 'rb').read()))"
        try tools.run("python3", "-c", script)
        return try tools.read("out")
    }
}
