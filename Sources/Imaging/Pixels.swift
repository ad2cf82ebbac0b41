package import Domain

/// Plain pixels: packed RGB, 8 bits, row by row from the top.
package struct Pixels: Sendable, Hashable {
    package let size: PixelSize
    /// Three bytes a pixel.
    package let rgb: [UInt8]

    package init(size: PixelSize, rgb: [UInt8]) {
        self.size = size
        self.rgb = rgb
    }

    /// Decodes a picture upright, in sRGB and on white, fitted down to `maxEdge`. Blocks the calling thread.
    package init(decoding input: RawSpan, maxEdge: Int, limits: PictureLimits) throws(ImagingError) {
        let outline = try Opening.outline(of: input, limits: limits)
        self = try Vips.job { () throws(ImagingError) in
            let opening = try Opening(input, outline, limits: limits)
            let image = try opening.decoded(input, maxEdge: maxEdge, keepAlpha: false)
            return Pixels(size: image.header.size, rgb: try image.pixels(bands: 3))
        }
    }

    /// These pixels as a PNG without metadata. Blocks the calling thread.
    package func png() throws(ImagingError) -> [UInt8] {
        try writtenPNG(rgb, bands: 3, size: size, .fast, threads: 1)
    }
}
