import Domain
import Inspection

/// What a file says of itself, read by our own bounded walk before a decoder sees a byte of it: enough to refuse what would
/// cost a decoder time and memory. Of damage it says only what a decoder does not look at; the decoder finds the rest.
struct Outline {
    let container: Container
    /// As the header says; nil where it was not found.
    var size: PixelSize?
    /// Frames of an animation.
    var frames = 1
    /// Bytes that are no pixels and no help to decode them.
    var metadata = 0
    /// Bytes of the largest colour profile, as stored.
    var profile = 0
    /// Chunks, segments, boxes or items.
    var pieces = 0
    /// Scans of a JPEG of several, and blocks that they visit together.
    var scans = 0
    var visits = 0
    /// Pixels of the largest tile or strip of a TIFF.
    var tile = 0
    /// What the colours mean, in numbers (ITU-T H.273).
    var colour: CodedColour?
    /// Whether lists of a HEIF contradict themselves, which its decoder lets pass.
    var isBroken = false

    /// Nil when the bytes begin like no picture known here.
    init?(_ bytes: RawSpan) {
        guard let container = Signature.container(of: bytes) else { return nil }
        self.container = container
        switch container {
        case .jpeg: readJPEG(bytes)
        case .png: readPNG(bytes)
        case .webp: readWebP(bytes)
        case .gif: readGIF(bytes)
        case .heif, .avif: readBoxes(bytes)
        case .tiff: readTIFF(bytes)
        case .jxl: break
        }
    }

    /// Whether enough has been seen to refuse the file; then a walk stops, for looking at more of it costs memory too.
    var isTooMuch: Bool {
        metadata > MetadataLimits.bytes || pieces > MetadataLimits.pieces || frames > MetadataLimits.frames
            || scans > MetadataLimits.scans || visits > MetadataLimits.visits || isBroken
    }

    /// Refuses what passes a limit.
    func check(_ limits: PictureLimits) throws(ImagingError) {
        if let size {
            try Self.need(Self.area(size.width, size.height), .pixels, limits.pixels)
            try Self.need(size.longEdge, .edge, limits.edge)
        }
        try Self.need(metadata, .metadata, MetadataLimits.bytes)
        try Self.need(profile, .profile, MetadataLimits.profile)
        try Self.need(pieces, .pieces, MetadataLimits.pieces)
        try Self.need(frames, .frames, MetadataLimits.frames)
        try Self.need(scans, .scans, MetadataLimits.scans)
        try Self.need(visits, .visits, MetadataLimits.visits)
        try Self.need(tile, .pixels, limits.pixels)
        if isBroken { throw .unreadable(detail: "its lists do not fit each other") }
    }

    static func area(_ width: Int, _ height: Int) -> Int {
        let (pixels, isTooMuch) = width.multipliedReportingOverflow(by: height)
        return isTooMuch ? .max : pixels
    }

    private static func need(_ value: Int, _ limit: ImagingLimit, _ most: Int) throws(ImagingError) {
        guard value <= most else { throw .tooLarge(limit: limit, limitValue: most, value: value) }
    }
}

/// What a picture may bring besides its pixels before it is refused: far more than cameras and editors write, and little
/// enough for a worker.
enum MetadataLimits {
    /// Bytes of all metadata together.
    static let bytes = 16_000_000
    /// Bytes of a colour profile.
    static let profile = 4_000_000
    /// Chunks, segments, boxes or items; a PNG of 64 MB in libpng's own pieces has about 8,000.
    static let pieces = 20_000
    static let frames = 10_000
    /// Scans of a progressive JPEG; encoders make about ten.
    static let scans = 100
    /// Blocks that all scans together visit, at up to 30 nanoseconds each: 64 megapixels are a million blocks a component, of
    /// which the usual ten scans visit 14 million where no component is smaller than the others.
    static let visits = 24_000_000
}

extension Outline {
    /// PNG 3, 5.3.
    mutating func readPNG(_ bytes: RawSpan) {
        var place = 8
        // A chunk that is cut off is left to the decoder.
        while !isTooMuch, let length = bytes.big32(at: place), length <= bytes.byteCount - place - 8 {
            let data = place + 8
            pieces += 1
            if bytes.says("IHDR", at: place + 4), let width = bytes.big32(at: data),
                let height = bytes.big32(at: data + 4)
            {
                size = PixelSize(width: width, height: height)
            } else if bytes.says("acTL", at: place + 4), let count = bytes.big32(at: data) {
                frames = max(1, count)
            } else if bytes.says("IEND", at: place + 4) {
                return
            } else if bytes.says("iCCP", at: place + 4) {
                profile = max(profile, length)
                metadata += length
            } else if !bytes.says("IDAT", at: place + 4), !bytes.says("fdAT", at: place + 4) {
                metadata += length
            }
            place = data + length + 4
        }
    }

