import Domain
import Inspection

extension NormalizeOrder {
    /// Encodings tried before a picture is given up as too large for a model.
    static let tries = 8

    /// Makes a reference clean: upright, sRGB, 8 bits, fitted down, no metadata. Blocks the calling thread.
    package func carriedOut(on input: RawSpan) throws(ImagingError) -> NormalizedPicture {
        let outline = try Opening.outline(of: input, limits: limits)
        if let made = try withoutLibrary(input, outline.container) { return made }
        return try Vips.job { () throws(ImagingError) in
            let opening = try Opening(input, outline, limits: limits)
            let format = self.format ?? chosenFormat(for: opening, input)
            let alpha = keepAlpha && format != .jpeg
            let image = try opening.decoded(input, maxEdge: max(1, maxEdge), keepAlpha: alpha)
            let mayBecomeJPEG = self.format == nil && !(alpha && opening.header.hasAlpha)
            let made = try encoded(image, as: format, mayBecomeJPEG: mayBecomeJPEG)
            return NormalizedPicture(
                bytes: made.bytes, format: made.format, size: made.size, path: .library, sourceFormat: opening.format,
                sourceSize: opening.header.size, sourceOrientation: opening.header.orientation,
                sourcePages: opening.pages, hadProfile: opening.header.hasProfile,
                hadAlpha: opening.header.hasAlpha)
        }
    }

    /// The ways that do not start libvips, which alone costs more than most of them; nil where none of them is right.
    private func withoutLibrary(
        _ input: RawSpan, _ container: Container
    ) throws(ImagingError) -> NormalizedPicture? {
        return try unsafe input.withUnsafeBytes { (bytes) throws(ImagingError) in
            let bytes = unsafe bytes.bindMemory(to: UInt8.self)
            switch container {
            case .jpeg: return try unsafe normalized(jpeg: bytes)
            case .png: return try unsafe normalized(png: bytes)
            case .webp, .gif, .heif, .avif, .tiff, .jxl: return nil
            }
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

    /// A result within the order's bytes.
    struct Encoded {
        let bytes: [UInt8]
        let format: PictureFormat
        let size: PixelSize
    }

    private func encoded(
        _ image: borrowing RasterImage, as wanted: PictureFormat, mayBecomeJPEG: Bool
    ) throws(ImagingError) -> Encoded {
        try fitting(image.header.size, as: wanted, mayBecomeJPEG: mayBecomeJPEG) {
            (format, size) throws(ImagingError) in
            size == image.header.size
                ? try image.encoded(as: format, quality: quality)
                : try image.resampled(to: size, within: size).encoded(as: format, quality: quality)
        }
    }

    func encoded(
        _ planes: borrowing SamplePlanes, as wanted: PictureFormat, mayBecomeJPEG: Bool
    ) throws(ImagingError) -> Encoded {
        try fitting(planes.size, as: wanted, mayBecomeJPEG: mayBecomeJPEG) { (format, size) throws(ImagingError) in
            size == planes.size
                ? try planes.encoded(as: format, quality: quality)
                : try planes.shrunk(to: size).encoded(as: format, quality: quality)
        }
    }

    /// Encodes, and while that is too many bytes: as JPEG where allowed, then smaller and smaller.
    private func fitting(
        _ native: PixelSize, as wanted: PictureFormat, mayBecomeJPEG: Bool,
        _ encode: (PictureFormat, PixelSize) throws(ImagingError) -> [UInt8]
    ) throws(ImagingError) -> Encoded {
        var format = wanted
        var size = native
        var smallest = Int.max
        for _ in 0..<Self.tries {
            let bytes = try encode(format, size)
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
            size = native.fitted(to: edge)
        }
        throw .tooLarge(limit: .normalized, limitValue: maxBytes, value: smallest)
    }
}
