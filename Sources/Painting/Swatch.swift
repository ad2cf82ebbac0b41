package import Domain

/// Pixels handed to the painter: packed RGB, 8 bits, row by row from the top.
package struct Swatch: Sendable, Hashable {
    package let size: PixelSize
    package let rgb: [UInt8]

    package init(size: PixelSize, rgb: [UInt8]) {
        self.size = size
        self.rgb = rgb
    }
}

/// What to paint through: a byte a pixel, row by row from the top, 0 where there is a hole.
package struct Stencil: Sendable, Hashable {
    package let size: PixelSize
    package let alphas: [UInt8]

    package init(size: PixelSize, alphas: [UInt8]) {
        self.size = size
        self.alphas = alphas
    }
}
