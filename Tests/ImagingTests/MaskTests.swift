import Domain
import Foundation
import Imaging
import Support
import Testing

@Suite struct MaskTests {
    /// A way in which people save a mask, by bands and by what stands where to repaint and where to keep.
    enum Kind: String, CaseIterable {
        case holes, lightHoles, white, whiteInColour, lightGrey, opaqueWithAlpha, greyWithAlpha, oneBit, sixteenBits
        case palette, jpeg, webp

        var bands: Int {
            switch self {
            case .holes, .lightHoles, .opaqueWithAlpha: 4
            case .greyWithAlpha: 2
            case .whiteInColour, .palette, .jpeg, .webp: 3
            case .white, .lightGrey, .oneBit, .sixteenBits: 1
            }
        }

        func pixel(_ repaints: Bool) -> [UInt8] {
            switch self {
            // What colour is under the holes, or beside them, means nothing.
            case .holes: repaints ? [9, 200, 30, 0] : [255, 255, 255, 255]
            case .lightHoles: repaints ? [0, 0, 0, 127] : [0, 0, 0, 128]
            case .opaqueWithAlpha: repaints ? [255, 255, 255, 255] : [0, 0, 0, 255]
            case .greyWithAlpha: repaints ? [0, 0] : [255, 255]
            case .lightGrey: repaints ? [128] : [127]
            default: Array(repeating: repaints ? 255 : 0, count: bands)
            }
        }

        /// What libvips' tool makes of the pixels.
        var file: String {
            switch self {
            case .oneBit: "mask.png[bitdepth=1]"
            case .palette: "mask.png[palette]"
            case .jpeg: "mask.jpg[Q=80]"
            case .webp: "mask.webp[Q=80]"
            default: "mask.png"
            }
        }
    }

    private let size = PixelSize(width: 40, height: 24)

    /// Nothing in it is symmetrical.
    private static func repaints(_ x: Int, _ y: Int) -> Bool { x >= 8 && x < 24 && y < 16 || x < 8 && y >= 16 }

    private func mask(
        _ kind: Kind, _ scratch: Scratch, _ size: PixelSize, _ repaints: (Int, Int) -> Bool = repaints
    ) throws -> [UInt8] {
        var pixels: [UInt8] = []
        for y in 0..<size.height { for x in 0..<size.width { pixels += kind.pixel(repaints(x, y)) } }
        try scratch.write(pixels, as: "mask.raw")
        try scratch.run("vips", "rawload", "mask.raw", "raw.v", "\(size.width)", "\(size.height)", "\(kind.bands)")
        let space = kind == .sixteenBits ? "b-w" : kind.bands > 2 ? "srgb" : "b-w"
        try scratch.run("vips", "copy", "raw.v", "mask.v", "--interpretation", space)
        if kind == .sixteenBits {
            try scratch.run("vips", "linear", "mask.v", "wide.v", "257", "0")
            try scratch.run("vips", "cast", "wide.v", "short.v", "ushort")
            try scratch.run("vips", "copy", "short.v", "mask.v", "--interpretation", "grey16")
        }
        try scratch.run("vips", "copy", "mask.v", kind.file)
        return try scratch.read(String(kind.file.prefix { $0 != "[" }))
    }

    private func made(_ bytes: [UInt8], _ original: PixelSize, to size: PixelSize? = nil) throws -> [UInt8] {
        let order = MaskOrder(original: original, size: size ?? original, maxBytes: 1_000_000)
        return try unsafe order.carriedOut(on: bytes.span.bytes)
    }

    /// Packed RGBA by another reader.
    private func decoded(_ bytes: [UInt8], _ scratch: Scratch) throws -> [UInt8] {
        try scratch.write(bytes, as: "made.png")
        try scratch.run("vips", "rawsave", "made.png", "made.raw")
        return try scratch.read("made.raw")
    }

    /// What a mask must be by the contract: nothing but full and no alpha, of one colour.
    private func expected(_ size: PixelSize, _ repaints: (Int, Int) -> Bool = repaints) -> [UInt8] {
        (0..<size.pixels).flatMap { [0, 0, 0, repaints($0 % size.width, $0 / size.width) ? 0 : 255] as [UInt8] }
    }

    @Test(arguments: Kind.allCases)
    func `transparent, or white without alpha, becomes transparent`(kind: Kind) throws {
        let scratch = try Scratch()
        let mask = try mask(kind, scratch, size)
        #expect(try decoded(made(mask, size), scratch) == expected(size))
    }

    @Test(arguments: 1...8)
    func `a mask is turned by its own orientation`(orientation: Int) throws {
        let scratch = try Scratch()
        let drawn = (0..<size.pixels).flatMap {
            Array(repeating: Self.repaints($0 % size.width, $0 / size.width) ? 255 : 0, count: 3) as [UInt8]
        }
        let stored = Pixels(size: size, rgb: drawn).stored(for: orientation)
        for (source, target) in [("png", "turned.png"), ("jpg", "turned.jpg[Q=100,subsample_mode=off]")] {
            let bytes = try scratch.converted(try stored.png(), to: target)
            try scratch.write(bytes, as: "turned.\(source)")
            try scratch.run(
                "exiftool", "-n", "-overwrite_original", "-Orientation=\(orientation)", "turned.\(source)")
            let made = try made(try scratch.read("turned.\(source)"), size)
            #expect(try decoded(made, scratch) == expected(size), "\(source)")
            #expect(try scratch.metadata(of: made, suffix: "png") == [])
        }
    }

    @Test func `no line is too thin to survive a smaller size, and nothing else is repainted`() throws {
        let scratch = try Scratch()
        let large = PixelSize(width: 400, height: 240)
        func line(_ x: Int, _ y: Int) -> Bool { x == 201 || y == 77 }
        let mask = try mask(.white, scratch, large, line)
        let small = PixelSize(width: 53, height: 32)
        let column = 201 * 53 / 400
        let row = 77 * 32 / 240
        #expect(
            try decoded(made(mask, large, to: small), scratch) == expected(small) { $0 == column || $1 == row })
    }

    @Test func `a mask of another size is refused before it is decoded`() throws {
        let scratch = try Scratch()
        let mask = try mask(.holes, scratch, size)
        let turned = PixelSize(width: size.height, height: size.width)
        #expect(throws: ImagingError.otherSize(size, wanted: turned)) { try made(mask, turned) }
        #expect(throws: ImagingError.unsupportedContent) { try made(Array("no picture".utf8), size) }
        #expect(throws: ImagingError.self) { try made(Array(mask.prefix(mask.count - 20)), size) }
    }

    @Test func `the wildest mask stays below the strictest limit`() throws {
        let scratch = try Scratch()
        // A quarter of the area that is usually sent, so a quarter of the bytes.
        let large = PixelSize(width: 1024, height: 1024)
        try scratch.run("vips", "gaussnoise", "noise.v", "1024", "1024", "--mean", "128", "--sigma", "60")
        try scratch.run("vips", "relational_const", "noise.v", "noise.png", "more", "128")
        let noise = try scratch.read("noise.png")
        let order = MaskOrder(original: large, size: large, maxBytes: 999_999)
        #expect(try unsafe order.carriedOut(on: noise.span.bytes).count > 100_000, "noise indeed")
        #expect(throws: ImagingError.self) {
            try unsafe MaskOrder(original: large, size: large, maxBytes: 1000).carriedOut(on: noise.span.bytes)
        }
    }
}
