import Foundation
import Inspection
import Support
import Testing

@Suite struct TIFFTests {
    @Test(arguments: ["strip", "strip,tile,tile-width=16,tile-height=16", "strip,bigtiff", "strip,compression=deflate"])
    func `a clean TIFF is walked to its last strip`(options: String) throws {
        try withPictureTools { tools in
            let clean = try tools.clean("tif", options: options)
            let report = try inspect(clean)
            #expect(report.violations(through: .reference) == [] && report.width == 24 && report.height == 16)
            #expect(try inspect(clean + Array("PK\u{3}\u{4}words".utf8)).kinds == [.trailingData])
        }
    }

    @Test(arguments: [
        (["-GPSLatitude=48.85", "-GPSLatitudeRef=N"], [MetadataKind.gps]), (["-EXIF:Artist=S"], [.creator]),
        (["-ExifIFD:SerialNumber=42"], [.exif, .serialNumber]), (["-XMP-dc:Creator=S"], [.xmp]),
        (["-IPTC:By-line=S"], [.iptc]), (["-EXIF:Make=Maker"], [.text]), (["-EXIF:Software=Program"], [.text]),
        (["-EXIF:Orientation#=6"], [.orientation]), (["-EXIF:XResolution=300"], [.resolution]),
        (["-ICC_Profile<=profile.icc"], [.iccProfile]),
    ])
    func `what exiftool puts into a TIFF is found by kind`(arguments: [String], kinds: [MetadataKind]) throws {
        try withPictureTools { tools in
            try tools.profile("profile.icc")
            let report = try inspect(tools.tagged("tif", arguments))
            #expect(Set(report.kinds).isSuperset(of: kinds), "\(report.kinds)")
            #expect(report.damage == nil && !report.violations(through: .reference).isEmpty)
        }
    }

    @Test func `pages, smaller copies and bytes between the parts are found`() throws {
        try withPictureTools { tools in
            _ = try tools.clean("png")
            try tools.run("vips", ["arrayjoin", "clean.png clean.png", "two.png", "--across", "1"])
            try tools.run("vips", ["tiffsave", "two.png", "two.tif", "--page-height", "16"])
            let pages = try inspect(tools.read("two.tif"))
            #expect(pages.frames == 2 && pages.kinds.contains(.secondImage))
            try tools.run("vips", ["resize", "two.png", "large.png", "20"])
            try tools.run("vips", ["copy", "large.png", "large.tif[strip,tile,pyramid,compression=deflate]"])
            #expect(try inspect(tools.read("large.tif")).kinds.contains(.thumbnail))
            // The first directory moves behind a text, to which nothing leads.
            let clean = try tools.clean("tif")
            var moved = Array(clean[..<8]) + Array("hidden words".utf8) + clean[8...]
            moved[4] = 20
            #expect(try inspect(moved).violations(through: .reference).isEmpty == false)
        }
    }

    @Test func `directories that overlap or go round in a circle are damage`() throws {
        let entry = Parts.big16(0x8769) + Parts.big16(4) + Parts.big32(1) + Parts.big32(8)
        let circle: [UInt8] = [0x4D, 0x4D, 0, 42] + Parts.big32(8) + Parts.big16(2) + entry + entry + Parts.big32(8)
        #expect(try inspect(circle).damage != nil && inspect(circle).work < 8 * circle.count)
        // Every even place is a directory that says it has more entries than fit, and leads to the next one.
        let chain = [0x4D, 0x4D, 0, 42] + Parts.big32(8) + [UInt8](repeating: 0, count: 60_000)
        #expect(try inspect(chain).damage != nil && inspect(chain).work < 8 * chain.count)
    }
}
