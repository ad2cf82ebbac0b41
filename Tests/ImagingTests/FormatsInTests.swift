import Domain
import Foundation
import Imaging
import Inspection
import Support
import Testing

/// Every kind of file that is let in, as other programs write it.
@Suite struct FormatsInTests {
    private let patches = Pictures.patches(PixelSize(width: 64, height: 48))

    private func normalize(
        _ bytes: [UInt8], keepAlpha: Bool = false, format: PictureFormat? = .png,
        accepted: Set<Container> = PictureLimits.standard
    ) throws -> NormalizedPicture {
        let order = NormalizeOrder(
            maxEdge: 64, maxBytes: 10_000_000, format: format, keepAlpha: keepAlpha,
            limits: PictureLimits(accepted: accepted))
        return try unsafe order.carriedOut(on: bytes.span.bytes)
    }

    /// Away from the borders of the patches, where chroma of half size bleeds.
    private func expectPatches(_ made: NormalizedPicture, within tolerance: Int) throws {
        let pixels = try Pixels(decoding: made.bytes)
        #expect(pixels.size == patches.size)
        for (x, y) in [(8, 8), (50, 8), (8, 40), (50, 40)] {
            #expect(
                zip(pixels[x, y], patches[x, y]).allSatisfy { abs($0 - $1) <= tolerance }, "\(x) \(y) \(pixels[x, y])")
        }
    }

    struct Recipe: Sendable, CustomTestStringConvertible {
        let commands: String
        let container: Container
        var tolerance = 6
        var testDescription: String { commands }
    }

    @Test(arguments: [
        Recipe(commands: "heif-enc -q 95 in.png -o out", container: .heif),
        Recipe(commands: "heif-enc -q 95 -p chroma=444 in.png -o out", container: .heif),
        Recipe(commands: "heif-enc -L -p chroma=444 --matrix_coefficients=0 in.png -o out", container: .heif),
        Recipe(commands: "heif-enc -A -q 95 in.png -o out", container: .avif),
        Recipe(
            commands: "avifenc -s 9 --min 0 --max 10 -d 10 -y 444 in.png out.avif; mv out.avif out", container: .avif),
        Recipe(commands: "avifenc -s 9 -l in.png out.avif; mv out.avif out", container: .avif),
        Recipe(commands: "vips gifsave in.png out", container: .gif),
        Recipe(commands: "vips gifsave in.png out --interlace", container: .gif),
        Recipe(commands: "vips tiffsave in.png out", container: .tiff),
        Recipe(commands: "vips tiffsave in.png out --compression lzw --predictor horizontal --tile", container: .tiff),
        Recipe(commands: "vips colourspace in.png a.png rgb16; vips tiffsave a.png out", container: .tiff),
        Recipe(commands: "vips jpegsave in.png out --Q 95 --interlace", container: .jpeg, tolerance: 8),
        Recipe(
            commands: "vips icc_transform in.png a.jpg[Q=98] cmyk --input-profile srgb; mv a.jpg out", container: .jpeg,
            tolerance: 70),
    ])
    func `its colours stay`(recipe: Recipe) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("sh", "-ec", recipe.commands)
        let made = try normalize(try scratch.read("out"), accepted: Set(Container.allCases))
        #expect(made.sourceFormat == recipe.container && made.sourceSize == patches.size && made.sourcePages == 1)
        try expectPatches(made, within: recipe.tolerance)
    }

    @Test func `a CMYK picture without a profile becomes RGB, stored as YCCK too`() throws {
        // 16 x 16 in four patches: red, green, blue, yellow, in the inverted YCCK that press programs write.
        let text = """
            /9j/7gAOQWRvYmUAZAAAAAAC/9sAQwAGBAUGBQQGBgUGBwcGCAoQCgoJCQoUDg8MEBcUGBgXFBYWGh0lHxobIxwWFiAsICMmJykqKRkfLTAtKD\
            AlKCko/9sAQwEHBwcKCAoTCgoTKBoWGigoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo/8AAFAgAEAAQ\
            BAERAAIRAQMRAQQRAP/EABcAAAMBAAAAAAAAAAAAAAAAAAUGBwj/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFwEAAwEAAAAAAAAAAAAAAAAABg\
            cIBf/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAOBAEAAhEDEQQAAD8AYRKQS9o82FvlddUql4NMkriA42//2Q==
            """
        let pixels = try Pixels(decoding: [UInt8](try #require(Data(base64Encoded: text))))
        let (red, green, blue, yellow) = (pixels[3, 3], pixels[12, 3], pixels[3, 12], pixels[12, 12])
        #expect(red[0] > red[1] + 100 && red[0] > red[2] + 100)
        #expect(green[1] > green[0] + 80 && green[1] > green[2] + 20)
        #expect(blue[2] > blue[0] + 50 && blue[2] > blue[1] + 40)
        #expect(yellow[0] > yellow[2] + 150 && yellow[1] > yellow[2] + 120)
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("vips", "icc_transform", "in.png", "a.jpg", "cmyk", "--input-profile", "srgb")
        try scratch.run("vips", "copy", "a.jpg", "bare.jpg[Q=95,strip]")
        let bare = try normalize(try scratch.read("bare.jpg"))
        #expect(!bare.hadProfile)
        let corner = try Pixels(decoding: bare.bytes)[8, 8]
        #expect(corner[0] > 150 && corner[1] < 100 && corner[2] < 100)
    }

    @Test(arguments: [
        "heif-enc -L -p chroma=444 --matrix_coefficients=0 p3.png -o out",
        "avifenc -s 9 -l p3.png out.avif; mv out.avif out",
    ])
    func `an embedded profile is followed`(recipe: String) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("vips", "icc_transform", "in.png", "p3.png", "p3", "--input-profile", "srgb")
        try scratch.run("sh", "-ec", recipe)
        let made = try normalize(try scratch.read("out"))
        #expect(made.hadProfile)
        try expectPatches(made, within: 5)
    }

    @Test(arguments: [
        ("12/13/0", "p3", 4), ("1/13/0", "srgb", 3), ("2/2/0", "srgb", 3), ("1/1/0", "srgb", 3),
    ])
    func `colours that are stated in numbers are followed`(colour: (code: String, space: String, tolerance: Int)) throws
    {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("vips", "icc_transform", "in.png", "a.png", colour.space, "--input-profile", "srgb")
        try scratch.run("vips", "copy", "a.png", "bare.png[strip]")
        try scratch.run(
            "avifenc", "-s", "9", "-r", "full", "--min", "0", "--max", "0", "-y", "444", "--cicp", colour.code,
            "bare.png", "out.avif")
        let made = try normalize(try scratch.read("out.avif"))
        #expect(!made.hadProfile)
        try expectPatches(made, within: colour.tolerance)
    }

    @Test(arguments: [(16, 60), (18, 75)])
    func `a picture of more light than a screen has is shown, neither black nor burnt out`(
        transfer: Int, paper: Int
    ) throws {
        // Grey at the signal of white paper (ITU-R BT.2408), in a file of 10 bits that says BT.2020.
        let scratch = try Scratch()
        try scratch.run(
            "sh", "-ec", "vips black b.v 64 64 --bands 3; vips linear b.v grey.png 1 \(paper * 255 / 100) --uchar")
        try scratch.run(
            "avifenc", "-s", "9", "-r", "full", "-d", "10", "--cicp", "9/\(transfer)/9", "grey.png", "out.avif")
        let made = try Pixels(decoding: try normalize(try scratch.read("out.avif")).bytes)[30, 30]
        #expect(made.allSatisfy { (150...230).contains($0) } && abs(made[0] - made[2]) <= 3)
    }

    @Test(arguments: 1...8)
    func `a HEIF is turned once, by its own properties and not by EXIF`(orientation: Int) throws {
        let scratch = try Scratch()
        let stored = patches.stored(for: orientation)
        try scratch.write(try stored.png(), as: "in.png")
        try scratch.run("vips", "copy", "in.png", "in.jpg[Q=100,subsample_mode=off]")
        try scratch.run("exiftool", "-n", "-overwrite_original", "-Orientation=\(orientation)", "in.jpg")
        // avifenc says the same twice: in the file's properties, and in the EXIF block that it takes over.
        try scratch.run("avifenc", "-s", "9", "-y", "444", "--min", "0", "--max", "5", "in.jpg", "out.avif")
        let made = try normalize(try scratch.read("out.avif"))
        #expect(made.size == patches.size && made.sourceOrientation == 1)
        try expectPatches(made, within: 8)
    }

    @Test func `an EXIF orientation alone turns no HEIF`() throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run("avifenc", "-s", "9", "-l", "in.png", "out.avif")
        try scratch.run("exiftool", "-n", "-overwrite_original", "-Orientation=6", "-Artist=canary", "out.avif")
        try expectPatches(try normalize(try scratch.read("out.avif")), within: 3)
    }

    @Test(arguments: ["heif-enc -q 95 cut.png -o out", "heif-enc -A -q 95 cut.png -o out", "vips gifsave cut.png out"])
    func `alpha is kept or set on white`(recipe: String) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        // The left half is not there.
        try scratch.run(
            "sh", "-ec",
            "vips extract_band in.png g.png 1; vips relational_const g.png a.png more 100; vips bandjoin 'in.png a.png' cut.png; \(recipe)"
        )
        let source = try scratch.read("out")
        let flat = try normalize(source)
        #expect(flat.hadAlpha && flat.format == .png)
        let pixels = try Pixels(decoding: flat.bytes)
        #expect(pixels[8, 8].allSatisfy { $0 > 250 } && pixels[50, 8][1] > 170 && pixels[50, 8][0] < 60)
        let kept = try normalize(source, keepAlpha: true, format: nil)
        #expect(kept.format == .png)
        try scratch.write(kept.bytes, as: "kept.png")
        #expect(try scratch.run("vips", "getpoint", "kept.png", "8", "8").hasPrefix("0 0 0 0"))
    }

    @Test(arguments: [
        Recipe(commands: "vips gifsave tall.png out --page-height 48", container: .gif),
        Recipe(commands: "vips gifsave tall.png out --page-height 48 --interframe-maxerror 8", container: .gif),
        Recipe(commands: "vips webpsave tall.png out --page-height 48 --lossless", container: .webp),
        Recipe(commands: "avifenc -s 9 -l in.png b.png out.avif; mv out.avif out", container: .avif),
        Recipe(commands: "vips tiffsave tall.png out --page-height 48", container: .tiff),
    ])
    func `of several frames the first is taken, and their number is told`(recipe: Recipe) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run(
            "sh", "-ec",
            "vips invert in.png b.png; vips arrayjoin 'in.png b.png' tall.png --across 1; \(recipe.commands)")
        let made = try normalize(try scratch.read("out"), accepted: Set(Container.allCases))
        #expect(made.sourcePages == 2 && made.sourceFormat == recipe.container)
        try expectPatches(made, within: 8)
    }

    @Test func `a PNG that moves shows its first frame`() throws {
        let png = try patches.png()
        // The control chunk of an animation of 3 frames, behind the header; its other frames add nothing here.
        let moving = Array(png.prefix(33)) + PNGHeader.chunk("acTL", [0, 0, 0, 3, 0, 0, 0, 0]) + png.dropFirst(33)
        let made = try normalize(moving)
        #expect(made.sourcePages == 3)
        try expectPatches(made, within: 0)
    }

    @Test(arguments: [("out.heic", Container.heif), ("out.gif", .gif), ("out.tif", .tiff)])
    func `a format that is switched off is refused by its content`(file: (name: String, container: Container)) throws {
        let scratch = try Scratch()
        try scratch.write(try patches.png(), as: "in.png")
        try scratch.run(
            "sh", "-ec", file.name == "out.heic" ? "heif-enc in.png -o out.heic" : "vips copy in.png \(file.name)")
        let bytes = try scratch.read(file.name)
        #expect(throws: ImagingError.switchedOff(file.container)) {
            try normalize(bytes, accepted: [.jpeg, .png, .webp])
        }
        #expect(file.container.setting?.hasPrefix("formats.") == true)
    }
}
