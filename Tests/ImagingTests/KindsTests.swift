import Domain
import Foundation
import Imaging
import Support
import Testing

/// Pictures as they come: grey, deep, indexed, transparent, moving.
@Suite struct KindsTests {
    private let patches = Pictures.patches(PixelSize(width: 48, height: 32))

    private func pixels(_ bytes: [UInt8], maxEdge: Int = 48) throws -> Pixels {
        let order = NormalizeOrder(maxEdge: maxEdge, maxBytes: 10_000_000, format: .png)
        return try Pixels(decoding: try unsafe order.carriedOut(on: bytes.span.bytes).bytes)
    }

    @Test(arguments: [
        ("16 bits", "vips colourspace in.png out.png rgb16"),
        ("with alpha", "vips bandjoin_const in.png out.png 255"),
        ("16 bits with alpha", "vips bandjoin_const in.png a.png 255; vips colourspace a.png out.png rgb16"),
        ("16 bits, wide", "vips icc_transform in.png out.png p3 --input-profile srgb --depth 16"),
        (
            "wide with alpha",
            "vips bandjoin_const in.png a.png 255; vips icc_transform a.png out.png p3 --input-profile srgb"
        ),
        ("indexed", "vips pngsave in.png out.png --palette"),
        ("interlaced", "vips pngsave in.png out.png --interlace"),
    ])
    func `its colours stay`(kind: (name: String, recipe: String)) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("sh", "-c", kind.recipe)
        let source = try scratch.read("out.png")
        #expect(try pixels(source).distance(to: patches) <= 3)
        // Away from the borders of the patches a smaller picture has the same colours.
        let small = try pixels(source, maxEdge: 24)
        for (x, y) in [(4, 3), (20, 3), (4, 13), (20, 13)] {
            #expect(zip(small[x, y], patches[x * 2, y * 2]).allSatisfy { abs($0 - $1) <= 3 })
        }
    }

    @Test(arguments: ["b-w", "grey16"])
    func `grey becomes equal red, green and blue`(space: String) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("vips", "colourspace", "in.png", "out.png", space)
        let made = try pixels(try scratch.read("out.png"))
        #expect(made.size == patches.size && made[3, 3][0] == made[3, 3][1] && made[3, 3][1] == made[3, 3][2])
        #expect((60...120).contains(made[3, 3][0]))
    }

    @Test func `of a moving picture the first frame is taken`() throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("sh", "-c", "vips invert in.png b.png; vips arrayjoin 'in.png b.png' tall.png --across 1")
        try scratch.run("vips", "webpsave", "tall.png", "moving.webp", "--page-height", "32", "--lossless")
        let moving = try scratch.read("moving.webp")
        #expect(try pixels(moving).distance(to: patches) <= 1)
        let order = NormalizeOrder(maxEdge: 48, maxBytes: 1_000_000)
        let made = try unsafe order.carriedOut(on: moving.span.bytes)
        #expect(made.sourcePages == 2 && made.format == .png)
    }

    @Test func `a large JPEG is decoded small and keeps its picture`() throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("vips", "resize", "in.png", "big.jpg[Q=95]", "20", "--kernel", "nearest")
        for edge in [48, 100, 500] {
            let small = try pixels(try scratch.read("big.jpg"), maxEdge: edge)
            #expect(small.size.width == edge)
            let corner = small[edge / 8, edge / 8]
            #expect(zip(corner, patches[2, 2]).allSatisfy { abs($0 - $1) <= 6 })
        }
    }

    @Test func `a WebP with alpha keeps it and nothing else`() throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run(
            "sh", "-c", "vips bandjoin_const in.png a.png 255; vips linear a.png half.png '1 1 1 0.5' 0 --uchar")
        for (source, recipe) in [("lossy.webp", "[Q=90]"), ("exact.webp", "[lossless]")] {
            try scratch.run("vips", "copy", "half.png", source + recipe)
            var order = NormalizeOrder(maxEdge: 24, maxBytes: 1_000_000, format: .webp)
            order.keepAlpha = true
            let bytes = try scratch.read(source)
            let made = try unsafe order.carriedOut(on: bytes.span.bytes)
            try scratch.write(made.bytes, as: "out.webp")
            #expect(try scratch.run("vipsheader", "-f", "bands", "out.webp").hasPrefix("4"))
            try scratch.run("vips", "extract_band", "out.webp", "alpha.png", "3")
            #expect(abs((Double(try scratch.run("vips", "avg", "alpha.png").filter { $0 != "\n" }) ?? 0) - 127.5) < 2)
            #expect(try scratch.metadata(of: made.bytes, suffix: "webp") == [])
        }
    }

    @Test func `a profile that does not fit the pixels is left out`() throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("vips", "icc_transform", "in.png", "p3.png", "p3", "--input-profile", "srgb")
        try scratch.run("sh", "-c", "exiftool -b -ICC_Profile p3.png > p3.icc; vips colourspace in.png grey.jpg b-w")
        let grey = try scratch.read("grey.jpg")
        for profile in [try scratch.read("p3.icc"), [UInt8](repeating: 65, count: 300), [0]] {
            let body = Array("ICC_PROFILE".utf8) + [0, 1, 1] + profile
            let length = body.count + 2
            let marker = [0xFF, 0xE2, UInt8(length >> 8), UInt8(length & 255)] + body
            let made = try pixels(Array(grey.prefix(2)) + marker + grey.dropFirst(2))
            #expect(made.size == patches.size && (60...120).contains(made[3, 3][0]))
        }
    }

    @Test func `a profile that knows perceptual intent alone is followed`() throws {
        let scratch = try Scratch()
        let jpeg = try scratch.converted(try patches.png(), to: "a.jpg")
        let profile = Self.swappingProfile
        let body = Array("ICC_PROFILE".utf8) + [0, 1, 1] + profile
        let marker = [0xFF, 0xE2] + Self.big(body.count + 2, 2) + body
        let made = try pixels(Array(jpeg.prefix(2)) + marker + jpeg.dropFirst(2))
        // Red and blue change places.
        #expect(made[3, 3][2] > made[3, 3][0] + 80)
    }

    private static func big(_ value: Int, _ length: Int = 4) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: value >> (8 * (length - 1 - $0))) }
    }

    /// A scanner's profile that has one table and nothing else to go by (ICC.1, `lut8Type`): its red is the blue of sRGB.
    private static var swappingProfile: [UInt8] {
        let one = big(0x10000)
        let straight = [UInt8](0...255)
        let identity = one + big(0) + big(0) + big(0) + one + big(0) + big(0) + big(0) + one
        // L*, a* and b* of black, blue, green and so on, the first channel the slowest.
        let corners: [UInt8] = [
            0, 128, 128, 136, 208, 195, 224, 42, 211, 248, 106, 222, 82, 207, 20, 154, 226, 67, 232, 80, 114, 255, 128,
            128,
        ]
        let tables = straight + straight + straight
        let table = Array("mft1".utf8) + big(0) + [3, 3, 2, 0] + identity + tables + corners + tables
        let white = Array("XYZ ".utf8) + big(0) + big(0xF6D6) + one + big(0xD32D)
        let start = 128 + 4 + 2 * 12
        let tags =
            big(2) + Array("wtpt".utf8) + big(start) + big(white.count) + Array("A2B0".utf8) + big(start + white.count)
            + big(table.count)
        let length = start + white.count + table.count
        let kind = Array("scnrRGB Lab ".utf8)
        var header = big(length) + big(0) + big(0x0240_0000) + kind + [UInt8](repeating: 0, count: 12)
        header += Array("acsp".utf8) + [UInt8](repeating: 0, count: 28) + big(0xF6D6) + one + big(0xD32D)
        header += [UInt8](repeating: 0, count: 128 - header.count)
        return header + tags + white + table
    }

    @Test func `no module of libvips is loaded but those for HEIF and JPEG XL`() throws {
        _ = try pixels(try patches.png())
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
        let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        #expect(maps.contains("libvips.so"))
        #expect(maps.contains("vips-heif.so") && maps.contains("vips-jxl.so"))
        #expect(!maps.contains("vips-magick") && !maps.contains("vips-poppler") && !maps.contains("Magick"))
    }
}
