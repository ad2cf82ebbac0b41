/// A colour in sRGB, 0 to 1 a channel.
typealias Colour = SIMD3<Float>

/// The colours of one hour and weather.
struct Palette {
    let zenith: Colour
    let middle: Colour
    let horizon: Colour
    let sun: Colour
    /// What distance fades into.
    let haze: Colour
    let far: Colour
    let near: Colour
    let snow: Colour
    let stars: Bool

    private init(
        _ zenith: Int, _ middle: Int, _ horizon: Int, sun: Int, haze: Int, far: Int, near: Int, snow: Int,
        stars: Bool = false
    ) {
        self.zenith = Colour(hex: zenith)
        self.middle = Colour(hex: middle)
        self.horizon = Colour(hex: horizon)
        self.sun = Colour(hex: sun)
        self.haze = Colour(hex: haze)
        self.far = Colour(hex: far)
        self.near = Colour(hex: near)
        self.snow = Colour(hex: snow)
        self.stars = stars
    }

    static let all = [
        // Clear morning, alpenglow, late gold, blue hour, autumn mist, moonlight.
        Palette(
            0x2B6CB3, 0x7DB3E0, 0xE6EEF0, sun: 0xFFF6DC, haze: 0xC9DCE8, far: 0x7C97B2, near: 0x1F3B33, snow: 0xFDFEFF),
        Palette(
            0x3A4A86, 0xB889AE, 0xFFC9A3, sun: 0xFFE3C0, haze: 0xE9B7AE, far: 0x8C6F98, near: 0x2A2440, snow: 0xFFD9CC),
        Palette(
            0x4C7FA6, 0xE8B86D, 0xFFE2A6, sun: 0xFFF2C4, haze: 0xF0C98E, far: 0xA9805F, near: 0x2E2A1C, snow: 0xFFF0D2),
        Palette(
            0x101F46, 0x2F5486, 0xE39A6F, sun: 0xFFC48A, haze: 0x6C7FA5, far: 0x41598A, near: 0x0C1626, snow: 0xB8C8E6),
        Palette(
            0x8FA7B5, 0xC5CFD0, 0xF2E6D0, sun: 0xFFF4DA, haze: 0xDCD9CD, far: 0x9A9C92, near: 0x5A3A1C, snow: 0xF6F2E8),
        Palette(
            0x050B1E, 0x12274B, 0x3B5C82, sun: 0xF3F6FF, haze: 0x34527A, far: 0x24406A, near: 0x040911, snow: 0x9DB6DC,
            stars: true),
    ]
}

extension Colour {
    init(hex: Int) {
        self.init(Float(hex >> 16 & 255) / 255, Float(hex >> 8 & 255) / 255, Float(hex & 255) / 255)
    }

    func mixed(_ other: Colour, _ share: Float) -> Colour { self + (other - self) * Swift.min(Swift.max(share, 0), 1) }

    var light: Float { x * 0.3 + y * 0.59 + z * 0.11 }
}

/// 0 below `low`, 1 above `high`, smooth between.
func smooth(_ low: Float, _ high: Float, _ value: Float) -> Float {
    let share = min(max((value - low) / (high - low), 0), 1)
    return share * share * (3 - 2 * share)
}
