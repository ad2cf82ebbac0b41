import Inspection
import Support
import Testing

/// One thing put into a clean picture by exiftool, and what has to be found.
struct Injection: Sendable, CustomTestStringConvertible {
    let suffix: String
    let arguments: [String]
    let kinds: Set<MetadataKind>
    /// A group in which exiftool must see it too.
    let witness: String
    var testDescription: String { "\(suffix): \(kinds.map(\.rawValue).sorted().joined(separator: " "))" }

    init(_ suffix: String, _ arguments: [String], _ kinds: Set<MetadataKind>, _ witness: String) {
        self.suffix = suffix
        self.arguments = arguments
        self.kinds = kinds
        self.witness = witness
    }

    static let exif: [Injection] = ["jpg", "png", "webp"].flatMap { suffix in
        [
            Injection(suffix, ["-GPSLatitude=48.85", "-GPSLatitudeRef=N"], [.exif, .gps], "GPS"),
            Injection(suffix, ["-EXIF:Orientation#=6"], [.exif, .orientation], "IFD0"),
            Injection(suffix, ["-ExifIFD:SerialNumber=0042"], [.exif, .serialNumber], "ExifIFD"),
            Injection(suffix, ["-EXIF:Artist=Somebody"], [.exif, .creator], "IFD0"),
            Injection(suffix, ["-EXIF:DateTimeOriginal=2026:01:02 03:04:05"], [.exif, .time], "ExifIFD"),
            Injection(suffix, ["-EXIF:UserComment=words"], [.exif, .comment], "ExifIFD"),
            Injection(suffix, ["-ThumbnailImage<=small.jpg"], [.exif, .thumbnail], "IFD1"),
            Injection(suffix, ["-XMP-dc:Creator=Somebody"], [.xmp], "XMP-dc"),
        ]
    }

    static let others = [
        Injection("jpg", ["-IPTC:By-line=Somebody"], [.photoshop, .iptc], "IPTC"),
        Injection("jpg", ["-Photoshop:PhotoshopThumbnail<=small.jpg"], [.photoshop, .thumbnail], "Photoshop"),
        Injection("jpg", ["-Comment=words"], [.comment], "File"),
        Injection("jpg", ["-ICC_Profile<=profile.icc"], [.iccProfile], "ICC-header"),
        Injection("jpg", ["-XMP-dc:Description<=long"], [.xmp, .extendedXMP], "XMP-dc"),
        Injection("png", ["-PNG:Comment=words"], [.comment], "PNG"),
        Injection("png", ["-PNG:Title=words"], [.text], "PNG"),
        Injection("png", ["-PNG:ModifyDate=2026:01:02 03:04:05"], [.time], "PNG"),
        Injection("png", ["-IPTC:By-line=Somebody"], [.text, .iptc], "IPTC"),
        Injection("png", ["-ICC_Profile<=profile.icc"], [.iccProfile], "ICC-header"),
        Injection("png", ["-PNG-pHYs:PixelsPerUnitX=3780"], [.resolution], "PNG-pHYs"),
    ]
}

@Suite struct InjectionTests {
    @Test(arguments: Injection.exif + Injection.others)
    func `what exiftool puts in is found by kind and stopped at both gates`(injection: Injection) throws {
        try withPictureTools { tools in
            try tools.write([UInt8](repeating: 0x41, count: 90_000), to: "long")
            _ = try tools.clean("jpg", name: "small")
            try tools.profile("profile.icc")
            let bytes = try tools.tagged(injection.suffix, injection.arguments)
            let report = try inspect(bytes)
            #expect(Set(report.kinds) == injection.kinds)
            #expect(report.damage == nil)
            #expect(!report.violations(through: .reference).isEmpty)
            #expect(!report.violations(through: .output(allowingXMP: 0)).isEmpty)
            #expect(try tools.groups("tagged.\(injection.suffix)").contains(injection.witness))
        }
    }

