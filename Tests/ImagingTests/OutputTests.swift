import Domain
import Foundation
import Imaging
import Support
import Testing

/// What comes out of the strips, whatever went in and however many worked on it.
@Suite struct OutputTests {
    private func render(_ bytes: [UInt8], _ order: RenderOrder) throws -> RenderedPicture {
        try unsafe order.carriedOut(on: bytes.span.bytes)
    }

    @Test(arguments: [PictureFormat.png, .jpeg, .webp], [Fit.inside, .pad])
    func `three threads make the bytes that one makes`(format: PictureFormat, fit: Fit) throws {
        let source = try Pixels.scene(PixelSize(width: 120, height: 90)).png()
        for upscale in UpscaleMode.allCases {
            var order = RenderOrder(
                size: .box(PixelSize(width: 900, height: 700)), fit: fit, format: format, upscale: upscale)
            let alone = try render(source, order)
            order.threads = 3
            #expect(try render(source, order) == alone)
        }
    }

    @Test(arguments: PNGEffort.allCases)
    func `every effort of the PNG writer keeps every pixel`(effort: PNGEffort) throws {
        let scene = Pixels.scene(PixelSize(width: 301, height: 203))
        let made = try render(
            try scene.png(), RenderOrder(size: .native, fit: .inside, format: .png, png: effort, threads: 2))
        #expect(try Pixels(decoding: made.bytes) == scene)
    }

    @Test func `a PNG of strips is read by another decoder as it was written`() throws {
        let scratch = try Scratch()
        let order = RenderOrder(size: .long(700), fit: .inside, format: .png, threads: 2)
        let made = try render(try Pixels.scene(PixelSize(width: 100, height: 80)).png(), order)
        try scratch.write(made.bytes, as: "out.png")
        try scratch.run("vips", "rawsave", "out.png", "out.raw")
        #expect(try scratch.read("out.raw") == Pixels(decoding: made.bytes).rgb)
        #expect(try scratch.run("pngcheck", "-q", "out.png").isEmpty)
    }

    @Test func `JPEG, WebP and grey sources give the picture that their pixels give`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pixels.scene(PixelSize(width: 90, height: 70)).png(), as: "in.png")
        try scratch.run("vips", "colourspace", "in.png", "grey.png", "b-w")
        try scratch.run("vips", "copy", "grey.png", "grey.jpg[Q=90]")
        for name in ["photo.jpg[Q=95]", "photo.webp[lossless]"] { try scratch.run("vips", "copy", "in.png", name) }
        let order = RenderOrder(size: .long(333), fit: .inside, format: .png)
        for name in ["grey.png", "grey.jpg", "photo.jpg", "photo.webp"] {
            let source = try scratch.read(name)
            let plain = try Pixels(decoding: source).png()
            let distance = try Pixels(decoding: render(source, order).bytes)
                .distance(to: Pixels(decoding: render(plain, order).bytes))
            #expect(distance == 0, "\(name)")
        }
    }

    @Test func `a turned picture comes out upright`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pictures.patches(PixelSize(width: 64, height: 48)).png(), as: "in.png")
        try scratch.run("vips", "copy", "in.png", "turned.jpg[Q=95]")
        try scratch.run("exiftool", "-q", "-n", "-Orientation=6", "-overwrite_original", "turned.jpg", "in.png")
        for name in ["turned.jpg", "in.png"] {
            let made = try render(
                try scratch.read(name), RenderOrder(size: .native, fit: .inside, format: .png))
            #expect(made.size == PixelSize(width: 48, height: 64) && made.native == made.size)
            let pixels = try Pixels(decoding: made.bytes)
            // Turned clockwise, blue from below on the left comes up.
            #expect(zip(pixels[5, 5], [40, 60, 210]).allSatisfy { abs($0 - $1) < 12 }, "\(name)")
            #expect(zip(pixels[40, 5], [220, 30, 40]).allSatisfy { abs($0 - $1) < 12 }, "\(name)")
        }
    }

    @Test func `alpha that hides nothing is left out, and any other is kept`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pixels.scene(PixelSize(width: 40, height: 30)).png(), as: "in.png")
        try scratch.run("vips", "bandjoin_const", "in.png", "opaque.png", "255")
        try scratch.run("vips", "bandjoin_const", "in.png", "thin.png", "254")
        let order = RenderOrder(size: .long(160), fit: .inside, format: .png, threads: 2)
        let plain = try render(try scratch.read("in.png"), order)
        #expect(try render(try scratch.read("opaque.png"), order) == plain)
        try scratch.write(try render(try scratch.read("thin.png"), order).bytes, as: "out.png")
        #expect(try scratch.run("vipsheader", "-f", "bands", "out.png").hasPrefix("4"))
        try scratch.run("vips", "extract_band", "out.png", "colour.png", "0", "--n", "3")
        #expect(try Pixels(decoding: try scratch.read("colour.png")).distance(to: Pixels(decoding: plain.bytes)) <= 2)
    }

    @Test(arguments: [5, 40, 80, 99])
    func `a source that was cut off is refused`(percent: Int) throws {
        let png = try Pixels.scene(PixelSize(width: 120, height: 90)).png()
        let part = Array(png.prefix(png.count * percent / 100))
        #expect(throws: ImagingError.self) {
            try render(part, RenderOrder(size: .long(400), fit: .inside, format: .jpeg))
        }
    }
}
