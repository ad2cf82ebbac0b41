import Domain
import Foundation
import Imaging
import Inspection
import Support
import Testing

/// Files that would cost a decoder time or memory before a pixel of them is seen.
@Suite struct HeavyFilesTests {
    private func refusal(_ bytes: [UInt8]) -> ImagingError? {
        let order = NormalizeOrder(
            maxEdge: 512, maxBytes: 1_000_000, limits: PictureLimits(accepted: PictureLimits.standard.union([.tiff])))
        do throws(ImagingError) {
            _ = try unsafe order.carriedOut(on: bytes.span.bytes)
            return nil
        } catch {
            return error
        }
    }

    /// The limit that a file passed.
    private func limit(_ bytes: [UInt8]) -> ImagingLimit? {
        guard case .tooLarge(let limit, _, _)? = refusal(bytes) else { return nil }
        return limit
    }

    private func big(_ value: Int, _ length: Int = 4) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: value >> (8 * (length - 1 - $0))) }
    }

    private func little(_ value: Int, _ length: Int = 4) -> [UInt8] { big(value, length).reversed() }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private func box(_ name: String, _ content: [UInt8]) -> [UInt8] {
        big(content.count + 8) + Array(name.utf8) + content
    }

    private func png(_ chunks: [UInt8]) throws -> [UInt8] {
        let whole = try Pictures.patches(PixelSize(width: 20, height: 20)).png()
        return Array(whole.prefix(33)) + chunks + whole.dropFirst(33)
    }

    private func webp(_ chunks: [(name: String, content: [UInt8])]) -> [UInt8] {
        let body = chunks.flatMap { Array($0.name.utf8) + little($0.content.count) + $0.content }
        return Array("RIFF".utf8) + little(body.count + 4) + Array("WEBP".utf8) + body
    }

    @Test func `metadata of many megabytes is refused unread`() throws {
        let scratch = try Scratch()
        let jpeg = try scratch.converted(try Pictures.patches(PixelSize(width: 20, height: 20)).png(), to: "a.jpg")
        let segment: [UInt8] = [0xFF, 0xE1] + big(65_535, 2) + Array("Exif".utf8) + zeros(65_529)
        let segments = [[UInt8]](repeating: segment, count: 300).flatMap { $0 }
        #expect(limit(Array(jpeg.prefix(2)) + segments + jpeg.dropFirst(2)) == .metadata)
        // Checksums are not looked at, so that there is no need of right ones.
        #expect(limit(try png(big(20_000_000) + Array("eXIf".utf8) + zeros(20_000_004))) == .metadata)
        #expect(limit(try png(big(20_000_000) + Array("zTXt".utf8) + zeros(20_000_004))) == .metadata)
        #expect(limit(try png(big(5_000_000) + Array("iCCP".utf8) + zeros(5_000_004))) == .profile)
        let head = (name: "VP8X", content: [0x28, 0, 0, 0, 9, 0, 0, 9, 0, 0] as [UInt8])
        #expect(limit(webp([head, ("EXIF", zeros(20_000_000))])) == .metadata)
        #expect(limit(webp([head, ("ICCP", zeros(5_000_000))])) == .profile)
    }

    @Test func `metadata of many megabytes is refused in a HEIF, wherever its parts lie`() {
        let head = box("ftyp", Array("avif".utf8) + big(0) + Array("avifmif1".utf8))
        let entry = box("infe", [2, 0, 0, 0] + big(1, 2) + big(0, 2) + Array("Exif".utf8) + [0])
        let list = box("iinf", big(0) + big(1, 2) + entry)
        // One item in forty pieces of the same half megabyte.
        let extents = (0..<40).flatMap { _ in big(600) + big(500_000) }
        let places = box("iloc", big(0) + [0x44, 0] + big(1, 2) + big(1, 2) + big(0, 2) + big(40, 2) + extents)
        let meta = box("meta", big(0) + list + places)
        #expect(limit(head + meta + box("mdat", zeros(600_000))) == .metadata)
        #expect(limit(head + box("meta", zeros(17_000_000))) == .metadata)
    }

    @Test func `pieces, frames and scans without end are refused`() throws {
        let text = PNGHeader.chunk("tEXt", Array("a".utf8) + [0])
        #expect(limit(try png([[UInt8]](repeating: text, count: 100_000).flatMap { $0 })) == .pieces)
        let frame: [UInt8] = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0]
        let frames = [[UInt8]](repeating: frame, count: 100_000).flatMap { $0 }
        #expect(limit(Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0] + frames + [0x3B]) == .frames)
        #expect(limit(try png(PNGHeader.chunk("acTL", big(2_000_000_000) + big(0)))) == .frames)
        let scratch = try Scratch()
        let source = try Pictures.patches(PixelSize(width: 20, height: 20)).png()
        let jpeg = try scratch.converted(source, to: "a.jpg[interlace]")
        let scan: [UInt8] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0xAA]
        let scans = [[UInt8]](repeating: scan, count: 500).flatMap { $0 }
        #expect(limit(Array(jpeg.dropLast(2)) + scans + [0xFF, 0xD9]) == .scans)
        // Sixty scans are nothing for a small picture, and seconds for a large one.
        let sixty = [[UInt8]](repeating: scan, count: 60).flatMap { $0 }
        var large = Array(jpeg.dropLast(2)) + sixty + [0xFF, 0xD9]
        let header = try #require(large.indices.first { large[$0] == 0xFF && large[$0 + 1] == 0xC2 })
        #expect(limit(large) == nil)
        large.replaceSubrange(header + 5..<header + 9, with: big(7_900, 2) + big(7_900, 2))
        #expect(limit(large) == .visits)
    }

    @Test func `lists of a HEIF that contradict themselves are damage`() throws {
        let scratch = try Scratch()
        try scratch.write(try Pixels.noise(PixelSize(width: 64, height: 48)).png(), as: "in.png")
        try scratch.run("heif-enc", "-A", "in.png", "-o", "a.avif")
        let avif = try scratch.read("a.avif")
        #expect(refusal(avif) == nil)
        func place(_ name: String) throws -> Int {
            try #require(avif.indices.first { avif[$0...].starts(with: name.utf8) })
        }
        var counted = avif
        counted[try place("iinf") + 9] &+= 1
        var named = avif
        named[try place("pixi") + 1] = 0xF0
        var long = avif
        long[try place("ispe") - 1] &+= 200
        for broken in [counted, named, long] {
            guard case .unreadable? = refusal(broken) else {
                Issue.record("it was not refused as damaged")
                continue
            }
        }
    }

    @Test func `a giant is refused by what its header says`() throws {
        let scratch = try Scratch()
        let small = try Pictures.patches(PixelSize(width: 20, height: 20)).png()
        var jpeg = try scratch.converted(small, to: "a.jpg")
        let frame = try #require(jpeg.indices.first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xFF, 0xFF, 0xFF])
        let size = big(30_000) + big(30_000)
        let property = box("ispe", big(0) + size)
        let links = box("ipma", big(0) + big(1) + big(1, 2) + [1, 1])
        let meta = box("meta", big(0) + box("pitm", big(0) + big(1, 2)) + box("iprp", box("ipco", property) + links))
        let brands = Array("heic".utf8) + big(0) + Array("heicmif1".utf8)
        func entry(_ tag: Int, _ value: Int) -> [UInt8] { big(tag, 2) + big(4, 2) + big(1) + big(value) }
        let tiff = Array("MM".utf8) + big(42, 2) + big(8)
        for giant in [
            jpeg, PNGHeader.bytes(width: 30_000, height: 30_000),
            PNGHeader.bytes(width: 30_000, height: 30_000, isInterlaced: true),
            PNGHeader.bytes(width: .max, height: .max),
            Array("GIF89a".utf8) + [255, 255, 255, 255, 0, 0, 0, 0x3B],
            webp([("VP8X", [0, 0, 0, 0, 255, 255, 255, 255, 255, 255])]),
            webp([("VP8L", [0x2F, 0xFF, 0xFF, 0xFF, 0x0F])]),
            webp([("VP8 ", [0, 0, 0, 0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F])]), box("ftyp", brands) + meta,
            tiff + big(2, 2) + entry(256, 30_000) + entry(257, 30_000),
            // A small picture in one giant tile.
            tiff + big(4, 2) + entry(256, 10) + entry(257, 10) + entry(322, 60_000) + entry(323, 60_000),
        ] {
            #expect(limit(giant) == .pixels, "\(giant.prefix(40))")
        }
    }

    @Test func `what cameras and editors write is let in`() throws {
        let scratch = try Scratch()
        let photo = try Pixels.noise(PixelSize(width: 90, height: 60)).png()
        var jpeg = try scratch.converted(photo, to: "a.jpg[interlace]")
        // A depth map in XMP of 3 MB, in segments.
        let segment: [UInt8] =
            [0xFF, 0xE1] + big(65_000, 2) + Array("http://ns.adobe.com/xmp/extension/".utf8) + zeros(64_964)
        jpeg.insert(contentsOf: [[UInt8]](repeating: segment, count: 46).flatMap { $0 }, at: 2)
        #expect(refusal(jpeg) == nil)
        // A PNG in pieces of one kilobyte.
        var data: [UInt8] = []
        var place = 33
        while place < photo.count {
            let length = photo[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            if photo[place + 4..<place + 8].elementsEqual("IDAT".utf8) { data += photo[place + 8..<place + 8 + length] }
            place += length + 12
        }
        let pieces = stride(from: 0, to: data.count, by: 1024).flatMap {
            PNGHeader.chunk("IDAT", Array(data[$0..<min($0 + 1024, data.count)]))
        }
        #expect(refusal(Array(photo.prefix(33)) + pieces + photo.suffix(12)) == nil)
    }
}
