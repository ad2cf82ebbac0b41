import Domain
import Inspection

/// A picture whose signature, structure and header have been judged; not a pixel of it has been decoded.
struct Opening {
    let format: Container
    let outline: Outline
    let header: RasterImage.Header

    /// Checks the size of the file, its signature, and what it says of itself, without libvips.
    static func outline(of input: RawSpan, limits: PictureLimits) throws(ImagingError) -> Outline {
        guard input.byteCount <= limits.bytes else {
            throw .tooLarge(limit: .bytes, limitValue: limits.bytes, value: input.byteCount)
        }
        guard let outline = Outline(input), outline.container != .jxl else { throw .unsupportedContent }
        guard limits.accepted.contains(outline.container) else { throw .switchedOff(outline.container) }
        try outline.check(limits)
        return outline
    }

    /// After that: checks that no data are missing, and then width and height as libvips sees them, against the limits.
    init(_ input: RawSpan, _ outline: Outline, limits: PictureLimits) throws(ImagingError) {
        self.outline = outline
        let format = outline.container
        self.format = format
        try Kernel.requireWhole(input, format)
        header = try unsafe input.withUnsafeBytes { (bytes) throws(ImagingError) in
            try unsafe RasterImage(opening: bytes, as: format).header
        }
        try limits.admit(header.size)
    }

    /// Frames of an animation, or pictures in the file.
    var pages: Int { max(header.pages, outline.frames) }

    /// The size a viewer shows.
    var uprightSize: PixelSize { header.size.turned(by: header.orientation) }

    /// Decodes upright sRGB pixels of 8 bits into memory, fitted down to `maxEdge`; alpha only when `keepAlpha`.
    func decoded(_ input: RawSpan, maxEdge: Int = .max, keepAlpha: Bool) throws(ImagingError) -> RasterImage {
        let settled = try unsafe input.withUnsafeBytes { (bytes) throws(ImagingError) in
            var image = try unsafe RasterImage(opening: bytes, as: format, shrink: shrink(for: maxEdge))
            if !header.hasProfile, let profile = outline.colour?.profile { image = try image.meant(by: profile) }
            if header.size.longEdge > maxEdge {
                image = try image.shrunk(to: header.size.fitted(to: maxEdge))
            }
            image = try image.inSRGB()
            if header.hasAlpha, !keepAlpha { image = try image.flattened() }
            return try image.settled()
        }
        return header.orientation == 1 ? settled : try settled.upright(from: header.orientation).settled()
    }

    /// A JPEG can be decoded at 1/2, 1/4 or 1/8, much faster, as long as enough pixels are left.
    private func shrink(for maxEdge: Int) -> Int {
        guard format == .jpeg else { return 1 }
        return [8, 4, 2].first { header.size.longEdge / $0 >= maxEdge } ?? 1
    }
}

extension PictureLimits {
    /// Refuses a picture of this size where it passes a limit.
    func admit(_ size: PixelSize) throws(ImagingError) {
        guard size.pixels <= pixels else { throw .tooLarge(limit: .pixels, limitValue: pixels, value: size.pixels) }
        guard size.longEdge <= edge else { throw .tooLarge(limit: .edge, limitValue: edge, value: size.longEdge) }
    }
}

extension PixelSize {
    /// The same shape with a long edge of exactly `edge`, when it is longer.
    func fitted(to edge: Int) -> PixelSize {
        guard longEdge > edge else { return self }
        return Geometry(native: self, size: .long(max(1, edge)), fit: .inside).scaled
    }
}
