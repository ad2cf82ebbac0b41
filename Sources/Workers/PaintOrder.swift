package import Domain

/// A picture to be painted by the simulator.
package struct PaintOrder: Sendable, Hashable {
    /// Up to 32 bytes; equal seeds give equal pictures.
    package var seed: [UInt8]
    package var size: PixelSize

    package init(seed: [UInt8], size: PixelSize) {
        self.seed = seed
        self.size = size
    }
}
