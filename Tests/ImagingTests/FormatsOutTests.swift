import Domain
import Foundation
import Imaging
import Support
import Testing

/// AVIF and JPEG XL, as other programs read them.
@Suite struct FormatsOutTests {
    private let patches = Pictures.patches(PixelSize(width: 96, height: 64))

    private func render(_ bytes: [UInt8], _ format: PictureFormat, quality: Int = 90) throws -> [UInt8] {
        let order = RenderOrder(size: .native, fit: .inside, format: format, quality: quality)
        return try unsafe order.carriedOut(on: bytes.span.bytes).bytes
    }

    private func read(_ bytes: [UInt8], _ format: PictureFormat, _ scratch: Scratch) throws -> [UInt8] {
        try scratch.write(bytes, as: "out.\(format.suffix)")
        try scratch.run(format == .jxl ? "djxl" : "avifdec", "out.\(format.suffix)", "seen.png")
        return try scratch.read("seen.png")
    }

    @Test(arguments: [PictureFormat.avif, .jxl], [60, 90, 100])
    func `another program sees the same picture`(format: PictureFormat, quality: Int) throws {
        let scratch = try Scratch()
        let made = try render(try patches.png(), format, quality: quality)
        let seen = try Pixels(decoding: try read(made, format, scratch))
        #expect(seen.size == patches.size)
        for (x, y) in [(12, 10), (80, 10), (12, 50), (80, 50)] {
            #expect(zip(seen[x, y], patches[x, y]).allSatisfy { abs($0 - $1) <= 8 }, "\(seen[x, y])")
        }
    }

    @Test(arguments: [PictureFormat.avif, .jxl, .webp, .jpeg])
    func `more quality is more bytes`(format: PictureFormat) throws {
        let noise = try Pixels.noise(PixelSize(width: 96, height: 64)).png()
        let sizes = try [1, 30, 50, 75, 90, 95, 100].map { try render(noise, format, quality: $0).count }
        #expect(sizes == sizes.sorted() && Set(sizes).count >= 6, "\(sizes)")
    }

    @Test(arguments: [PictureFormat.avif, .jxl])
    func `alpha is kept`(format: PictureFormat) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run(
            "sh", "-ec",
            "vips extract_band in.png g.png 1; vips relational_const g.png a.png more 100; vips bandjoin 'in.png a.png' cut.png"
        )
        let seen = try read(try render(try scratch.read("cut.png"), format), format, scratch)
        try scratch.write(seen, as: "seen.png")
        try scratch.run("vips", "extract_band", "seen.png", "alpha.png", "3")
        #expect(try scratch.run("vips", "getpoint", "alpha.png", "12", "10").hasPrefix("0"))
        #expect(try scratch.run("vips", "getpoint", "alpha.png", "80", "10").hasPrefix("255"))
    }

    @Test func `a JPEG XL is in boxes, and an AVIF keeps colour in full only at high quality`() throws {
        let scratch = try Scratch()
        let source = try patches.png()
        let jxl = try render(source, .jxl)
        #expect(jxl.starts(with: [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A]))
        #expect(Data(jxl).range(of: Data("jxlc".utf8))?.lowerBound == 36)
        for (quality, chroma) in [(90, "4:2:0"), (91, "4:4:4")] {
            try scratch.write(try render(source, .avif, quality: quality), as: "out.avif")
            #expect(try scratch.run("exiftool", "-ChromaFormat", "out.avif").contains(chroma))
        }
    }
}
