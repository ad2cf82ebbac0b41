package import Domain

/// How a mask becomes what a model takes: turned upright by its own orientation, brought to the size that the reference it
/// belongs to was brought to, and written as a PNG of one flat colour whose alpha is 0 where to repaint and 255 elsewhere.
///
/// Transparent means repaint, or white where the mask has no alpha or is opaque everywhere. There is no in between: half
/// transparent, or grey of 128 and lighter, means repaint. Services document nothing but fully transparent, and a mask of two
/// values stays far below every limit of bytes.
package struct MaskOrder: Sendable, Hashable {
    /// What the mask has to be, once it is upright: the size of its reference as it came, also upright.
    package var original: PixelSize
    /// What it becomes: the size of the reference as it is sent, no side larger than `original`.
    package var size: PixelSize
    /// Most bytes of the result.
    package var maxBytes: Int
    package var limits: PictureLimits

    package init(original: PixelSize, size: PixelSize, maxBytes: Int, limits: PictureLimits = PictureLimits()) {
        self.original = original
        self.size = size
        self.maxBytes = maxBytes
        self.limits = limits
    }
}

extension MaskOrder {
    /// Makes the mask. Blocks the calling thread.
    package func carriedOut(on input: RawSpan) throws(ImagingError) -> [UInt8] {
        guard size.width > 0, size.height > 0, size.width <= original.width, size.height <= original.height else {
            throw .failed(.resize, detail: "a mask only becomes smaller")
        }
        let mask = try MaskPixels(decoding: input, limits: limits) { (size) throws(ImagingError) in
            guard size == original else { throw .otherSize(size, wanted: original) }
        }
        let alphas = mask.brought(to: size)
        var pixels = [UInt8](repeating: 0, count: alphas.count * 4)
        for (index, alpha) in alphas.enumerated() where alpha != 0 { pixels[index * 4 + 3] = alpha }
        let bytes = try writtenPNG(pixels, bands: 4, size: size, .balanced, threads: 1)
        guard bytes.count <= maxBytes else {
            throw .tooLarge(limit: .normalized, limitValue: maxBytes, value: bytes.count)
        }
        return bytes
    }
}

/// A mask as it is meant: a byte a pixel, row by row from the top, 0 where to repaint and 255 where to keep.
package struct MaskPixels: Sendable, Hashable {
    package let size: PixelSize
    package let alphas: [UInt8]

    /// Decodes a mask upright. Blocks the calling thread.
    ///
    /// - Parameter admit: sees the upright size before a pixel is decoded, and may refuse it.
    package init(
        decoding input: RawSpan, limits: PictureLimits,
        admit: (PixelSize) throws(ImagingError) -> Void = { (_) throws(ImagingError) in }
    ) throws(ImagingError) {
        let outline = try Opening.outline(of: input, limits: limits)
        self = try Vips.job { () throws(ImagingError) in
            let opening = try Opening(input, outline, limits: limits)
            try admit(opening.uprightSize)
            let image = try opening.decoded(input, keepAlpha: true)
            let bands = image.header.hasAlpha ? 4 : 3
            return MaskPixels(size: image.header.size, pixels: try image.pixels(bands: bands), bands: bands)
        }
    }

    /// - Parameter pixels: packed, three or four samples each.
    init(size: PixelSize, pixels: [UInt8], bands: Int) {
        self.size = size
        let count = min(size.pixels, pixels.count / bands)
        // Alpha that is opaque everywhere says nothing: such a mask was drawn in black and white.
        let hasHoles = bands == 4 && (0..<count).contains { pixels[$0 * 4 + 3] != 255 }
        var alphas = [UInt8](repeating: 255, count: size.pixels)
        for index in 0..<count {
            let at = index * bands
            // Else luma of Rec. 601, in thousandths.
            let repaints =
                hasHoles
                ? pixels[at + 3] < 128
                : 299 * Int(pixels[at]) + 587 * Int(pixels[at + 1]) + 114 * Int(pixels[at + 2]) >= 128_000
            if repaints { alphas[index] = 0 }
        }
        self.alphas = alphas
    }

    /// The same, smaller. Each pixel that is to be repainted makes the one that it falls into one to repaint: however thin, no
    /// part of what somebody marked is lost; what is to be kept gives way.
    func brought(to smaller: PixelSize) -> [UInt8] {
        if smaller == size { return alphas }
        let columns = (0..<size.width).map { (2 * $0 + 1) * smaller.width / (2 * size.width) }
        var result = [UInt8](repeating: 255, count: smaller.pixels)
        for row in 0..<size.height {
            let start = (2 * row + 1) * smaller.height / (2 * size.height) * smaller.width
            for column in 0..<size.width where alphas[row * size.width + column] == 0 {
                result[start + columns[column]] = 0
            }
        }
        return result
    }
}
