import CPixels
import Domain
import Inspection

extension NormalizeOrder {
    /// Most bytes of a PNG's chunks besides its data that are looked into.
    private static let mostPNGHead = 1 << 20

    /// The cheapest way that is right for this PNG; nil where that is libvips, which also has the word on damaged ones.
    @unsafe func normalized(png bytes: UnsafeBufferPointer<UInt8>) throws(ImagingError) -> NormalizedPicture? {
        guard format == nil || format == .png || format == .jpeg, let start = bytes.baseAddress,
            let header = unsafe Self.header(bytes),
            let head = unsafe glance(png: UnsafeRawBufferPointer(bytes), limit: Self.mostPNGHead)
        else { return nil }
        let size = PixelSize(width: Int(header.width), height: Int(header.height))
        try limits.admit(size)
        let hasAlpha = header.channels == 4
        if hasAlpha, keepAlpha, format != .jpeg { return nil }

        func result(_ made: Encoded, _ path: NormalizePath) -> NormalizedPicture {
            NormalizedPicture(
                bytes: made.bytes, format: made.format, size: made.size, path: path, sourceFormat: .png,
                sourceSize: size, sourceOrientation: head.orientation, sourcePages: 1, hadProfile: false,
                hadAlpha: hasAlpha)
        }
        let isUpright = head.orientation == 1
        if isUpright, !hasAlpha, format != .jpeg, size.longEdge <= maxEdge, let made = unsafe stripped(png: bytes) {
            return result(Encoded(bytes: made, format: .png, size: size), .stripped)
        }
        let stored = SamplePlanes(size.fitted(to: max(1, maxEdge)), header.channels == 1 ? .grey : .rgb)
        guard unsafe pn_decode(start, bytes.count, stored.pointer) == KN_DONE else { return nil }
        let planes = isUpright ? stored : try stored.upright(from: head.orientation)
        return result(try encoded(planes, as: format ?? .png, mayBecomeJPEG: format == nil), .planes)
    }

    @unsafe private static func header(_ bytes: UnsafeBufferPointer<UInt8>) -> pn_header? {
        guard let start = bytes.baseAddress else { return nil }
        var header = pn_header()
        var reader: OpaquePointer?
        defer { unsafe pn_close(reader) }
        return unsafe pn_open(start, bytes.count, &header, &reader) == KN_DONE ? header : nil
    }

    /// Without its metadata, the picture itself untouched but read to the end; nil where that is not enough.
    @unsafe private func stripped(png bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard bytes.count - Self.mostPNGHead <= maxBytes,
            let made = unsafe pixelsOnly(png: Array(bytes)), made.count <= maxBytes,
            unsafe pn_check(made, made.count) == KN_DONE
        else { return nil }
        return made
    }
}
