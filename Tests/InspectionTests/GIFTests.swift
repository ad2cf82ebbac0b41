import Inspection
import Support
import Testing

@Suite struct GIFTests {
    /// Blocks put in before the first picture.
    private static func gif(_ file: [UInt8], adding blocks: [UInt8]) throws -> [UInt8] {
        let table = 3 << (Int(file[10] & 7) + 1)
        let place = file[10] & 0x80 == 0 ? 13 : 13 + table
        return file[..<place] + blocks + file[place...]
    }

    private static let packet = Array("<x:xmpmeta>words</x:xmpmeta>".utf8)
    /// The bytes that lead a reader of parts from anywhere in the packet to its end (XMP part 3, 1.1.2).
    private static let slide = [1] + (0...255).reversed().map { UInt8($0) } + [0]

    private static func application(_ name: String, _ parts: [UInt8]) -> [UInt8] {
        [0x21, 0xFF, 11] + Array(name.utf8) + parts
    }

    @Test(
        arguments: [
            ("comment", [0x21, 0xFE, 5] + Array("words".utf8) + [0], [MetadataKind.comment]),
            ("plain text", [0x21, 0x01, 12] + [UInt8](repeating: 0, count: 12) + [2, 0x68, 0x69, 0], [.text]),
            ("XMP", application("XMP DataXMP", packet + slide), [.xmp]),
            ("profile", application("ICCRGBG1012", [4, 1, 2, 3, 4, 0]), [.iccProfile]),
            ("C2PA", application("C2PA_GIF\u{1}\0\0", [4, 1, 2, 3, 4, 0]), [.c2pa]),
            ("vendor", application("VENDOR__1.0", [1, 0, 0]), [.unknownSegment]),
            ("unknown extension", [0x21, 0x77, 1, 0, 0], [.unknownSegment]),
            ("slack in a control block", [0x21, 0xF9, 4, 0, 0, 0, 0, 3, 1, 2, 3, 0], [.unknownSegment]),
        ] as [(String, [UInt8], [MetadataKind])])
    func `what hangs on a GIF is found`(name: String, block: [UInt8], kinds: [MetadataKind]) throws {
        try withPictureTools { tools in
            let clean = try tools.clean("gif")
            let known = Set(try inspect(clean).kinds)
            let report = try inspect(Self.gif(clean, adding: block))
            #expect(Set(report.kinds) == known.union(kinds) && report.damage == nil)
            #expect(report.width == 24 && report.height == 16 && report.frames == 1)
            #expect(!report.violations(through: .reference).isEmpty)
            guard name == "XMP", let range = report.packets.first else { return }
            #expect(try Self.gif(clean, adding: block)[range].elementsEqual(Self.packet))
        }
    }

    @Test func `frames are counted, and bytes behind the trailer are found`() throws {
        try withPictureTools { tools in
            _ = try tools.clean("png")
            try tools.run("vips", ["arrayjoin", "clean.png clean.png", "two.png", "--across", "1"])
            try tools.run("vips", ["gifsave", "two.png", "two.gif", "--page-height", "16"])
            #expect(try inspect(tools.read("two.gif")).frames == 2)
            // A picture for one reader, a program for another.
            let archive = Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0, count: 18)
            let report = try inspect(tools.clean("gif") + archive)
            #expect(report.kinds.contains(.trailingData))
            #expect(report.findings.last?.label == "after the trailer (ZIP)")
        }
    }

    @Test func `a GIF without loops, words and frames passes, and a cut one does not`() throws {
        let screen = Array("GIF89a".utf8) + [2, 0, 2, 0, 0x80, 0, 0] + [0, 0, 0, 255, 255, 255]
        let picture: [UInt8] = [0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, 0x84, 0x51, 0]
        let whole = screen + picture + [0x3B]
        #expect(try inspect(whole).violations(through: .reference) == [])
        for length in 6..<whole.count {
            #expect(try !inspect(Array(whole[..<length])).violations(through: .reference).isEmpty)
        }
    }
}
