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

    @Test func `no module of libvips is loaded but those for HEIF and JPEG XL`() throws {
        _ = try pixels(try patches.png())
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
        let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        #expect(maps.contains("libvips.so"))
        #expect(maps.contains("vips-heif.so") && maps.contains("vips-jxl.so"))
        #expect(!maps.contains("vips-magick") && !maps.contains("vips-poppler") && !maps.contains("Magick"))
    }
}
