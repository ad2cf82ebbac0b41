import Inspection
import Support
import Testing

@Suite struct HandBuiltTests {
    private static let jumbf: [UInt8] = [0x4A, 0x50, 0, 1, 0, 0, 0, 1] + Parts.big32(16) + Array("jumbjumdc2pa".utf8)
    private static let thumbnail: [UInt8] = Array("JFIF\0".utf8) + [1, 2, 0, 0, 1, 0, 1, 1, 1, 9, 9, 9]
    private static let printed: [UInt8] = Array("JFIF\0".utf8) + [1, 2, 1, 1, 0x2C, 1, 0x2C, 0, 0]
    private static let makerNote = Parts.segment(0xE1, Array("Exif\0\0".utf8) + Parts.makerNoteBlock)
    private static let motion = Parts.big32(16) + Array("ftypmp42".utf8) + Parts.big32(0)

    @Test(arguments: [
        ("maker note", makerNote, [MetadataKind.exif, .makerNote]),
        ("JFXX", Parts.segment(0xE0, Array("JFXX\0".utf8) + [0x10, 0xFF, 0xD8]), [.jfxx, .thumbnail]),
        ("JFIF thumbnail", Parts.segment(0xE0, thumbnail), [.thumbnail]),
        ("JFIF density", Parts.segment(0xE0, printed), [.resolution]),
        ("MPF", Parts.segment(0xE2, Array("MPF\0".utf8) + [0x4D, 0x4D, 0, 42]), [.mpf]),
        ("C2PA", Parts.segment(0xEB, jumbf), [.c2pa]),
        ("vendor APP4", Parts.segment(0xE4, Array("vendor".utf8)), [.unknownSegment]),
        ("long Adobe", Parts.segment(0xEE, Array("Adobe and more words".utf8)), [.unknownSegment]),
        ("second scan of JPGn", Parts.segment(0xF3, [1, 2, 3]), [.unknownSegment]),
    ])
    func `what no tool writes into a JPEG is found too`(name: String, segment: [UInt8], kinds: [MetadataKind]) throws {
        try withPictureTools { tools in
            let report = try inspect(Parts.jpeg(tools.clean("jpg"), adding: segment))
            #expect(report.kinds == kinds)
            #expect(report.damage == nil && report.width == 24)
            #expect(report.violations(through: .reference).count == kinds.count)
        }
    }

