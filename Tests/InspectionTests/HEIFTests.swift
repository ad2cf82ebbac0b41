import Foundation
import Inspection
import Support
import Testing

@Suite struct HEIFTests {
    @Test(arguments: ["strip,effort=9", "strip,effort=9,lossless", "strip,effort=9,Q=20"])
    func `a clean AVIF passes, and what is hung on it does not`(options: String) throws {
        try withPictureTools { tools in
            let clean = try tools.clean("avif", options: options)
            let report = try inspect(clean)
            #expect(report.violations(through: .reference) == [] && report.width == 24 && report.height == 16)
            let manifest: [UInt8] = [
                0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
            ]
            let added: [([UInt8], MetadataKind)] = [
                (Parts.box("uuid", manifest + [1]), .c2pa), (Parts.box("jumb", [1]), .c2pa),
                (Parts.box("uuid", [UInt8](repeating: 7, count: 20)), .unknownSegment),
                (Parts.box("mdat", Array("words".utf8)), .unknownSegment), (Parts.box("free", [1]), .unknownSegment),
                (Array("PK\u{3}\u{4}".utf8), .trailingData), (Parts.box("moov", []), .animation),
            ]
            for (bytes, kind) in added { #expect(try inspect(clean + bytes).kinds == [kind]) }
            #expect(try inspect(clean + Parts.box("free", [0, 0])).violations(through: .reference) == [])
            #expect(try inspect(Array(clean.dropLast())).damage != nil)
        }
    }

    @Test func `words in the data of an AVIF are found where no item claims them, and metadata units of AV1 too`()
        throws
    {
        try withPictureTools { tools in
            let clean = try tools.clean("avif", options: "strip,effort=9")
            let data = try #require(Self.place(of: "mdat", in: clean))
            // The box grows, and the item in it does not.
            var grown = clean + Array("hidden".utf8)
            grown.replaceSubrange(data - 4..<data, with: Parts.big32(clean.count - data + 4 + 6))
            let report = try inspect(grown)
            #expect(report.kinds == [.unknownSegment] && report.findings.first?.label == "mdat")
            // The temporal delimiter, with which libaom begins, becomes a unit of metadata without content.
            var unit = clean
            unit[data + 4] = 0x2A
            #expect(try inspect(unit).findings.first?.label == "OBU_METADATA")
        }
    }

    @Test func `a colour profile, a packet and the data of a camera are told in HEIF and AVIF`() throws {
        try withPictureTools { tools in
            let tags = ["-GPSLatitude=48.85", "-GPSLatitudeRef=N", "-EXIF:Artist=S", "-XMP-dc:Creator=S"]
            try tools.profile("profile.icc")
            _ = try tools.tagged("jpg", tags + ["-ICC_Profile<=profile.icc"])
            for suffix in ["heic", "avif"] {
                try tools.run("vips", ["copy", "tagged.jpg", "kept.\(suffix)"])
                let report = try inspect(tools.read("kept.\(suffix)"))
                let kinds: Set<MetadataKind> = [.exif, .gps, .creator, .xmp, .iccProfile, .orientation]
                #expect(Set(report.kinds).subtracting([.orientation]) == kinds.subtracting([.orientation]))
                #expect(report.damage == nil && report.packets.count == 1)
            }
        }
    }

    @Test func `a transparent AVIF passes, and a second picture in it does not`() throws {
        try withPictureTools { tools in
            _ = try tools.clean("png")
            try tools.run("vips", ["bandjoin_const", "clean.png", "seen.png", "90"])
            try tools.run("vips", ["copy", "seen.png", "seen.avif[strip,effort=9]"])
            let seen = try tools.read("seen.avif")
            #expect(try inspect(seen).hasAlpha && inspect(seen).violations(through: .reference) == [])
            // The alpha plane becomes a depth map, then a small copy, then a picture that nothing refers to.
            let names: [(String, String, MetadataKind)] = [
                ("auxiliary:alpha", "auxiliary:depth", .secondImage), ("auxl", "thmb", .thumbnail),
                ("auxl", "cdsc", .secondImage),
            ]
            for (old, new, kind) in names {
                let place = try #require(Self.place(of: old, in: seen))
                var changed = seen
                changed.replaceSubrange(place..<place + old.utf8.count, with: Array(new.utf8))
                #expect(try inspect(changed).kinds.contains(kind), "\(new)")
            }
        }
    }

    private static func place(of text: String, in bytes: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        return (0..<max(0, bytes.count - wanted.count)).first { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
