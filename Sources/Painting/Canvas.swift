/// The picture while it is painted.
struct Canvas {
    let width: Int
    let height: Int
    var colours: [Colour]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        colours = Array(repeating: .zero, count: width * height)
    }

    /// A whole landscape.
    mutating func paint(_ scene: Scene) {
        let shoreRow = scene.shore.map { min(height, Int($0 / scene.unit)) } ?? height
        for row in 0..<shoreRow {
            for column in 0..<width {
                let place = SIMD2(Float(column), Float(row)) * scene.unit
                colours[row * width + column] = scene.colour(column: column, at: place)
            }
        }
        guard shoreRow < height else { return }
        paintWater(scene, from: shoreRow)
        paintBank(scene)
    }

    /// A lake is the picture above it, upside down, pulled apart by ripples.
    private mutating func paintWater(_ scene: Scene, from shoreRow: Int) {
        let deep = scene.palette.near.mixed(scene.palette.zenith, 0.5)
        let depth = Float(max(1, height - shoreRow))
        for row in shoreRow..<height {
            let near = Float(row - shoreRow) / depth
            let y = Float(row) * scene.unit
            // Ripples look longer and rarer towards the viewer.
            let pitch = 90 / (0.25 + near * 1.6)
            for column in 0..<width {
                let x = Float(column) * scene.unit
                let ripple = scene.noise.fractal(x * (3 + 5 * (1 - near)), y * pitch, octaves: 3)
                let shift = ripple * (2 + 26 * near) * Float(width + height) / 2400
                let mirrored = shoreRow - 1 - Int(Float(row - shoreRow) * 1.05 + shift)
                let source = min(max(mirrored, 0), shoreRow - 1)
                let sideways = min(max(column + Int(shift * 0.35), 0), width - 1)
                var colour = shoreRow > 0 ? colours[source * width + sideways] : deep
                colour = colour.mixed(deep, 0.14 + near * 0.34) * (0.95 + ripple * 0.1)
                let glint = smooth(0.42, 0.8, ripple + 0.25) * 0.2 * (1 - near * 0.5)
                colours[row * width + column] = colour.mixed(scene.palette.sun, glint)
            }
        }
    }

    private mutating func paintBank(_ scene: Scene) {
        let first = scene.bank.crest.min() ?? 0
        for row in min(height, max(0, Int(first / scene.unit)))..<height {
            for column in 0..<width {
                let place = SIMD2(Float(column), Float(row)) * scene.unit
                guard let colour = scene.bankColour(column: column, at: place) else { continue }
                colours[row * width + column] = colour
            }
        }
    }

    /// Grain, a darker rim and a gentle curve, then bytes.
    func finished(_ scene: Scene) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: colours.count * 3)
        var grain = Dice(seed: [7, 11])
        let centre = SIMD2(Float(width), Float(height)) / 2
        let reach = (centre * centre).sum()
        for row in 0..<height {
            for column in 0..<width {
                let away = SIMD2(Float(column), Float(row)) - centre
                let rim = 1 - 0.2 * (away * away).sum() / reach
                let speck = (Float(grain.next() >> 48) / 65536 - 0.5) * 0.022
                let colour = colours[row * width + column] * rim + speck
                let levels = colour.clamped(lowerBound: .zero, upperBound: Colour(repeating: 1)) * 255 + 0.5
                let index = (row * width + column) * 3
                bytes[index] = UInt8(levels.x)
                bytes[index + 1] = UInt8(levels.y)
                bytes[index + 2] = UInt8(levels.z)
            }
        }
        return bytes
    }
}
