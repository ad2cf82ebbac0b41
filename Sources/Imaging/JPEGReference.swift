import CPixels
import Domain
import Inspection

/// What is known of a grey or Y'CbCr JPEG before its first scan is touched.
private struct JPEGHead {
    let size: PixelSize
    let isGrey: Bool
    /// How many samples of luma share one of chroma.
    let across: Int
    let down: Int
    let orientation: Int
    /// All the chunks of a profile, in order; nil when there is none.
    let profile: [UInt8]?

    /// Nil for every other kind of JPEG.
    @unsafe init?(_ bytes: UnsafeBufferPointer<UInt8>) throws(ImagingError) {
        guard let start = bytes.baseAddress else { return nil }
        var header = jp_header()
        guard try unsafe Kernel.did(jp_read_header(start, bytes.count, &header)) else { return nil }
        size = PixelSize(width: Int(header.width), height: Int(header.height))
        isGrey = header.components == 1
        across = Int(header.chroma_across)
        down = Int(header.chroma_down)
        // The scans are cut off, so that the report speaks of damage; libjpeg has just judged that part.
        let head = unsafe Array(bytes.prefix(header.head_length))
        guard let report = try? inspect(head) else { return nil }
        orientation = report.orientation
        profile = Self.profile(in: ByteView(head), report)
    }

    private static func profile(in head: ByteView, _ report: PictureReport) -> [UInt8]? {
        // Marker, length, name, number, count.
        let chunks = report.findings.filter { $0.kind == .iccProfile && $0.label == "APP2" }
            .compactMap { head.part(at: $0.offset + 4, length: $0.length - 4) }
            .sorted { $0[12] ?? 0 < $1[12] ?? 0 }
        return chunks.isEmpty ? nil : chunks.flatMap { $0.rest(from: 14).slice }
    }
}

extension NormalizeOrder {
    /// The cheapest way that is right for this JPEG; nil where that is libvips.
    @unsafe func normalized(jpeg bytes: UnsafeBufferPointer<UInt8>) throws(ImagingError) -> NormalizedPicture? {
        guard format == nil || format == .jpeg, let head = try unsafe JPEGHead(bytes) else { return nil }
        try limits.admit(head.size)
        if let profile = head.profile, head.isGrey || !SRGBProfile.matches(profile) { return nil }

        func result(_ made: [UInt8], _ size: PixelSize, _ path: NormalizePath) -> NormalizedPicture {
            NormalizedPicture(
                bytes: made, format: .jpeg, size: size, path: path, sourceFormat: .jpeg, sourceSize: head.size,
                sourceOrientation: head.orientation, sourcePages: 1, hadProfile: head.profile != nil, hadAlpha: false)
        }
        if head.size.longEdge <= maxEdge {
            if head.orientation == 1 {
                if let made = try unsafe stripped(bytes) { return result(made, head.size, .stripped) }
            } else if let made = try unsafe turned(bytes, head) {
                return result(made, head.size.turned(by: head.orientation), .turned)
            }
        }
        guard let made = try unsafe throughPlanes(bytes, head) else { return nil }
        return result(made.bytes, made.size, .planes)
    }

    /// Without its metadata, the picture itself untouched but read to the end; nil where that is not enough.
    @unsafe private func stripped(_ bytes: UnsafeBufferPointer<UInt8>) throws(ImagingError) -> [UInt8]? {
        guard let made = unsafe pixelsOnly(jpeg: Array(bytes)), made.count <= maxBytes else { return nil }
        return try unsafe Kernel.did(jp_check(made, made.count)) ? made : nil
    }

    @unsafe private func turned(
        _ bytes: UnsafeBufferPointer<UInt8>, _ head: JPEGHead
    ) throws(ImagingError) -> [UInt8]? {
        guard let start = bytes.baseAddress else { return nil }
        let made = try unsafe Kernel.adopt {
            unsafe jp_turn(start, bytes.count, Int32(head.orientation), &$0, &$1)
        }
        return made.flatMap { $0.count <= maxBytes ? $0 : nil }
    }

    /// Decoded, shrunk and turned by planes; nil where a decoder with more forbearance is needed.
    @unsafe private func throughPlanes(
        _ bytes: UnsafeBufferPointer<UInt8>, _ head: JPEGHead
    ) throws(ImagingError) -> (bytes: [UInt8], size: PixelSize)? {
        guard let start = bytes.baseAddress else { return nil }
        let size = head.size.fitted(to: max(1, maxEdge))
        let stored = SamplePlanes(size, kind(of: head, at: size))
        guard try unsafe Kernel.did(jp_decode(start, bytes.count, stored.pointer)) else { return nil }
        let planes = head.orientation == 1 ? stored : try stored.upright(from: head.orientation)
        let made = try encoded(planes, as: .jpeg, mayBecomeJPEG: false)
        return (made.bytes, made.size)
    }

    /// Chroma keeps every sample where the source has one for each pixel, which cameras do not write and screen shots need; and
    /// above quality 90 as soon as the source has that many left after shrinking.
    private func kind(of head: JPEGHead, at size: PixelSize) -> SamplePlanes.Kind {
        if head.isGrey { return .grey }
        let isEnough = head.size.width / head.across >= size.width && head.size.height / head.down >= size.height
        return .luma(halfChroma: !(head.across == 1 && head.down == 1 || quality > 90 && isEnough))
    }
}

extension PixelSize {
    /// The size after a turn by an EXIF orientation.
    func turned(by orientation: Int) -> PixelSize {
        orientation > 4 ? PixelSize(width: height, height: width) : self
    }
}
