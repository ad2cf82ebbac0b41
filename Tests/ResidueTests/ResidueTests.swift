import Foundation
import Residue
import Support
import Testing

@Suite struct ResidueTests {
    static let marker = "canary-7f3a91c2-\u{e9}t\u{e9}"

    /// How a marker can be written, with bytes before and after it.
    static let files: [(encoding: Spelling.Encoding, write: @Sendable (Data) -> Data)] = [
        (.raw, { $0 }),
        (.hexadecimal, { Data($0.map { String(format: "%02x", $0) }.joined().utf8) }),
        (.hexadecimal, { Data($0.map { String(format: "%02X", $0) }.joined().utf8) }),
        (.base64, { $0.base64EncodedData() }),
        (
            .base64,
            { data in
                Data(
                    data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
                        .replacingOccurrences(of: "/", with: "_").utf8)
            }
        ),
    ]

    @Test(arguments: 0..<5, 0..<7) func `a marker is found in every encoding, wherever it stands`(
        file: Int, lead: Int
    ) throws {
        let scratch = try Scratch("residue")
        let (encoding, write) = Self.files[file]
        let bytes = Data((0..<lead).map { UInt8($0 * 37 & 0xFF) }) + Data(Self.marker.utf8) + Data([0xFF, 0xFE])
        try write(bytes).write(to: URL(filePath: scratch.file("a")))
        let report = ResidueSearch(for: ["something-else", Self.marker]).run(over: [scratch.path])
        #expect(report.hits.map(\.encoding) == [encoding] && report.hits.first?.marker == 2)
    }

    @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian])
    func `a marker is found in UTF-16`(encoding: String.Encoding) throws {
        let scratch = try Scratch("residue")
        try #require("x\(Self.marker)y".data(using: encoding)).write(to: URL(filePath: scratch.file("a")))
        let report = ResidueSearch(for: [Self.marker]).run(over: [scratch.path])
        // Between zeros the one order of bytes reads as the other too.
        #expect(report.hits.allSatisfy { $0.encoding == .utf16 } && report.hits.contains { $0.offset == 2 })
    }

    @Test func `a marker is found across the pieces that a file is read in, once`() throws {
        let scratch = try Scratch("residue")
        for start in stride(from: (4 << 20) - Self.marker.utf8.count - 1, through: (4 << 20) + 1, by: 5) {
            var bytes = Data(count: 9 << 20)
            bytes.replaceSubrange(start..<start + Self.marker.utf8.count, with: Data(Self.marker.utf8))
            try bytes.write(to: URL(filePath: scratch.file("big")))
            let report = ResidueSearch(for: [Self.marker]).run(over: [scratch.path])
            #expect(report.hits.map(\.offset) == [Int64(start)] && report.bytes == 9 << 20)
        }
    }

    @Test func `names are looked at too, and links are not followed`() throws {
        let scratch = try Scratch("residue")
        try FileManager.default.createDirectory(
            atPath: scratch.file("in/\(Self.marker)"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: scratch.file("in/link"), withDestinationPath: "/etc/passwd")
        let report = ResidueSearch(for: [Self.marker, "root:x:0:0"]).run(over: [scratch.file("in")])
        #expect(report.hits.count == 1 && report.hits.first?.offset == nil && report.unreadable == [])
    }

    @Test func `what turns up by chance is no marker`() {
        #expect(Spelling.all(of: "short").isEmpty && Spelling.all(of: "longer-than-that").count >= 7)
    }
}