    @Test(arguments: [
        ("jpg", "strip"), ("jpg", "strip,interlace"), ("jpg", "strip,optimize-coding"), ("png", "strip"),
        ("png", "strip,interlace"), ("png", "strip,palette"), ("webp", "strip"), ("webp", "lossless"),
    ])
    func `a clean picture passes and its size is read`(suffix: String, options: String) throws {
        try withPictureTools { tools in
            let report = try inspect(tools.clean(suffix, options: options))
            #expect(report.violations(through: .reference) == [])
            #expect(report.violations(through: .output(allowingXMP: 0)) == [])
            #expect(report.violations(through: .output(allowingXMP: 1)) == [.packets(found: 0, wanted: 1)])
            #expect(report.width == 24 && report.height == 16)
            #expect(report.orientation == 1 && report.frames == 1 && !report.hasAlpha)
        }
    }

    @Test func `exactly the stated number of XMP packets passes the output gate`() throws {
        try withPictureTools { tools in
            for suffix in ["jpg", "png", "webp"] {
                let report = try inspect(tools.tagged(suffix, ["-XMP-dc:Creator=Somebody"]))
                #expect(report.violations(through: .output(allowingXMP: 1)) == [])
                #expect(report.violations(through: .output(allowingXMP: 2)).count == 1)
                #expect(report.violations(through: .reference).count == 1)
            }
        }
    }

    @Test func `the orientation of a turned photograph is told`() throws {
        try withPictureTools { tools in
            for suffix in ["jpg", "png", "webp"] {
                for turn in 1...8 {
                    let bytes = try tools.tagged(suffix, ["-EXIF:Orientation#=\(turn)"])
                    #expect(try inspect(bytes).orientation == turn)
                }
            }
        }
    }

    @Test func `a WebP file that libvips was told to strip is still caught`() throws {
        try withPictureTools { tools in
            _ = try tools.tagged("jpg", ["-GPSLatitude=48.85", "-GPSLatitudeRef=N", "-XMP-dc:Creator=Somebody"])
            try tools.run("vips", ["copy", "tagged.jpg", "leak.webp[strip]"])
            let leak = try tools.read("leak.webp")
            let report = try inspect(leak)
            #expect(report.kinds.contains(.exif) && !report.violations(through: .reference).isEmpty)
            let pixels = try #require(pixelsOnly(webp: leak))
            #expect(try inspect(pixels).violations(through: .reference) == [])
            try tools.write(pixels, to: "pixels.webp")
            #expect(try tools.decoded("pixels.webp") == tools.decoded("leak.webp"))
            #expect(pixelsOnly(webp: Array(leak.dropLast(5))) == nil && pixelsOnly(webp: [1, 2]) == nil)
        }
    }

    @Test func `cutting a WebP file down to its pixels keeps them, transparent ones too`() throws {
        try withPictureTools { tools in
            for options in ["lossless", "Q=80", "Q=80,alpha-q=50"] {
                _ = try tools.clean("png")
                try tools.run("vips", ["bandjoin_const", "clean.png", "seen.png", "90"])
                try tools.run("vips", ["copy", "seen.png", "seen.webp[\(options)]"])
                let pixels = try #require(pixelsOnly(webp: tools.read("seen.webp")))
                try tools.write(pixels, to: "pixels.webp")
                #expect(try inspect(pixels).violations(through: .reference) == [])
                #expect(try inspect(pixels).hasAlpha)
                #expect(try tools.decoded("pixels.webp") == tools.decoded("seen.webp"))
            }
        }
    }

    @Test func `what a telephone's HEIF or a scanner's TIFF carries is told`() throws {
        try withPictureTools { tools in
            let tags = ["-GPSLatitude=48.85", "-GPSLatitudeRef=N", "-EXIF:Orientation#=6", "-XMP-dc:Creator=Somebody"]
            _ = try tools.tagged("jpg", tags)
            for (suffix, orientation) in [("heic", 1), ("avif", 1), ("tif", 6)] {
                try tools.run("vips", ["copy", "tagged.jpg", "kept.\(suffix)"])
                if suffix == "tif" {
                    try tools.run("exiftool", ["-q", "-overwrite_original"] + tags + ["kept.tif"])
                }
                let report = try inspect(tools.read("kept.\(suffix)"))
                #expect(Set(report.kinds).isSuperset(of: [.gps, .xmp]), "\(suffix): \(report.kinds)")
                #expect(report.orientation == orientation)
                #expect(!report.violations(through: .output(allowingXMP: 1)).isEmpty)
            }
        }
    }
}
