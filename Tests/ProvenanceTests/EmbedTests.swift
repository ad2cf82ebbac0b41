import Foundation
import Inspection
import Provenance
import Support
import Testing

@Suite struct EmbedTests {
    private static func packet(
        _ system: String = "Microsoft MAI-Image", simulated: Bool = false, protected: Bool = false
    ) -> XMPPacket {
        XMPPacket(
            sourceType: .trainedAlgorithmicMedia, aiSystem: system, aiSystemVersion: "2.6", generatorVersion: "1.0.0",
            created: "2026-11-21T10:00:00Z", documentID: "0b9d5b0e-6f0e-4c7e-9a52-3f1f4a1f9c11", isSimulated: simulated,
            isProtected: protected)
    }

    private static let fields = [
        "DigitalSourceType", "AISystemUsed", "AISystemVersionUsed", "CreatorTool", "CreateDate", "DocumentID",
    ]

    @Test(arguments: Encoding.all)
    func `a protected output says that it is not to be mined, in the words of PLUS`(encoding: Encoding) throws {
        try withOutputTools { tools in
            let clean = try tools.clean(encoding)
            let marked = try embed(Self.packet(protected: true), into: clean)
            try tools.write(marked, to: "kept.\(encoding.suffix)")
            let told = try tools.run("exiftool", ["-s3", "-XMP-plus:DataMining", "kept.\(encoding.suffix)"])
            #expect(told == "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED\n")
            #expect(readMarks(of: marked).dataMining == "DMI-PROHIBITED")
            #expect(readMarks(of: try embed(Self.packet(), into: clean)).dataMining == nil)
        }
    }

