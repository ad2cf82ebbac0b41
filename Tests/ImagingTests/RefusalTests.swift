import Domain
import Foundation
import Imaging
import Inspection
import Support
import Testing

@Suite struct RefusalTests {
    private func refusal(
        _ bytes: [UInt8], format: PictureFormat? = nil, limits: PictureLimits = PictureLimits()
    ) -> ImagingError? {
        let order = NormalizeOrder(maxEdge: 512, maxBytes: 1_000_000, format: format, limits: limits)
        do throws(ImagingError) {
            _ = try unsafe order.carriedOut(on: bytes.span.bytes)
            return nil
        } catch {
            return error
        }
    }

    private func isUnreadable(_ error: ImagingError?) -> Bool {
        if case .unreadable = error { true } else { false }
    }

    @Test(arguments: [1, 5, 30, 50, 90, 99])
    func `a picture that was cut off is refused`(percent: Int) throws {
        let scratch = try Scratch()
        let png = try Pixels.noise(PixelSize(width: 120, height: 90)).png()
        let jpeg = try scratch.converted(png, to: "a.jpg[Q=95]")
        let webp = try scratch.converted(png, to: "a.webp")
        for whole in [png, jpeg, webp] {
            #expect(refusal(whole) == nil)
            #expect(isUnreadable(refusal(Array(whole.prefix(max(16, whole.count * percent / 100))))))
        }
    }

    @Test(arguments: [
        "", "hello, this is no picture", "<svg/>", "%PDF-1.7", "push graphic-context", "RIFF....WAVE",
        "\u{0}\u{0}\u{0}\u{18}ftypisom....isommp42",
    ])
    func `what is no picture is refused by its first bytes`(text: String) {
        #expect(refusal(Array(text.utf8)) == .unsupportedContent)
    }

    @Test(arguments: [[0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]] as [[UInt8]])
    func `a signature alone is unreadable`(bytes: [UInt8]) {
        #expect(isUnreadable(refusal(bytes)))
        #expect(isUnreadable(refusal(bytes + [UInt8](repeating: 0xA5, count: 4000))))
    }

    @Test func `a picture of too many pixels is refused by its header`() {
        // The header promises 30000 x 30000 pixels and there is not one of them: decoding would fail otherwise.
        let bomb = PNGHeader.bytes(width: 30_000, height: 30_000)
        #expect(refusal(bomb) == .tooLarge(limit: .pixels, limitValue: 64_000_000, value: 900_000_000))
        let long = PNGHeader.bytes(width: 20_000, height: 10)
        #expect(refusal(long) == .tooLarge(limit: .edge, limitValue: 16_384, value: 20_000))
    }

