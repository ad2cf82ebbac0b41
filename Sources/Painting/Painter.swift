package import Domain

/// Paints landscapes for the simulator, so that people who look at its pictures see something worth looking at.
/// Equal seeds, sizes and references give equal pixels.
package struct Painter: Sendable {
    private let seed: [UInt8]

    /// Any number of bytes; each of them matters.
    package init(seed: [UInt8]) {
        self.seed = seed
    }

    /// Paints `size` (at least 1 by 1) as packed RGB. The first reference becomes the ground, the others framed insets. With a
    /// stencil a landscape shows through its holes, and the first reference is what it was everywhere else.
    package func paint(_ size: PixelSize, references: [Swatch] = [], through stencil: Stencil? = nil) -> [UInt8] {
        var dice = Dice(seed: seed)
        let usable = references.filter(\.isWhole)
        let scene = Scene(columns: max(1, size.width), rows: max(1, size.height), &dice)
        var canvas = Canvas(width: max(1, size.width), height: max(1, size.height))
        let stencil = stencil.flatMap { $0.isWhole ? $0 : nil }
        if let ground = usable.first, stencil == nil {
            canvas.paint(ground, in: scene)
        } else {
            canvas.paint(scene)
        }
        canvas.hang(Array(usable.dropFirst()), in: scene)
        var picture = canvas.finished(scene)
        if let ground = usable.first, let stencil { canvas.restore(ground, outside: stencil, &picture) }
        return picture
    }
}
