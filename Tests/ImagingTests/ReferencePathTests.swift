import Domain
import Foundation
import Imaging
import Inspection
import Support
import Testing

/// Each way a reference may go gives what libvips gives, and each picture goes the cheapest one that is right.
@Suite struct ReferencePathTests {
    private func normalize(
        _ bytes: [UInt8], edge: Int = 2048, bytes most: Int = 20_000_000, format: PictureFormat? = nil,
        quality: Int = 95, keepAlpha: Bool = false
    ) throws -> NormalizedPicture {
        let order = NormalizeOrder(
            maxEdge: edge, maxBytes: most, format: format, quality: quality, keepAlpha: keepAlpha)
        let made = try unsafe order.carriedOut(on: bytes.span.bytes)
        // Every way ends in the same scanner.
        #expect(try inspect(made.bytes).violations(through: .reference) == [])
        return made
    }

    static let kinds = [
        "-sample 2x2", "-sample 2x1", "-sample 1x2", "-sample 1x1", "-grayscale", "-progressive",
        "-progressive -sample 1x1", "-progressive -grayscale", "-restart 1", "-restart 3B -sample 2x1",
        "-optimize -baseline",
    ]

    @Test(arguments: kinds)
    func `a JPEG that fits loses its metadata and not one pixel`(kind: String) throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 131, height: 97))
        let plain = try scratch.jpeg(kind)
        let dirty = try scratch.dirtied("in.jpg")
        #expect(try inspect(dirty).violations(through: .reference).isEmpty == false)
        let made = try normalize(dirty)
        #expect(made.path == .stripped)
        #expect(made.size == PixelSize(width: 131, height: 97))
        #expect(try scratch.metadata(of: made.bytes, suffix: "jpg") == [])
        #expect(Data(made.bytes).range(of: Data("canary".utf8)) == nil)
        #expect(made.bytes.count <= plain.count)
        #expect(try scratch.decibels(made, "in.jpg") == .infinity)
    }

    @Test func `further pictures, data behind the end and padding are dropped`() throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 96, height: 64))
        let jpeg = try scratch.jpeg("-quality 90")
        let table: [UInt8] = [0xFF, 0xE2, 0, 8] + Array("MPF\0".utf8) + [0x49, 0x49]
        let made = try normalize([0xFF, 0xD8] + table + jpeg.dropFirst(2) + jpeg + Array("canary".utf8))
        #expect(made.path == .stripped)
        #expect(made.bytes.count <= jpeg.count)
        #expect(try scratch.decibels(made, "in.jpg") == .infinity)
        // Between the scan's end and the end of image: no decoder minds, but nobody could say what it is.
        let padded = try normalize(jpeg.dropLast(2) + [UInt8](repeating: 0, count: 40) + [0xFF, 0xD9])
        #expect(padded.path == .planes)
        #expect(try scratch.decibels(padded, "in.jpg") > 40)
    }

    static let turns: [(kind: String, size: PixelSize, edge: Int, path: NormalizePath)] = [
        ("-sample 2x2", PixelSize(width: 96, height: 64), 2048, .turned),
        ("-sample 2x1", PixelSize(width: 96, height: 64), 2048, .turned),
        ("-progressive", PixelSize(width: 96, height: 64), 2048, .turned),
        ("-grayscale", PixelSize(width: 96, height: 64), 2048, .turned),
        ("-sample 2x2", PixelSize(width: 97, height: 63), 2048, .planes),
        ("-sample 2x1", PixelSize(width: 97, height: 63), 2048, .planes),
        ("-sample 1x1", PixelSize(width: 201, height: 133), 100, .planes),
        ("-grayscale", PixelSize(width: 201, height: 133), 100, .planes),
        ("-sample 2x2", PixelSize(width: 403, height: 299), 100, .planes),
        ("-rgb", PixelSize(width: 97, height: 63), 2048, .library),
    ]

    @Test(arguments: 2...8, turns.indices)
    func `each orientation comes out upright on each path`(orientation: Int, turn: Int) throws {
        let (kind, size, edge, path) = Self.turns[turn]
        let scratch = try Scratch()
        try scratch.makeClouds(size)
        _ = try scratch.jpeg("-quality 95 " + kind)
        let bytes = try scratch.dirtied("in.jpg", orientation: orientation)
        try scratch.run("vips", "thumbnail", "in.jpg", "want.png", "\(edge)", "--height", "\(edge)", "--size", "down")
        let made = try normalize(bytes, edge: edge)
        // Transposition never has to give up part of a block.
        #expect(made.path == (orientation == 5 && size.longEdge <= edge && path == .planes ? .turned : path))
        #expect(made.sourceOrientation == orientation)
        let most = try scratch.decibels(encoding: "want.png", quality: 95)
        #expect(try scratch.decibels(made, "want.png") > min(most - 1.5, 40))
    }

    @Test(arguments: kinds, [PixelSize(width: 401, height: 303), PixelSize(width: 1001, height: 750)])
    func `shrinking by planes is what libvips makes of it`(kind: String, size: PixelSize) throws {
        let scratch = try Scratch()
        try scratch.makeClouds(size)
        let bytes = try scratch.jpeg("-quality 97 " + kind)
        try scratch.run("vips", "resize", "in.jpg", "want.png", "\(240.0 / Double(size.width))")
        let made = try normalize(bytes, edge: 240)
        #expect(made.path == .planes)
        #expect(made.size.width == 240)
        let most = try scratch.decibels(encoding: "want.png", quality: 95)
        #expect(try scratch.decibels(made, "want.png") > min(most - 1, 45))
    }

    @Test func `twelve megapixels go to the edge of a model as they do with libvips`() throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 4000, height: 3000), cell: 64)
        let bytes = try scratch.jpeg("-quality 90")
        try scratch.run("vips", "resize", "in.jpg", "want.png", "0.512")
        let made = try normalize(bytes, quality: 90)
        #expect(made.path == .planes)
        #expect(made.size == PixelSize(width: 2048, height: 1536))
        #expect(try scratch.decibels(made, "want.png") > 40)
    }

    @Test func `a profile that is sRGB changes nothing, any other one goes through libvips`() throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 96, height: 64))
        for (profile, path) in [("srgb", NormalizePath.stripped), ("p3", .library)] {
            try scratch.run("vips", "icc_transform", "clouds.png", "in.jpg[Q=95]", profile, "--input-profile", "srgb")
            let made = try normalize(try scratch.read("in.jpg"))
            #expect(made.hadProfile)
            #expect(made.path == path)
            #expect(try scratch.decibels(made, "clouds.png") > 34)
        }
        let large = try scratch.dirtied("in.jpg")
        #expect(try normalize(large, edge: 48).path == .library)
    }

    @Test(arguments: ["-rgb", "-arithmetic"])
    func `a JPEG of another kind goes through libvips`(kind: String) throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 96, height: 64))
        let made = try normalize(try scratch.jpeg("-quality 95 " + kind))
        #expect(made.path == .library)
        #expect(try scratch.decibels(made, "clouds.png") > 34)
    }

    @Test func `a JPEG that is too many bytes is made again`() throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 640, height: 480), cell: 4)
        let bytes = try scratch.jpeg("-quality 98 -sample 1x1")
        for orientation in ["1", "6"] {
            try scratch.run("exiftool", "-n", "-overwrite_original", "-Orientation=\(orientation)", "in.jpg")
            let made = try normalize(try scratch.read("in.jpg"), bytes: bytes.count * 2 / 3, quality: 80)
            #expect(made.path == .planes)
            #expect(made.bytes.count <= bytes.count * 2 / 3)
            #expect(made.size.longEdge == 640)
            let smaller = try normalize(try scratch.read("in.jpg"), bytes: 9_000)
            #expect(smaller.bytes.count <= 9_000 && smaller.size.longEdge < 640)
        }
    }

    @Test(arguments: kinds)
    func `a JPEG cut off or damaged is refused on every path`(kind: String) throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 320, height: 240), cell: 8)
        let bytes = try scratch.jpeg("-quality 90 " + kind)
        for tenth in 1...9 {
            let cut = Array(bytes.prefix(bytes.count * tenth / 10))
            for edge in [2048, 100] {
                #expect(throws: ImagingError.self, "\(tenth) tenths, \(edge)") { try normalize(cut, edge: edge) }
            }
        }
        let scan = try #require(Data(bytes).range(of: Data([0xFF, 0xDA]), options: .backwards)).upperBound
        for part in 1...4 {
            var damaged = bytes
            let place = scan + 12 + (bytes.count - scan - 12) * part / 6
            for offset in 0..<8 { damaged[place + offset] = 0xA5 ^ UInt8(offset * 31) }
            damaged[place + 8] = 0xFF
            damaged[place + 9] = 0xC7
            for edge in [2048, 100] {
                #expect(throws: ImagingError.self, "part \(part), \(edge)") { try normalize(damaged, edge: edge) }
            }
        }
    }

    @Test func `scans that say nothing do not keep a worker busy`() throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 64, height: 64))
        for options in ["-progressive", "-progressive -rgb"] {
            let bytes = try scratch.jpeg(options)
            let scan = try #require(Data(bytes).range(of: Data([0xFF, 0xDA]), options: .backwards)).lowerBound
            var bomb = Array(bytes.dropLast(2))
            for _ in 0..<600 { bomb += bytes[scan..<bytes.count - 2] }
            bomb += [0xFF, 0xD9]
            #expect(throws: ImagingError.self) { try normalize(bomb) }
            #expect(throws: ImagingError.self) { try normalize(bomb, edge: 32) }
        }
    }

    @Test func `a PNG that fits loses its metadata and not one pixel`() throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 131, height: 97))
        try scratch.run("exiftool", "-overwrite_original", "-Artist=canary", "-PNG:Comment=canary", "clouds.png")
        let made = try normalize(try scratch.read("clouds.png") + Array("canary".utf8))
        #expect(made.path == .stripped && made.format == .png)
        #expect(try scratch.metadata(of: made.bytes, suffix: "png") == [])
        #expect(Data(made.bytes).range(of: Data("canary".utf8)) == nil)
        #expect(try scratch.decibels(made, "clouds.png") == .infinity)
    }

    @Test(arguments: [(PictureFormat.png, 45.0), (.jpeg, 36.0)], 1...8)
    func `a PNG is shrunk and turned by planes as by libvips`(to target: (PictureFormat, Double), orientation: Int)
        throws
    {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 301, height: 203))
        try scratch.run("vips", "extract_band", "clouds.png", "grey.png", "1")
        try scratch.run("vips", "bandjoin", "clouds.png grey.png", "alpha.png")
        try scratch.run("vips", "flatten", "alpha.png", "flat.png", "--background", "255")
        for (name, like) in [("clouds.png", "clouds.png"), ("grey.png", "grey.png"), ("alpha.png", "flat.png")] {
            try scratch.run("vips", "resize", like, "want.png", "\(120.0 / 301)")
            try scratch.run("exiftool", "-n", "-overwrite_original", "-Orientation=\(orientation)", name)
            try scratch.run("exiftool", "-n", "-overwrite_original", "-Orientation=\(orientation)", "want.png")
            try scratch.run("vips", "autorot", "want.png", "upright.png")
            let made = try normalize(try scratch.read(name), edge: 120, format: target.0)
            #expect(made.path == .planes && made.format == target.0)
            #expect(made.hadAlpha == (name == "alpha.png"))
            #expect(try scratch.decibels(made, "upright.png") > target.1, "\(name)")
        }
    }

    @Test func `transparency that is kept, and every other kind of PNG, goes through libvips`() throws {
        let scratch = try Scratch()
        try scratch.makeClouds(PixelSize(width: 64, height: 48))
        try scratch.run("vips", "extract_band", "clouds.png", "grey.png", "1")
        try scratch.run("vips", "bandjoin", "clouds.png grey.png", "alpha.png")
        #expect(try normalize(try scratch.read("alpha.png"), keepAlpha: true).path == .library)
        #expect(try normalize(try scratch.read("alpha.png")).path == .planes)
        try scratch.run("vips", "cast", "clouds.png", "deep.v", "ushort", "--shift")
        try scratch.run("vips", "copy", "deep.v", "deep.png", "--interpretation", "rgb16")
        try scratch.run("vips", "copy", "clouds.png", "laced.png[interlace]")
        try scratch.run("vips", "copy", "clouds.png", "few.png[palette]")
        for name in ["deep.png", "laced.png", "few.png"] {
            #expect(try normalize(try scratch.read(name)).path == .library, "\(name)")
        }
    }
}
