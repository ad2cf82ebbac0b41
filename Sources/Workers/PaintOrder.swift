package import Domain

/// A picture to be painted by the simulator.
package struct PaintOrder: Sendable, Hashable {
    /// Up to 32 bytes; equal seeds give equal pictures.
    package var seed: [UInt8]
    package var size: PixelSize
    /// Whether the last picture that goes with the order is a mask of the first.
    package var hasMask: Bool

    package init(seed: [UInt8], size: PixelSize, hasMask: Bool = false) {
        self.seed = seed
        self.size = size
        self.hasMask = hasMask
    }
}
