/// The sky of a scene. Places are fractions of the short side, from the top left corner.
struct Sky {
    let palette: Palette
    let noise: Noise
    let sun: SIMD2<Float>
    private let sunRadius: Float
    private let cloudiness: Float
    private let cloudScale: SIMD2<Float>
    private let horizon: Float

    init(_ palette: Palette, _ noise: Noise, width: Float, horizon: Float, _ dice: inout Dice) {
        self.palette = palette
        self.noise = noise
        self.horizon = horizon
        sun = SIMD2(width * dice.between(0.16, 0.84), horizon * dice.between(palette.stars ? 0.25 : 0.42, 0.8))
        sunRadius = dice.between(0.028, 0.05)
        cloudiness = dice.between(-0.12, 0.3)
        cloudScale = SIMD2(dice.between(1.1, 1.9), dice.between(3.6, 6.5))
    }

    func colour(at place: SIMD2<Float>) -> Colour {
        let height = min(1, max(0, place.y / horizon))
        var colour = palette.zenith.mixed(palette.middle, smooth(0, 0.62, height))
        colour = colour.mixed(palette.horizon, smooth(0.45, 1, height))
        let away = place - sun
        let distance = (away * away).sum().squareRoot()
        if palette.stars { colour += starlight(at: place) * (1 - height) }
        let glow = 1 / (1 + distance * distance * 26)
        colour = colour.mixed(palette.sun, glow * glow * 0.75)
        let disc = smooth(sunRadius * 1.06, sunRadius * 0.94, distance)
        colour = colour.mixed(palette.sun + Colour(repeating: 0.06), disc)
        return clouded(colour, place, height: height, glow: glow)
    }

    private func clouded(_ colour: Colour, _ place: SIMD2<Float>, height: Float, glow: Float) -> Colour {
        // Clouds flatten towards the horizon, as they do when seen from below.
        let x = place.x * cloudScale.x
        let y = place.y * cloudScale.y * (0.55 + height)
        let bend = noise.at(x * 0.7 + 40, y * 0.5) * 0.5
        let mass = noise.fractal(x + bend, y + bend, octaves: 5) + cloudiness - 0.1
        guard mass > 0 else { return colour }
        let above = noise.fractal(x + bend + 0.05, y + bend - 0.12, octaves: 3) + cloudiness - 0.1
        let lit = palette.horizon.mixed(palette.sun, 0.35 + glow * 0.6)
        let shade = palette.middle.mixed(palette.haze, 0.6) * 0.93
        let cloud = shade.mixed(lit, 0.62 + (mass - above) * 1.4)
        return colour.mixed(cloud, smooth(0, 0.42, mass) * 0.82)
    }

    private func starlight(at place: SIMD2<Float>) -> Colour {
        let cell = place * 70
        let field = noise.at(cell.x.rounded(.down) * 0.37 + 0.5, cell.y.rounded(.down) * 0.53 + 0.5)
        guard field > 0.36 else { return .zero }
        let inside = cell - cell.rounded(.down) - 0.5
        let distance = (inside * inside).sum().squareRoot()
        return Colour(repeating: smooth(0.16, 0.02, distance) * smooth(0.36, 0.6, field) * 1.1)
    }
}
