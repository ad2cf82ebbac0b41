import Domain
import Foundation
import Imaging
import Inspection
import Support
import Testing

@Suite struct RenderTests {
    private func render(_ bytes: [UInt8], _ order: RenderOrder) throws -> RenderedPicture {
        try unsafe order.carriedOut(on: bytes.span.bytes)
    }

    @Test(arguments: [(96, 64), (64, 96), (64, 64), (177, 100), (31, 97)], Fit.allCases)
    func `an output has exactly the asked size`(sides: (width: Int, height: Int), fit: Fit) throws {
        let native = PixelSize(width: sides.width, height: sides.height)
        let png = try Pictures.patches(native).png()
        for size in [
            OutputSize.long(960), .box(PixelSize(width: 384, height: 216)), .box(PixelSize(width: 40, height: 40)),
        ] {
            let order = RenderOrder(size: size, fit: fit, format: .png)
            let made = try render(png, order)
            let plan = Geometry(native: native, size: size, fit: fit)
            #expect(made.size == plan.canvas && made.scaled == plan.scaled && made.native == native)
            #expect(try Pixels(decoding: made.bytes).size == plan.canvas)
        }
    }

    @Test(arguments: PictureFormat.allCases)
    func `4K is 3840 pixels in every format`(format: PictureFormat) throws {
        let scratch = try Scratch()
        let png = try Pixels.noise(PixelSize(width: 60, height: 40)).png()
        let made = try render(png, RenderOrder(size: .long(3840), fit: .inside, format: format, quality: 80))
        try scratch.write(made.bytes, as: "out.\(format.suffix)")
        #expect(try scratch.run("vipsheader", "out.\(format.suffix)").contains("3840x2560"))
        #expect(try scratch.metadata(of: made.bytes, suffix: format.suffix) == [])
        #expect(made.factor == 64)
    }

    @Test func `native keeps every pixel`() throws {
        let noise = Pixels.noise(PixelSize(width: 50, height: 30))
        let made = try render(try noise.png(), RenderOrder(size: .native, fit: .inside, format: .png))
        #expect(made.size == noise.size && made.factor == 1 && made.nativeFormat == .png)
        #expect(try Pixels(decoding: made.bytes) == noise)
    }

    @Test func `cover cuts the centre out and pad sets the whole on white`() throws {
        let wide = Pictures.patches(PixelSize(width: 200, height: 100))
        let box = OutputSize.box(PixelSize(width: 100, height: 100))
        let cover = try Pixels(
            decoding: try render(try wide.png(), RenderOrder(size: box, fit: .cover, format: .png)).bytes)
        #expect(cover[2, 2] == wide[52, 2] && cover[97, 97] == wide[147, 97])
        let pad = try Pixels(
            decoding: try render(try wide.png(), RenderOrder(size: box, fit: .pad, format: .png)).bytes)
        #expect(pad[50, 3] == [255, 255, 255] && pad[50, 96] == [255, 255, 255])
        #expect(pad[10, 30] == wide[20, 10] && pad[90, 70] == wide[180, 90])
    }

    @Test(arguments: [PictureFormat.jpeg, .png, .webp]) func `a stamped picture bears its mark in every part of it`(
        format: PictureFormat
    ) throws {
        let grey = Pixels(size: PixelSize(width: 400, height: 240), rgb: .init(repeating: 100, count: 400 * 240 * 3))
        let order = RenderOrder(
            size: .native, fit: .inside, format: format, quality: 95, upscale: .enhanced, isStamped: true)
        let made = try render(try grey.png(), order)
        #expect(made.size == grey.size && made.upscale == .plain)
        let scratch = try Scratch()
        let png = try scratch.converted(made.bytes, from: "in.\(format.suffix)", to: "out.png")
        let pixels = try Pixels(decoding: png)
        for left in stride(from: 0, to: 400, by: 80) {
            for top in stride(from: 0, to: 240, by: 80) {
                let values = (0..<6400).map { Int(pixels[left + $0 % 80, top + $0 / 80][1]) }
                let (light, dark) = (values.count { $0 > 150 }, values.count { $0 < 80 })
                // Enough to be seen, and not so much that nothing else is.
                #expect((400...2600).contains(light), "\(light) light pixels at \(left), \(top)")
                #expect((100...2000).contains(dark), "\(dark) dark pixels at \(left), \(top)")
            }
        }
    }

