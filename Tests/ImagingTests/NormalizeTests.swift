import Domain
import Foundation
import Imaging
import Support
import Testing

@Suite struct NormalizeTests {
    private func normalize(_ bytes: [UInt8], _ order: NormalizeOrder) throws -> NormalizedPicture {
        try unsafe order.carriedOut(on: bytes.span.bytes)
    }

    private func order(_ format: PictureFormat? = .png, edge: Int = 2048) -> NormalizeOrder {
        NormalizeOrder(maxEdge: edge, maxBytes: 20_000_000, format: format)
    }

    @Test(arguments: 1...8)
    func `a picture of any orientation comes out upright`(orientation: Int) throws {
        let scratch = try Scratch()
        let upright = Pictures.patches(PixelSize(width: 64, height: 48))
        // Stored so that the orientation brings it upright: the inverse turn, made by our own arithmetic.
        let stored = upright.stored(for: orientation)
        let jpeg = try scratch.converted(try stored.png(), to: "a.jpg[Q=100,subsample_mode=off]")
        try scratch.write(jpeg, as: "b.jpg")
        try scratch.run("exiftool", "-n", "-overwrite_original", "-Orientation=\(orientation)", "b.jpg")
        let made = try normalize(try scratch.read("b.jpg"), order())
        #expect(made.sourceOrientation == orientation)
        #expect(made.sourceSize == stored.size)
        #expect(made.size == upright.size)
        #expect(try Pixels(decoding: made.bytes).distance(to: upright) <= 8)
    }

    @Test func `a wide-gamut picture keeps its colours in sRGB`() throws {
        let scratch = try Scratch()
        // Inside sRGB, so that the way there and back loses nothing but rounding.
        let original = Pictures.patches(PixelSize(width: 40, height: 40))
        try scratch.write(try original.png(), as: "srgb.png")
        try scratch.run(
            "vips", "icc_transform", "srgb.png", "p3.png", "p3", "--input-profile", "srgb")
        let wide = try scratch.read("p3.png")
        #expect(try scratch.run("exiftool", "-ICC_Profile:all", "p3.png").contains("P3"))
        let made = try normalize(wide, order())
        #expect(made.hadProfile)
        #expect(try Pixels(decoding: made.bytes).distance(to: original) <= 3)
        // The stored numbers are others: without the conversion this test would fail.
        try scratch.run("vips", "copy", "p3.png", "plain.png[strip]")
        #expect(try Pixels(decoding: try scratch.read("plain.png")).distance(to: original) > 10)
    }