    @Test func `what colours need passes`() throws {
        try withPictureTools { tools in
            let plain = Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0]
            let adobe = Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1]
            let segments = Parts.segment(0xE0, plain) + Parts.segment(0xEE, adobe)
            let report = try inspect(Parts.jpeg(tools.clean("jpg"), adding: segments))
            #expect(report.violations(through: .reference) == [])
        }
    }

    @Test func `bytes after the end are found: a film behind a photograph, a second picture, an archive`() throws {
        try withPictureTools { tools in
            let jpeg = try tools.clean("jpg")
            #expect(try inspect(jpeg + Self.motion).kinds == [.trailingData, .video])
            #expect(try inspect(jpeg + [0, 0] + jpeg).kinds == [.secondImage, .trailingData])
            // A crop written over a longer file leaves the end of the old one behind (CVE-2023-21036).
            let png = try tools.clean("png")
            #expect(try inspect(png + png[60...]).kinds == [.trailingData])
            for suffix in ["jpg", "png", "webp"] {
                let clean = try tools.clean(suffix)
                let report = try inspect(clean + Array("PK\u{3}\u{4}".utf8))
                #expect(report.container == identify(clean) && report.kinds == [.trailingData])
                #expect(report.findings.first?.offset == clean.count && report.findings.first?.length == 4)
                #expect(report.violations(through: .output(allowingXMP: 0)).count == 1)
            }
        }
    }

    @Test func `private, provenance and animation chunks of a PNG are found, and a wrong checksum is damage`() throws {
        try withPictureTools { tools in
            let clean = try tools.clean("png")
            func kinds(_ chunks: [UInt8]) throws -> [MetadataKind] {
                try inspect(Parts.png(clean, adding: chunks)).kinds
            }
            #expect(try kinds(Parts.chunk("caBX", [1])) == [.c2pa])
            #expect(try kinds(Parts.chunk("prVt", [1])) == [.unknownSegment])
            #expect(try kinds(Parts.chunk("acTL", Parts.big32(3) + Parts.big32(0))) == [.animation])
            #expect(try kinds(Parts.chunk("zTXt", Array("Raw profile type exif\0\0x".utf8))) == [.exif, .text])
            #expect(try kinds(Parts.chunk("tEXt", Array("Raw profile type xmp\0x".utf8))) == [.text, .xmp])
            #expect(try kinds(Parts.chunk("sRGB", [0]) + Parts.chunk("gAMA", Parts.big32(45_455))) == [])
            #expect(
                try inspect(Parts.png(clean, adding: Parts.chunk("acTL", Parts.big32(3) + Parts.big32(0)))).frames == 3)
            var broken = Parts.png(clean, adding: Parts.chunk("gAMA", Parts.big32(45_455)))
            broken[45] ^= 1
            let report = try inspect(broken)
            #expect(report.damage == "wrong checksum in a chunk at byte 33")
            #expect(report.violations(through: .reference).count == 1)
        }
    }

    @Test func `the checksum over coded pixels is compared only when asked for`() throws {
        try withPictureTools { tools in
            var bytes = try tools.clean("png")
            let data = try #require((0..<bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual("IDAT".utf8) })
            bytes[data + 8] ^= 1
            #expect(try inspect(bytes).damage == nil)
            #expect(try inspect(bytes, sumsPixels: true).damage?.hasPrefix("wrong checksum") == true)
        }
    }

    @Test(arguments: ["parameters", "prompt", "workflow", "sd-metadata", "Dream", "AIGC"])
    func `what an image generator notes of its work is told from other text`(keyword: String) throws {
        try withPictureTools { tools in
            let clean = try tools.clean("png")
            for (name, flags) in [("tEXt", [0]), ("iTXt", [0, 0, 0, 0, 0])] as [(String, [UInt8])] {
                let chunk = Parts.chunk(name, Array(keyword.utf8) + flags + Array("a cat, seed 7".utf8))
                #expect(try inspect(Parts.png(clean, adding: chunk)).kinds == [.generatorText])
            }
        }
    }

    @Test(arguments: [
        ("PK\u{3}\u{4}", " (ZIP)"), ("Rar!\u{1A}\u{7}", " (RAR)"), ("%PDF-1.7", " (PDF)"), ("<html>", " (HTML or XML)"),
        ("xxxxSEFT", " (Samsung)"), ("words", ""),
    ])
    func `what stands behind the end is named where it is known`(text: String, name: String) throws {
        try withPictureTools { tools in
            for (suffix, end) in [("jpg", "after EOI"), ("png", "after IEND"), ("webp", "after RIFF")] {
                let report = try inspect(tools.clean(suffix) + Array(text.utf8))
                #expect(report.findings.map(\.label) == [end + name])
            }
        }
    }

    @Test func `the checksum is the one of the standard`() {
        #expect(CRC32.checksum(of: Array("123456789".utf8)[...]) == 0xCBF4_3926)
        #expect(CRC32.checksum(of: []) == 0)
    }

    @Test func `a compressed or doubled packet is none of ours`() throws {
        try withPictureTools { tools in
            let packet = Parts.segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>".utf8))
            let clean = try tools.clean("jpg")
            let one = try inspect(Parts.jpeg(clean, adding: packet))
            #expect(one.violations(through: .output(allowingXMP: 1)) == [] && one.packets.count == 1)
            let two = try inspect(Parts.jpeg(clean, adding: packet + packet))
            #expect(two.violations(through: .output(allowingXMP: 1)) == [.packets(found: 2, wanted: 1)])
        }
    }

    @Test func `half-removed metadata of a WebP is damage`() throws {
        try withPictureTools { tools in
            let clean = try tools.clean("webp")
            func file(flags: UInt8, _ chunks: [UInt8]) -> [UInt8] {
                let header = Parts.riff("VP8X", [flags, 0, 0, 0, 23, 0, 0, 15, 0, 0])
                let body = Array("WEBP".utf8) + header + clean[12...] + chunks
                return Array("RIFF".utf8) + Parts.little32(body.count) + body
            }
            #expect(try inspect(file(flags: 0, [])).violations(through: .reference) == [])
            #expect(try inspect(file(flags: 0x08, [])).damage != nil)
            #expect(try inspect(file(flags: 0x20, Parts.riff("ICCP", [1]))).kinds == [.iccProfile])
            #expect(try inspect(file(flags: 0, Parts.riff("EXIF", [1]))).kinds == [.exif])
            #expect(try inspect(file(flags: 0, Parts.riff("prVt", [1]))).kinds == [.unknownSegment])
            #expect(try inspect(file(flags: 0, Array(clean[12...]))).kinds == [.secondImage])
            let animation = Parts.riff("ANIM", [0, 0, 0, 0, 0, 0]) + Parts.riff("ANMF", [0]) + Parts.riff("ANMF", [0])
            #expect(try inspect(file(flags: 0x02, animation)).frames == 2)
        }
    }

    @Test func `nothing can hide between segments or in the slack of a table`() throws {
        try withPictureTools { tools in
            let clean = try tools.clean("jpg")
            let stray = Parts.segment(0xDD, [0, 0]) + Array("words".utf8)
            #expect(try inspect(Parts.jpeg(clean, adding: stray)).damage == "stray bytes at byte 8")
            let slack = Parts.segment(0xDB, [0] + [UInt8](repeating: 1, count: 64) + Array("words".utf8))
            #expect(try inspect(Parts.jpeg(clean, adding: slack)).damage == "malformed DQT at byte 2")
            #expect(try inspect(Array(clean.dropLast(2))).damage?.hasPrefix("no end of image") == true)
        }
    }

    @Test(arguments: ["", "\u{7F}ELF", "<svg/>", "RIFFxxxxWAVE", "GIF88a", "%PDF-1.7", "....ftypmp42"])
    func `what is no picture is refused`(text: String) {
        #expect(throws: InspectionError.unknownContent) { try inspect(Array(text.utf8)) }
    }
}
