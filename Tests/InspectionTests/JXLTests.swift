import Inspection
import Support
import Testing

@Suite struct JXLTests {
    private static let head = Parts.signatureJXL
    private static let exif = [0, 0, 0, 0] + Parts.makerNoteBlock

    @Test(arguments: ["effort=3", "lossless,effort=3", "effort=7", "distance=8,effort=4", "tier=2,effort=3"])
    func `a clean codestream passes, naked and in boxes, and its end is known`(options: String) throws {
        try withPictureTools { tools in
            let stream = try tools.clean("jxl", options: options)
            for file in [stream, Self.head + Parts.box("jxlc", stream)] {
                let report = try inspect(file)
                #expect(report.violations(through: .reference) == [])
                #expect(report.width == 24 && report.height == 16 && !report.hasAlpha)
                #expect(try inspect(file + Array("PK\u{3}\u{4}".utf8)).kinds == [.trailingData])
                #expect(try inspect(Array(file.dropLast())).damage != nil)
            }
            #expect(try inspect(Self.head + Parts.box("jxlc", stream + [1, 2, 3])).kinds == [.trailingData])
        }
    }

    @Test(arguments: [
        ("Exif", Parts.box("Exif", exif), [MetadataKind.exif, .makerNote]),
        ("xml", Parts.box("xml ", Array("<x:xmpmeta/>".utf8)), [.xmp]),
        ("manifest", Parts.box("jumb", Parts.box("jumd", Array("c2pa".utf8))), [.c2pa]),
        ("other JUMBF", Parts.box("jumb", Parts.box("jumd", Array("else".utf8))), [.unknownSegment]),
        ("packed Exif", Parts.box("brob", Array("Exif".utf8) + [1]), [.exif]),
        ("packed packet", Parts.box("brob", Array("xml ".utf8) + [1]), [.xmp]),
        ("JPEG reconstruction", Parts.box("jbrd", [1]), [.unknownSegment]),
        ("vendor", Parts.box("vend", [1]), [.unknownSegment]),
        ("words in free room", Parts.box("free", Array("words".utf8)), [.unknownSegment]),
        ("free room", Parts.box("free", [0, 0, 0]), []),
    ])
    func `boxes beside the codestream are told apart`(name: String, box: [UInt8], kinds: [MetadataKind]) throws {
        try withPictureTools { tools in
            let stream = try tools.clean("jxl", options: "effort=3")
            let before = try inspect(Self.head + box + Parts.box("jxlc", stream))
            let behind = try inspect(Self.head + Parts.box("jxlc", stream) + box)
            for report in [before, behind] {
                #expect(report.kinds == kinds && report.damage == nil && report.width == 24)
                #expect(report.violations(through: .reference).count == kinds.count)
            }
        }
    }

    @Test func `a codestream in parts is put together, and parts out of order are damage`() throws {
        try withPictureTools { tools in
            let stream = try tools.clean("jxl", options: "effort=3")
            let first = Parts.box("jxlp", Parts.big32(0) + stream[..<11])
            let last = Parts.box("jxlp", [0x80, 0, 0, 1] + stream[11...])
            #expect(try inspect(Self.head + first + last).violations(through: .reference) == [])
            #expect(try inspect(Self.head + last + first).damage != nil)
            #expect(try inspect(Self.head + first).damage != nil)
            #expect(try inspect(Self.head).damage != nil)
        }
    }

    @Test func `transparency is told`() throws {
        try withPictureTools { tools in
            _ = try tools.clean("png")
            try tools.run("vips", ["bandjoin_const", "clean.png", "seen.png", "90"])
            try tools.run("vips", ["copy", "seen.png", "seen.jxl[lossless,effort=3]"])
            let report = try inspect(tools.read("seen.jxl"))
            #expect(report.hasAlpha && report.violations(through: .reference) == [])
        }
    }
}
