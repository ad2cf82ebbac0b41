package import Domain

package struct Painter: Sendable {
    let seed: [UInt8]
    package init(seed: [UInt8]) { self.seed = seed }

    package func paint(_ size: PixelSize, references: [Swatch] = []) -> [UInt8] {
        [UInt8](repeating: 200, count: size.pixels * 3)
    }
}