    /// RFC 9649, 2.
    mutating func readWebP(_ bytes: RawSpan) {
        var place = 12
        var moving = 0
        while !isTooMuch, let length = bytes.little32(at: place + 4), length <= bytes.byteCount - place - 8 {
            let data = place + 8
            pieces += 1
            if bytes.says("VP8X", at: place), let width = bytes.little24(at: data + 4),
                let height = bytes.little24(at: data + 7)
            {
                size = PixelSize(width: width + 1, height: height + 1)
            } else if bytes.says("VP8L", at: place) {
                if size == nil, let bits = bytes.little32(at: data + 1) {
                    size = PixelSize(width: bits & 0x3FFF + 1, height: bits >> 14 & 0x3FFF + 1)
                }
            } else if bytes.says("VP8 ", at: place) {
                if size == nil, let width = bytes.little16(at: data + 6), let height = bytes.little16(at: data + 8) {
                    size = PixelSize(width: width & 0x3FFF, height: height & 0x3FFF)
                }
            } else if bytes.says("ANMF", at: place) {
                moving += 1
            } else if bytes.says("ICCP", at: place) {
                profile = max(profile, length)
                metadata += length
            } else if !bytes.says("ALPH", at: place), !bytes.says("ANIM", at: place) {
                metadata += length
            }
            place = data + length + length & 1
        }
        frames = max(1, moving)
    }

    /// GIF89a. The first frame may be larger than the screen it is shown on.
    mutating func readGIF(_ bytes: RawSpan) {
        guard let width = bytes.little16(at: 6), let height = bytes.little16(at: 8), let flags = bytes.byte(at: 10)
        else { return }
        size = PixelSize(width: width, height: height)
        var place = 13 + Self.colours(flags)
        var moving = 0
        while let kind = bytes.byte(at: place) {
            switch kind {
            case 0x21:
                let label = bytes.byte(at: place + 1)
                let end = Self.endOfBlocks(bytes, from: place + 2)
                if label == 0xFE || label == 0xFF { metadata += end - place }
                place = end
                pieces += 1
            case 0x2C:
                guard let flags = bytes.byte(at: place + 9) else { return }
                moving += 1
                frames = moving
                place = Self.endOfBlocks(bytes, from: place + 11 + Self.colours(flags))
            default: return
            }
            guard !isTooMuch else { return }
        }
    }

    /// Bytes of a colour table.
    private static func colours(_ flags: UInt8) -> Int { flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1) }

    /// Behind the empty block that ends a list of blocks.
    private static func endOfBlocks(_ bytes: RawSpan, from start: Int) -> Int {
        var place = start
        while let length = bytes.byte(at: place), length > 0 { place += 1 + Int(length) }
        return place + 1
    }

    /// TIFF 6.0, the first directory.
    mutating func readTIFF(_ bytes: RawSpan) {
        let isBig = bytes.byte(at: 0) == 0x4D
        let units = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8]
        guard let start = bytes.number(at: 4, length: 4, bigEndian: isBig),
            let count = bytes.number(at: start, length: 2, bigEndian: isBig)
        else { return }
        var facts: [Int: Int] = [:]
        for index in 0..<count {
            let entry = start + 2 + 12 * index
            guard let tag = bytes.number(at: entry, length: 2, bigEndian: isBig),
                let type = bytes.number(at: entry + 2, length: 2, bigEndian: isBig),
                let values = bytes.number(at: entry + 4, length: 4, bigEndian: isBig)
            else { break }
            pieces += 1
            let length = values * (units[type] ?? 1)
            // Where strips and tiles are, and how long.
            if ![273, 279, 324, 325].contains(tag) { metadata += length > 4 ? length : 0 }
            if tag == 34_675 { profile = length }
            facts[tag] = bytes.number(at: entry + 8, length: type == 3 ? 2 : 4, bigEndian: isBig)
        }
        guard let width = facts[256], let height = facts[257] else { return }
        size = PixelSize(width: width, height: height)
        let across = facts[322] ?? width
        let down = facts[323] ?? min(facts[278] ?? height, height)
        tile = Self.area(across, down)
    }
}