    @Test(arguments: Encoding.all)
    func `a marked output passes the gate, says what it is, and shows the same pixels`(encoding: Encoding) throws {
        try withOutputTools { tools in
            let clean = try tools.clean(encoding)
            let marked = try embed(Self.packet(), into: clean)
            let name = "marked.\(encoding.suffix)"
            try tools.write(marked, to: name)
            let report = try inspect(marked)
            #expect(report.violations(through: .output(allowingXMP: 1)) == [])
            #expect(report.width == 33 && report.height == 17 && report.hasAlpha == encoding.hasAlpha)
            let told = try tools.run("exiftool", ["-s3", "-n"] + Self.fields.map { "-XMP:" + $0 } + [name])
            #expect(
                told.split(separator: "\n") == [
                    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "Microsoft MAI-Image",
                    "2.6", "Darkroom 1.0.0", "2026:11:21 10:00:00Z", "uuid:0b9d5b0e-6f0e-4c7e-9a52-3f1f4a1f9c11",
                ])
            // The wrapper is left out on purpose: see XMPPacket.text.
            let complaints = try tools.run("exiftool", ["-validate", "-warning", "-error", "-a", "-s3", name])
                .replacing("1 Warning (minor)\n[minor] XMP is missing xpacket wrapper\n", with: "OK\n")
            #expect(complaints == "OK\n")
            #expect(try tools.pixels(name) == tools.pixels("clean.\(encoding.suffix)"))
            // libvips 8.14 reads no metadata from JPEG XL files.
            guard encoding.suffix != "jxl" else { return }
            #expect(try tools.run("vipsheader", ["-f", "xmp-data", name]).isEmpty == false)
        }
    }

    @Test(arguments: Encoding.all)
    func `marks are read back, and simulated ones say so`(encoding: Encoding) throws {
        try withOutputTools { tools in
            let clean = try tools.clean(encoding)
            #expect(readMarks(of: clean) == Marks())
            let marks = readMarks(of: try embed(Self.packet("A <b> & \"c\" 'd'\n\u{1}é", simulated: true), into: clean))
            #expect(marks.digitalSourceType == "trainedAlgorithmicMedia")
            #expect(marks.aiSystem == "A <b> & \"c\" 'd' é")
            #expect(marks.isSimulated && !marks.hasC2PA && marks.packets == 1)
            #expect(!readMarks(of: try embed(Self.packet(), into: clean)).isSimulated)
        }
    }

    @Test(arguments: Encoding.all)
    func `not a byte of the coded picture changes`(encoding: Encoding) throws {
        try withOutputTools { tools in
            let clean = try tools.clean(encoding)
            let marked = try embed(Self.packet(), into: clean)
            // The end of every clean file here is coded picture; it has to stand somewhere in the marked one.
            let tail = Array(clean.suffix(clean.count / 3))
            let isThere = (0...marked.count - tail.count).contains { marked[$0..<$0 + tail.count].elementsEqual(tail) }
            #expect(isThere)
        }
    }

    @Test func `a JPEG XL file in boxes gets its packet behind the level`() throws {
        try withOutputTools { tools in
            func box(_ name: String, _ body: [UInt8]) -> [UInt8] {
                [0, 0, UInt8((body.count + 8) >> 8), UInt8((body.count + 8) & 0xFF)] + Array(name.utf8) + body
            }
            let stream = try tools.clean(Encoding(suffix: "jxl", options: ["[strip,effort=3]"]))
            let head = box("JXL ", [0x0D, 0x0A, 0x87, 0x0A]) + box("ftyp", Array("jxl \0\0\0\0jxl ".utf8))
            let file = head + box("jxll", [10]) + box("jxlc", stream)
            let marked = try embed(Self.packet(), into: file)
            #expect(marked.starts(with: head + box("jxll", [10])) && marked.suffix(stream.count).elementsEqual(stream))
            try tools.write(file, to: "boxes.jxl")
            try tools.write(marked, to: "marked.jxl")
            #expect(try tools.pixels("marked.jxl") == tools.pixels("boxes.jxl"))
        }
    }

    @Test func `what is marked, unclean or of another kind is refused`() throws {
        try withOutputTools { tools in
            let clean = try tools.clean(Encoding.all[0])
            let marked = try embed(Self.packet(), into: clean)
            #expect(throws: ProvenanceError.self) { try embed(Self.packet(), into: marked) }
            #expect(throws: ProvenanceError.self) { try embed(Self.packet(), into: clean + [0]) }
            #expect(throws: ProvenanceError.self) { try embed(Self.packet(), into: Array(clean.dropLast(20))) }
            #expect(throws: ProvenanceError.unsupported(nil)) { try embed(Self.packet(), into: [1, 2, 3]) }
            let gif = try tools.clean(Encoding(suffix: "gif", options: []))
            #expect(throws: ProvenanceError.unsupported(.gif)) { try embed(Self.packet(), into: gif) }
        }
    }

    @Test func `the longest fields still fit every container`() throws {
        try withOutputTools { tools in
            for encoding in Encoding.all {
                let long = Self.packet(String(repeating: "\"", count: 100_000))
                let marked = try embed(long, into: tools.clean(encoding))
                #expect(try inspect(marked).violations(through: .output(allowingXMP: 1)) == [])
            }
        }
    }

    @Test func `the packet is well-formed XML without a wrapper`() throws {
        let text = Self.packet("<&>\"'\u{0}\u{FFFF}", simulated: true).text
        #expect(text.hasPrefix("<x:xmpmeta") && !text.contains("<?xpacket"))
        try withOutputTools { tools in
            try tools.write(Array(text.utf8), to: "packet.xml")
            let script = "import xml.dom.minidom, sys; xml.dom.minidom.parse(sys.argv[1])"
            try tools.run("python3", ["-c", script, "packet.xml"])
        }
    }

    @Test func `a picture made with references is a composite`() {
        #expect(XMPPacket.SourceType(references: 0) == .trainedAlgorithmicMedia)
        #expect(XMPPacket.SourceType(references: 2) == .compositeWithTrainedAlgorithmicMedia)
    }

    @Test(arguments: [
        #"<a:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/digitalArt</a:DigitalSourceType>"#,
        #"<d Iptc4xmpExt:DigitalSourceType='digitalArt'/>"#,
        #"<Iptc4xmpExt:DigitalSourceType rdf:resource="http://cv.iptc.org/newscodes/digitalsourcetype/digitalArt"/>"#,
    ])
    func `foreign packets are read in each of the ways they are written`(packet: String) throws {
        try withOutputTools { tools in
            let clean = try tools.clean(Encoding.all[2])
            let body = Array("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>\(packet)</x:xmpmeta>".utf8)
            let bytes = clean[..<2] + [0xFF, 0xE1, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 0xFF)] + body
            #expect(readMarks(of: bytes + clean[2...]).digitalSourceType == "digitalArt")
        }
    }
}
