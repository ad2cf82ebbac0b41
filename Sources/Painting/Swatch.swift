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
