import Domain
import Inspection

extension NormalizeOrder {
    /// Encodings tried before a picture is given up as too large for a model.
    static let tries = 8

    /// Makes a reference clean: upright, sRGB, 8 bits, fitted down, no metadata. Blocks the calling thread.
    package func carriedOut(on input: RawSpan) throws(ImagingError) -> NormalizedPicture {
        try Vips.job { () throws(ImagingError) in
            let opening = try Opening(input, limits: limits)
            let format = self.format ?? chosenFormat(for: opening, input)
            let alpha = keepAlpha && format != .jpeg
            let image = try opening.decoded(input, maxEdge: max(1, maxEdge), keepAlpha: alpha)
            let mayBecomeJPEG = self.format == nil && !(alpha && opening.header.hasAlpha)
            let made = try encoded(image, as: format, mayBecomeJPEG: mayBecomeJPEG)
            return NormalizedPicture(
                bytes: made.bytes, format: made.format, size: made.size, sourceFormat: opening.format,
                sourceSize: opening.header.size, sourceOrientation: opening.header.orientation,
                sourcePages: opening.pages, hadProfile: opening.header.hasProfile,
                hadAlpha: opening.header.hasAlpha)
        }
    }

    private func chosenFormat(for opening: Opening, _ input: RawSpan) -> PictureFormat {
        switch opening.format {
        case .jpeg: .jpeg
        case .png: .png
        case .gif, .tiff: .png
        case .heif, .avif, .jxl: keepAlpha && opening.header.hasAlpha ? .png : .jpeg
        case .webp: (keepAlpha && opening.header.hasAlpha) || Signature.isLosslessWebP(input) ? .png : .jpeg
        }
    }

    private struct Encoded {
        let bytes: [UInt8]
        let format: PictureFormat
        let size: PixelSize
    }

    /// Encodes, and while that is too many bytes: as JPEG where allowed, then smaller and smaller.
    private func encoded(
        _ image: borrowing RasterImage, as wanted: PictureFormat, mayBecomeJPEG: Bool
    ) throws(ImagingError) -> Encoded {
        var format = wanted
        var size = image.header.size
        var smallest = Int.max
        for _ in 0..<Self.tries {
            let bytes =
                size == image.header.size
                ? try image.encoded(as: format, quality: quality)
                : try image.resampled(to: size, within: size).encoded(as: format, quality: quality)
            if bytes.count <= maxBytes { return Encoded(bytes: bytes, format: format, size: size) }
            smallest = min(smallest, bytes.count)
            if format != .jpeg, mayBecomeJPEG {
                format = .jpeg
                continue
            }
            // Bytes grow about with the area; aim a little below, in steps that always get somewhere.
            let factor = (Double(max(1, maxBytes)) / Double(bytes.count)).squareRoot() * 0.95
            let edge = Int(Double(size.longEdge) * min(max(factor, 0.35), 0.9))
            guard edge >= 16 else { break }
            size = image.header.size.fitted(to: edge)
        }
        throw .tooLarge(limit: .normalized, limitValue: maxBytes, value: smallest)
    }
}