    @Test func `a file of too many bytes is refused`() throws {
        let png = try Pictures.patches(PixelSize(width: 20, height: 20)).png()
        #expect(
            refusal(png, limits: PictureLimits(bytes: 50)) == .tooLarge(limit: .bytes, limitValue: 50, value: png.count)
        )
    }

    @Test func `only the loader of the format that was told answers`() throws {
        let scratch = try Scratch()
        let png = try Pictures.patches(PixelSize(width: 20, height: 20)).png()
        // A TIFF behind a JPEG's first bytes must not reach another loader.
        let tiff = try scratch.converted(png, to: "a.tif")
        #expect(refusal(tiff) == .switchedOff(.tiff))
        #expect(refusal(try scratch.converted(png, to: "a.jxl")) == .unsupportedContent)
        #expect(isUnreadable(refusal([0xFF, 0xD8, 0xFF] + tiff)))
    }

    @Test(arguments: ["in.png", "in.png[interlace]", "in.png[palette]", "in.png[bitdepth=1]", "deep.png"])
    func `a PNG without its end or with wrong sums is refused, whoever decodes it`(target: String) throws {
        let scratch = try Scratch()
        let source = try Pixels.noise(PixelSize(width: 37, height: 23)).png()
        if target == "deep.png" {
            try scratch.write(source, as: "source.png")
            try scratch.run("vips", "colourspace", "source.png", "deep.png", "rgb16")
        }
        let png =
            target == "deep.png" ? try scratch.read(target) : try scratch.converted(source, from: "a.png", to: target)
        #expect(refusal(png) == nil)
        let end = png.count - 12
        #expect(isUnreadable(refusal(Array(png.prefix(end)))))
        #expect(isUnreadable(refusal(Array(png.dropLast()))))
        var wrong = png
        wrong[end + 11] ^= 1
        #expect(isUnreadable(refusal(wrong)))
        // The stream's own sum: the last four bytes of the last piece of data, whose sum is made right again.
        #expect(isUnreadable(refusal(try PNGHeader.withWrongStreamSum(png))))
    }

    @Test func `interlaced PNGs of every small size are whole`() throws {
        let scratch = try Scratch()
        for width in 1...9 {
            for height in [1, 2, 3, 4, 5, 8, 9] {
                let png = try Pixels.noise(PixelSize(width: width, height: height)).png()
                #expect(refusal(try scratch.converted(png, from: "a.png", to: "in.png[interlace]")) == nil)
            }
        }
    }

    @Test(arguments: ["in.gif", "in.gif[interlace]", "in.gif[bitdepth=1]", "in.gif[dither=0]"])
    func `a GIF is refused where its data end before its last pixel`(target: String) throws {
        let scratch = try Scratch()
        let gif = try scratch.converted(
            try Pixels.noise(PixelSize(width: 150, height: 90)).png(), from: "a.png", to: target)
        #expect(refusal(gif) == nil)
        #expect(isUnreadable(refusal(try withFirstBlockOnly(gif))))
    }

    /// A GIF whose first picture ends after its first block of data.
    private func withFirstBlockOnly(_ gif: [UInt8]) throws -> [UInt8] {
        func table(_ flags: UInt8) -> Int { flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1) }
        var place = 13 + table(gif[10])
        while gif[place] == 0x21 {
            place += 2
            while gif[place] > 0 { place += 1 + Int(gif[place]) }
            place += 1
        }
        try #require(gif[place] == 0x2C)
        place += 11 + table(gif[place + 9])
        return gif[..<(place + 1 + Int(gif[place]))] + [0, 0x3B]
    }

    @Test(arguments: ["in.jpg[Q=90]", "in.jpg[Q=90,subsample-mode=off]"], [PictureFormat.jpeg, .png])
    func `what a scan leaves over is damage unless it is padding`(target: String, format: PictureFormat) throws {
        let scratch = try Scratch()
        let jpeg = try scratch.converted(
            try Pixels.noise(PixelSize(width: 64, height: 48)).png(), from: "a.png", to: target)
        func with(_ extra: [UInt8]) -> ImagingError? {
            refusal(jpeg.dropLast(2) + extra + [0xFF, 0xD9], format: format)
        }
        #expect(with([]) == nil)
        for padding: UInt8 in [0, 0x20, 0xFF] { #expect(with([UInt8](repeating: padding, count: 40)) == nil) }
        #expect(isUnreadable(with(Array("words of somebody, or half of a picture".utf8))))
    }

    @Test func `damage anywhere is an error and never a crash`() throws {
        let scratch = try Scratch()
        let png = try Pixels.noise(PixelSize(width: 40, height: 30)).png()
        // The same damage in every run: random bytes as they come from a seeded picture.
        var dice = Pixels.noise(PixelSize(width: 64, height: 64)).rgb.makeIterator()
        func draw() -> Int { Int(dice.next() ?? 0) << 8 | Int(dice.next() ?? 0) }
        let others = try ["a.jpg", "a.webp", "a.gif"].map { try scratch.converted(png, to: $0) }
        try scratch.run("heif-enc", "in.png", "-o", "a.heic")
        try scratch.run("heif-enc", "-A", "in.png", "-o", "a.avif")
        for whole in try [png] + others + ["a.heic", "a.avif"].map({ try scratch.read($0) }) {
            for _ in 0..<60 {
                var damaged = whole
                for _ in 0..<8 { damaged[12 + draw() % (whole.count - 12)] = UInt8(truncatingIfNeeded: draw()) }
                switch refusal(damaged) {
                case nil, .unreadable, .tooLarge, .unsupportedContent, .switchedOff: break
                case .failed(let step, let detail): Issue.record("\(step) \(detail)")
                case .otherSize: Issue.record("no mask was asked for")
                case .needsLibrary: Issue.record("this process has libvips")
                }
            }
        }
    }
}

/// The beginning of a PNG whose checksums are right.
enum PNGHeader {
    static func bytes(width: UInt32, height: UInt32, isInterlaced: Bool = false) -> [UInt8] {
        let sides = [width, height].flatMap { side in (0..<4).map { UInt8(truncatingIfNeeded: side >> (24 - 8 * $0)) } }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", sides + [8, 2, 0, 0, isInterlaced ? 1 : 0])
            + chunk("IDAT", [0x78, 0x01, 0x03, 0x00, 0, 0, 0, 1]) + chunk("IEND", [])
    }

    static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return word(UInt32(data.count)) + body + word(checksum(body))
    }

    /// The same picture with another check sum at the end of its stream, which is in one piece.
    static func withWrongStreamSum(_ png: [UInt8]) throws -> [UInt8] {
        let data = try #require(png.indices.first { png[$0...].starts(with: "IDAT".utf8) })
        let length = png[data - 4..<data].reduce(0) { $0 << 8 | Int($1) }
        var stream = Array(png[data + 4..<data + 4 + length])
        stream[length - 1] ^= 1
        return png[..<(data - 4)] + chunk("IDAT", stream) + png[(data + 8 + length)...]
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
    }
}
