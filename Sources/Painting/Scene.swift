/// A landscape laid out by a seed: sky, chains of hills, sometimes a lake. Places are fractions of the short side.
struct Scene {
    let palette: Palette
    let noise: Noise
    let sky: Sky
    /// From far to near.
    let ridges: [Ridge]
    /// The bank in front of a lake.
    let bank: Ridge
    /// Row of the shore, nil without a lake.
    let shore: Float?
    let unit: Float

    init(columns: Int, rows: Int, _ dice: inout Dice) {
        let unit = 1 / Float(max(1, min(columns, rows)))
        let height = Float(rows) * unit
        let palette = Palette.all[dice.below(Palette.all.count)]
        let noise = Noise(&dice)
        let horizon = height * dice.between(0.5, 0.6)
        let hasLake = dice.below(2) == 0
        let floor = hasLake ? height * dice.between(0.7, 0.78) : height
        let count = 5 + dice.below(3)
        let snowy = dice.below(3) > 0
        self.unit = unit
        self.palette = palette
        self.noise = noise
        sky = Sky(palette, noise, width: Float(columns) * unit, horizon: horizon, &dice)
        shore = hasLake ? floor : nil
        ridges = (0..<count).map { index in
            let depth = Float(index) / Float(count - 1) * (hasLake ? 0.8 : 0.94)
            let way = Float(index) / Float(count - 1)
            let shape = Ridge.Shape(
                depth: depth, baseline: horizon + (floor - horizon) * (0.12 + 0.92 * way * way),
                amplitude: height * (index == 0 ? 0.4 : 0.26 - 0.12 * way) * dice.between(0.8, 1.15),
                frequency: dice.between(0.9, 1.5) + way * 0.9, isSnowy: snowy && index < 2, isWooded: way > 0.45)
            return Ridge(shape, columns: columns, unit: unit, palette, noise, &dice)
        }
        let front = Ridge.Shape(
            depth: 1, baseline: height * 1.03, amplitude: height * 0.13, frequency: 0.8, isSnowy: false, isWooded: true)
        bank = Ridge(front, columns: columns, unit: unit, palette, noise, &dice)
    }

    /// What stands at a place, water aside.
    func colour(column: Int, at place: SIMD2<Float>) -> Colour {
        for ridge in ridges.reversed() where place.y >= ridge.crest[column] {
            return ridge.colour(column: column, at: place, sun: sky.sun, unit: unit, palette, noise)
        }
        return sky.colour(at: place)
    }

    /// Whether the front bank hides what is behind it.
    func bankColour(column: Int, at place: SIMD2<Float>) -> Colour? {
        guard place.y >= bank.crest[column] else { return nil }
        return bank.colour(column: column, at: place, sun: sky.sun, unit: unit, palette, noise)
    }
}