    @Test func `a CMYK picture becomes RGB`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pictures.patches(PixelSize(width: 40, height: 40)).png(), as: "srgb.png")
        try scratch.run("vips", "icc_transform", "srgb.png", "cmyk.jpg[Q=95]", "cmyk", "--input-profile", "srgb")
        let made = try normalize(try scratch.read("cmyk.jpg"), order(.png))
        let pixels = try Pixels(decoding: made.bytes)
        let red = pixels[5, 5]
        #expect(red[0] > 180 && red[1] < 90 && red[2] < 90)
    }

    @Test(arguments: [PictureFormat.png, .jpeg, .webp, .avif], PictureFormat.allCases)
    func `no metadata of the source is left`(from source: PictureFormat, to target: PictureFormat) throws {
        let scratch = try Scratch()
        let name = "in.\(source.suffix)"
        try scratch.write(try Pictures.patches(PixelSize(width: 90, height: 60)).png(), as: "plain.png")
        try scratch.run("vips", "icc_transform", "plain.png", name, "p3", "--input-profile", "srgb")
        var facts = [
            "-GPSLatitude=48.2", "-GPSLongitude=16.3", "-GPSLatitudeRef=N", "-GPSLongitudeRef=E", "-Artist=canary",
            "-XMP:Creator=canary", "-SerialNumber=12345", "-DateTimeOriginal=2026:01:02 03:04:05",
        ]
        if source == .jpeg {
            try scratch.run("vips", "thumbnail", "plain.png", "small.jpg", "32")
            facts += ["-Comment=canary", "-IPTC:Keywords=canary", "-ThumbnailImage<=small.jpg"]
        }
        if source == .png { facts += ["-PNG:Comment=canary", "-PNG:Author=canary"] }
        try scratch.run("exiftool", ["-overwrite_original"] + facts + [name])
        let dirty = try scratch.read(name)
        #expect(try scratch.metadata(of: dirty, suffix: source.suffix).count > 8)

        let made = try normalize(dirty, order(target))
        #expect(made.format == target)
        #expect(try scratch.metadata(of: made.bytes, suffix: target.suffix) == [])
        #expect(Data(made.bytes).range(of: Data("canary".utf8)) == nil)
        #expect(Data(made.bytes).range(of: Data("Exif".utf8)) == nil)
        #expect(Data(made.bytes).range(of: Data("EXIF".utf8)) == nil)
    }

    @Test(arguments: [(4000, 3000, 2048, 2048, 1536), (300, 900, 512, 171, 512), (640, 480, 2048, 640, 480)])
    func `a picture is fitted down and never grows`(
        width: Int, height: Int, edge: Int, newWidth: Int, newHeight: Int
    ) throws {
        let scratch = try Scratch()
        try scratch.run("vips", "black", "in.png", "\(width)", "\(height)", "--bands", "3")
        let png = try scratch.read("in.png")
        for bytes in [png, try scratch.converted(png, to: "a.jpg")] {
            let made = try normalize(bytes, order(nil, edge: edge))
            #expect(made.size == PixelSize(width: newWidth, height: newHeight))
            try scratch.write(made.bytes, as: "out")
            #expect(try scratch.run("vipsheader", "out").contains(" \(newWidth)x\(newHeight) "))
        }
    }

    @Test func `the format follows the source when none is asked`() throws {
        let scratch = try Scratch()
        let png = try Pictures.patches(PixelSize(width: 64, height: 64)).png()
        #expect(try normalize(png, order(nil)).format == .png)
        #expect(try normalize(try scratch.converted(png, to: "a.jpg"), order(nil)).format == .jpeg)
        #expect(try normalize(try scratch.converted(png, to: "a.webp"), order(nil)).format == .jpeg)
        #expect(try normalize(try scratch.converted(png, to: "b.webp[lossless]"), order(nil)).format == .png)
    }

    @Test func `alpha is kept when asked, and nothing hides under transparent pixels`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pictures.patches(PixelSize(width: 8, height: 8)).png(), as: "rgb.png")
        try scratch.run("vips", "extract_band", "rgb.png", "alpha.png", "0")
        try scratch.run("vips", "linear", "alpha.png", "zero.png", "0", "0", "--uchar")
        try scratch.run("vips", "bandjoin", "rgb.png zero.png", "hidden.png")
        let hidden = try scratch.read("hidden.png")
        var kept = order(nil)
        kept.keepAlpha = true
        let made = try normalize(hidden, kept)
        #expect(made.hadAlpha && made.format == .png)
        try scratch.write(made.bytes, as: "kept.png")
        try scratch.run("vips", "extract_band", "kept.png", "colour.png", "0", "--n", "3")
        #expect(try Pixels(decoding: try scratch.read("colour.png")).rgb.allSatisfy { $0 == 0 })
        let flat = try normalize(hidden, order(nil))
        #expect(try Pixels(decoding: flat.bytes).rgb.allSatisfy { $0 == 255 })
        #expect(try scratch.run("vipsheader", "-f", "bands", "kept.png").hasPrefix("4"))
    }

    @Test func `a picture too heavy for a model becomes a JPEG, then smaller, then is refused`() throws {
        let noise = Pixels.noise(PixelSize(width: 300, height: 200))
        let png = try noise.png()
        #expect(png.count > 170_000)
        let asJPEG = try normalize(png, NormalizeOrder(maxEdge: 2048, maxBytes: 150_000))
        #expect(asJPEG.format == .jpeg && asJPEG.size == noise.size && asJPEG.bytes.count <= 150_000)
        let small = try normalize(png, NormalizeOrder(maxEdge: 2048, maxBytes: 30_000, format: .png))
        #expect(small.format == .png && small.size.width < 300 && small.bytes.count <= 30_000)
        #expect(throws: ImagingError.self) {
            try normalize(png, NormalizeOrder(maxEdge: 2048, maxBytes: 100))
        }
    }
}

extension Pixels {
    /// The pixels as a camera would have stored them under an EXIF orientation.
    func stored(for orientation: Int) -> Pixels {
        let turned = orientation > 4
        let stored = turned ? PixelSize(width: size.height, height: size.width) : size
        var rgb: [UInt8] = []
        for y in 0..<stored.height {
            for x in 0..<stored.width {
                let (lastX, lastY) = (size.width - 1, size.height - 1)
                let (column, row) =
                    switch orientation {
                    case 2: (lastX - x, y)
                    case 3: (lastX - x, lastY - y)
                    case 4: (x, lastY - y)
                    case 5: (y, x)
                    case 6: (lastX - y, x)
                    case 7: (lastX - y, lastY - x)
                    case 8: (y, lastY - x)
                    default: (x, y)
                    }
                rgb += self[column, row].map(UInt8.init)
            }
        }
        return Pixels(size: stored, rgb: rgb)
    }

    static func noise(_ size: PixelSize) -> Pixels {
        var state: UInt64 = 42
        return Pixels(
            size: size,
            rgb: (0..<size.pixels * 3).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            })
    }
}
