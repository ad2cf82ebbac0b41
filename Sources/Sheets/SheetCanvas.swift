import Domain
import Glibc
import Imaging

/// A colour of a sheet, sRGB.
struct Ink: Sendable {
    let red: UInt8
    let green: UInt8
    let blue: UInt8

    init(_ hex: Int) {
        red = UInt8(hex >> 16 & 0xFF)
        green = UInt8(hex >> 8 & 0xFF)
        blue = UInt8(hex & 0xFF)
    }
}

/// Packed pixels that pictures and words are laid on.
struct SheetCanvas {
    let size: PixelSize
    private var rgb: [UInt8]

    init(_ size: PixelSize, ground: Ink) {
        self.size = size
        rgb = [UInt8](repeating: ground.red, count: size.pixels * 3)
        if ground.green != ground.red || ground.blue != ground.red {
            for pixel in 0..<size.pixels {
                rgb[pixel * 3 + 1] = ground.green
                rgb[pixel * 3 + 2] = ground.blue
            }
        }
    }

    var pixels: Pixels { Pixels(size: size, rgb: rgb) }

    /// Lays a picture down; what stands over the edge is cut.
    mutating func lay(_ picture: Pixels, left: Int, top: Int) {
        let width = min(picture.size.width, size.width - left)
        guard left >= 0, top >= 0, width > 0 else { return }
        for row in 0..<min(picture.size.height, size.height - top) {
            let from = row * picture.size.width * 3
            let to = ((top + row) * size.width + left) * 3
            rgb.replaceSubrange(to..<(to + width * 3), with: picture.rgb[from..<(from + width * 3)])
        }
    }

    /// A plain field.
    mutating func fill(left: Int, top: Int, _ field: PixelSize, _ ink: Ink) {
        lay(SheetCanvas(field, ground: ink).pixels, left: left, top: top)
    }

    /// Writes a line whose capitals are `height` pixels high, its base line at `base`.
    mutating func write(_ text: String, left: Int, base: Int, height: Double, _ ink: Ink) {
        let scale = height / StrokeFont.capital
        let pen = max(0.75, 0.44 * scale)
        var at = Double(left) + pen
        for character in text {
            let glyph = StrokeFont.glyph(character)
            draw(glyph, at: at, base: Double(base), scale: scale, pen: pen, ink)
            at += (glyph.width + StrokeFont.gap) * scale
        }
    }

    /// How wide that is, in pixels.
    static func width(_ text: String, height: Double) -> Int {
        Int((StrokeFont.width(text) * height / StrokeFont.capital).rounded(.up)) + 2
    }

    /// The text, or as much of its ends as fits, as names differ at their ends.
    static func fitted(_ text: String, width: Int, height: Double) -> String {
        guard self.width(text, height: height) > width else { return text }
        let characters = Array(text)
        for kept in stride(from: characters.count - 1, through: 2, by: -1) {
            let head = kept / 3
            let short = String(characters.prefix(head)) + "…" + String(characters.suffix(kept - head))
            if self.width(short, height: height) <= width { return short }
        }
        return "…"
    }

    private mutating func draw(
        _ glyph: StrokeFont.Glyph, at left: Double, base: Double, scale: Double, pen: Double, _ ink: Ink
    ) {
        let lines = glyph.strokes.flatMap { stroke in
            zip(stroke, stroke.dropFirst()).map { from, to in
                Line(
                    x: left + from.x * scale, y: base - from.y * scale, toX: left + to.x * scale,
                    toY: base - to.y * scale)
            }
        }
        guard !lines.isEmpty else { return }
        let reach = pen + 1
        let xs = lines.flatMap { [$0.x, $0.toX] }
        let ys = lines.flatMap { [$0.y, $0.toY] }
        let first = (x: Int((xs.min() ?? 0) - reach), y: Int((ys.min() ?? 0) - reach))
        let last = (x: Int((xs.max() ?? 0) + reach) + 1, y: Int((ys.max() ?? 0) + reach) + 1)
        for y in max(0, first.y)..<max(max(0, first.y), min(size.height, last.y)) {
            for x in max(0, first.x)..<max(max(0, first.x), min(size.width, last.x)) {
                let near = lines.reduce(Double.infinity) { min($0, $1.distance(Double(x) + 0.5, Double(y) + 0.5)) }
                blend(x, y, ink, min(1, max(0, pen + 0.5 - near)))
            }
        }
    }

    private mutating func blend(_ x: Int, _ y: Int, _ ink: Ink, _ share: Double) {
        guard share > 0 else { return }
        let at = (y * size.width + x) * 3
        for (offset, wanted) in [ink.red, ink.green, ink.blue].enumerated() {
            let old = Double(rgb[at + offset])
            rgb[at + offset] = UInt8((old + (Double(wanted) - old) * share).rounded())
        }
    }

    private struct Line {
        let x: Double
        let y: Double
        let toX: Double
        let toY: Double

        /// Of a point from the nearest point of the line.
        func distance(_ px: Double, _ py: Double) -> Double {
            let dx = toX - x
            let dy = toY - y
            let length = dx * dx + dy * dy
            let share = length == 0 ? 0 : min(1, max(0, ((px - x) * dx + (py - y) * dy) / length))
            let ox = px - x - share * dx
            let oy = py - y - share * dy
            return (ox * ox + oy * oy).squareRoot()
        }
    }
}