    @Test func `what is transparent is set on white before it is stamped`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pictures.patches(PixelSize(width: 64, height: 64)).png(), as: "a.png")
        try scratch.run("vips", "bandjoin_const", "a.png", "b.png", "0")
        let order = RenderOrder(size: .native, fit: .inside, format: .jpeg, isStamped: true)
        let made = try Pixels(
            decoding: try scratch.converted(
                try render(try scratch.read("b.png"), order).bytes, from: "in.jpg", to: "out.png"))
        #expect((0..<64).contains { made[$0, 32] == [255, 255, 255] })
    }

    @Test func `a very flat picture can fill a box`() throws {
        let flat = Pictures.patches(PixelSize(width: 3000, height: 1))
        let box = OutputSize.box(PixelSize(width: 64, height: 2160))
        let made = try render(try flat.png(), RenderOrder(size: box, fit: .cover, format: .png))
        #expect(made.size == PixelSize(width: 64, height: 2160))
    }

    @Test func `enlarging is Lanczos3`() throws {
        // One light column on grey: the second, positive lobe tells the kernel from a cubic.
        let size = PixelSize(width: 15, height: 15)
        let column = Pixels(
            size: size, rgb: (0..<225).flatMap { $0 % 15 == 7 ? [255, 255, 255] : [100, 100, 100] as [UInt8] })
        let order = RenderOrder(size: .long(60), fit: .inside, format: .png)
        let made = try Pixels(decoding: try render(try column.png(), order).bytes)
        let row = (0..<60).map { made[$0, 30][0] }
        for x in 0..<60 {
            let centre = (Double(x) + 0.5) / 4 - 0.5
            func weight(_ place: Int) -> Double {
                let away = Double(place) - centre
                guard away != 0 else { return 1 }
                guard abs(away) < 3 else { return 0 }
                return 3 * sin(.pi * away) * sin(.pi * away / 3) / (.pi * .pi * away * away)
            }
            let sum = (0..<15).reduce(0) { $0 + weight($1) }
            let expected = min(255, 100 + 155 * weight(7) / sum)
            #expect(abs(Double(row[x]) - expected) <= 1, "column \(x)")
        }
        #expect(row.contains { (101...110).contains($0) })
    }

    @Test func `colour does not bleed from transparent pixels`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pictures.patches(PixelSize(width: 16, height: 16)).png(), as: "rgb.png")
        // Transparent where the picture is red and blue (left), opaque right.
        try scratch.run("vips", "extract_band", "rgb.png", "green.png", "1")
        try scratch.run("vips", "relational_const", "green.png", "alpha.png", "more", "100")
        try scratch.run("vips", "bandjoin", "rgb.png alpha.png", "cut.png")
        let order = RenderOrder(size: .long(64), fit: .pad, format: .png)
        let made = try render(try scratch.read("cut.png"), order)
        try scratch.write(made.bytes, as: "big.png")
        #expect(try scratch.run("vipsheader", "-f", "bands", "big.png").hasPrefix("4"))
        try scratch.run("vips", "extract_band", "big.png", "colour.png", "0", "--n", "3")
        let colour = try Pixels(decoding: try scratch.read("colour.png"))
        // Green right of the border stays green up to where it ends.
        let edge = colour[33, 16]
        #expect(abs(edge[0] - 40) <= 2 && abs(edge[1] - 190) <= 2 && abs(edge[2] - 60) <= 2)
        let jpeg = try render(
            try scratch.read("cut.png"), RenderOrder(size: .native, fit: .pad, format: .jpeg, quality: 100))
        #expect(try Pixels(decoding: jpeg.bytes)[1, 1].allSatisfy { $0 > 245 })
    }
}
