/// One chain of hills: its crest over the whole width and how its face looks.
struct Ridge {
    /// Row of the crest for each column, as a fraction of the short side.
    let crest: [Float]
    /// 0 far, 1 near.
    let depth: Float
    private let base: Colour
    private let isSnowy: Bool
    private let texture: Float
    private let baseline: Float
    private let offset: Float

    /// The measures of one chain; places are fractions of the short side.
    struct Shape {
        var depth: Float
        var baseline: Float
        var amplitude: Float
        var frequency: Float
        var isSnowy: Bool
        var isWooded: Bool
    }

    init(_ shape: Shape, columns: Int, unit: Float, _ palette: Palette, _ noise: Noise, _ dice: inout Dice) {
        depth = shape.depth
        isSnowy = shape.isSnowy
        baseline = shape.baseline
        let offset = dice.between(0, 200)
        self.offset = offset
        base = palette.far.mixed(palette.near, shape.depth * shape.depth * 0.75 + shape.depth * 0.25)
        texture = 8 + 9 * shape.depth
        crest = (0..<columns).map { column in
            let x = Float(column) * unit
            var rise = noise.ridged(x * shape.frequency + offset, offset, octaves: 7)
            // A slow swell gives one summit and some saddles instead of an even saw.
            rise *= 0.62 + 0.62 * (noise.at(x * shape.frequency * 0.45 + offset, 3.3) + 0.5)
            let wood = shape.isWooded ? Self.trees(x, shape.depth, noise, offset) : 0
            return shape.baseline - shape.amplitude * rise - wood
        }
    }

    /// Conifers: narrow triangles of uneven height, closer and larger in front.
    private static func trees(_ x: Float, _ depth: Float, _ noise: Noise, _ offset: Float) -> Float {
        let size = 0.006 + 0.026 * depth * depth
        var tallest: Float = 0
        for row in 0..<2 {
            let place = x / (size * 0.5) + Float(row) * 0.47
            let cell = place.rounded(.down)
            let draw = noise.at(cell * 0.731 + offset, Float(row) * 5.1 + 0.37) + 0.5
            let centre = 0.5 + (draw - 0.5) * 0.3
            let away = abs(place - cell - centre) * 2
            let branches = 0.12 * abs(noise.at(place * 7, offset))
            tallest = max(tallest, (1 - away - branches) * size * (0.45 + draw))
        }
        return max(0, tallest)
    }

    /// The colour of its face at a place below the crest.
    func colour(
        column: Int, at place: SIMD2<Float>, sun: SIMD2<Float>, unit: Float, _ palette: Palette, _ noise: Noise
    ) -> Colour {
        let top = crest[column]
        let below = place.y - top
        // Turns over slowly below the sun; a sudden change would be a seam.
        let side = min(max((sun.x - place.x) * 3, -1), 1)
        // Gullies run down and away from the light, so the face leans with it.
        let x = (place.x - side * below * 0.35) * texture + offset
        let y = place.y * texture * 0.8
        let here = crags(x, y, noise)
        let towards = crags(x + side * 0.08, y - 0.09, noise)
        let light = 1 + (here - towards) * (1.5 - 0.7 * depth) + (here - 0.5) * 0.16 + rim(column, side, below, unit)
        var colour = base
        if isSnowy { colour = colour.mixed(palette.snow, snow(top, below, here)) }
        colour *= max(0.25, light)
        let span = max(0.02, baseline - top)
        let mist = smooth(0.15, 1.1, below / span) * (0.85 - 0.6 * depth) + (1 - depth) * 0.32
        return colour.mixed(palette.haze, mist)
    }

    /// Rock: sharp where it is far and large, softer where trees grow on it.
    private func crags(_ x: Float, _ y: Float, _ noise: Noise) -> Float {
        let soft = noise.fractal(x, y, octaves: 5) * 0.5 + 0.5
        guard depth < 0.6 else { return soft }
        let bend = noise.at(x * 0.6, y * 0.6 + 9)
        let sharp = 1 - abs(noise.fractal(x * 0.8 + bend, y * 0.8, octaves: 6))
        return sharp + (soft - sharp) * depth / 0.6
    }

    /// The crest catches light where the chain as a whole faces it.
    private func rim(_ column: Int, _ side: Float, _ below: Float, _ unit: Float) -> Float {
        let reach = max(1, Int(0.035 / unit))
        let right = min(column + reach, crest.count - 1)
        let left = max(column - reach, 0)
        guard right > left else { return 0 }
        let slope = (crest[right] - crest[left]) / (Float(right - left) * unit) * -side
        return min(max(slope, -1), 1) * smooth(0.16, 0, below) * 0.2 * (1 - depth)
    }

    /// Lies on what is high and not steep; rock looks through further down.
    private func snow(_ top: Float, _ below: Float, _ roughness: Float) -> Float {
        let rise = baseline - top
        return smooth(-0.05, 0.09, rise * 0.55 - below + (roughness - 0.62) * 0.42) * smooth(0.05, 0.2, rise) * 0.94
    }
}
