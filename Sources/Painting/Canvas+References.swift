import Domain

extension Canvas {
    /// The reference fills the picture, in the light of the scene's hour, with its front bank before it.
    mutating func paint(_ ground: Swatch, in scene: Scene) {
        let palette = scene.palette
        let window = Window(of: ground.size, in: self)
        for row in 0..<height {
            for column in 0..<width {
                let place = SIMD2(Float(column), Float(row)) * scene.unit
                let colour = ground.colour(at: window.place(column, row))
                let shadows = palette.zenith.mixed(palette.near, 0.5)
                let toned = shadows.mixed(palette.horizon.mixed(palette.sun, 0.4), colour.light * 1.15)
                let away = place - scene.sky.sun
                let glow = 1 / (1 + (away * away).sum() * 9)
                colours[row * width + column] = colour.mixed(toned, 0.42).mixed(palette.sun, glow * glow * 0.4)
            }
        }
        for row in 0..<height {
            for column in 0..<width {
                let place = SIMD2(Float(column), Float(row)) * scene.unit
                guard let colour = scene.bankColour(column: column, at: place) else { continue }
                colours[row * width + column] = colour
            }
        }
    }

    /// Puts the reference back over a finished picture, wherever the stencil has no hole.
    func restore(_ ground: Swatch, outside stencil: Stencil, _ picture: inout [UInt8]) {
        let window = Window(of: ground.size, in: self)
        let stencilWindow = Window(of: stencil.size, in: self)
        for row in 0..<height {
            for column in 0..<width where !stencil.hasHole(at: stencilWindow.place(column, row)) {
                let levels = ground.colour(at: window.place(column, row)) * 255 + 0.5
                let index = (row * width + column) * 3
                picture[index] = UInt8(levels.x)
                picture[index + 1] = UInt8(levels.y)
                picture[index + 2] = UInt8(levels.z)
            }
        }
    }

    /// Hangs pictures as framed prints along the lower edge, from the left.
    mutating func hang(_ prints: [Swatch], in scene: Scene) {
        guard !prints.isEmpty else { return }
        let short = min(width, height)
        let gap = max(2, short / 40)
        let side = min(short * 26 / 100, (width - gap) / prints.count - gap)
        guard side >= 8 else { return }
        for (index, print) in prints.enumerated() {
            let corner = (column: gap + index * (side + gap), row: height - gap - side)
            hang(print, left: corner.column, top: corner.row, side: side)
        }
    }

    private mutating func hang(_ print: Swatch, left: Int, top: Int, side: Int) {
        let border = max(1, side / 22)
        let shadow = max(1, side / 16)
        let inner = side - 2 * border
        let scale = Float(min(print.size.width, print.size.height)) / Float(max(1, inner))
        let offset = SIMD2(
            (Float(print.size.width) - Float(inner) * scale) / 2, (Float(print.size.height) - Float(inner) * scale) / 2)
        for row in max(0, top - shadow)..<min(height, top + side + shadow) {
            for column in max(0, left - shadow)..<min(width, left + side + shadow) {
                let x = column - left
                let y = row - top
                let index = row * width + column
                if x < 0 || y < 0 || x >= side || y >= side {
                    let over = max(max(-x, x - side + 1), max(-y, y - side + 1))
                    colours[index] *= 1 - 0.45 * (1 - Float(over) / Float(shadow + 1))
                } else if x < border || y < border || x >= side - border || y >= side - border {
                    colours[index] = Colour(0.97, 0.96, 0.93)
                } else {
                    let place = SIMD2(Float(x - border) + 0.5, Float(y - border) + 0.5) * scale - 0.5
                    colours[index] = print.colour(at: place + offset)
                }
            }
        }
    }
}

/// The middle of a picture that fills a canvas.
private struct Window {
    private let scale: Float
    private let corner: SIMD2<Float>

    init(of picture: PixelSize, in canvas: Canvas) {
        let size = SIMD2(Float(picture.width), Float(picture.height))
        let room = SIMD2(Float(canvas.width), Float(canvas.height))
        scale = (size / room).min()
        corner = (size - room * scale) / 2
    }

    /// Where in the picture a pixel of the canvas lies; whole numbers are the middles of pixels.
    func place(_ column: Int, _ row: Int) -> SIMD2<Float> {
        corner + SIMD2(Float(column) + 0.5, Float(row) + 0.5) * scale - 0.5
    }
}

extension Stencil {
    var isWhole: Bool { size.width > 0 && size.height > 0 && alphas.count == size.pixels }

    /// By the nearest pixel.
    func hasHole(at place: SIMD2<Float>) -> Bool {
        let column = min(max(Int(place.x.rounded()), 0), size.width - 1)
        let row = min(max(Int(place.y.rounded()), 0), size.height - 1)
        return alphas[row * size.width + column] == 0
    }
}

extension Swatch {
    /// Whether the pixels fill the size.
    var isWhole: Bool {
        size.width > 0 && size.height > 0 && size.width <= 65_536 && size.height <= 65_536
            && rgb.count == size.pixels * 3
    }

    /// The colour between four pixels.
    func colour(at place: SIMD2<Float>) -> Colour {
        let x = min(max(place.x, 0), Float(size.width - 1))
        let y = min(max(place.y, 0), Float(size.height - 1))
        let column = Int(x)
        let row = Int(y)
        let top = pixel(column, row).mixed(pixel(column + 1, row), x - Float(column))
        let bottom = pixel(column, row + 1).mixed(pixel(column + 1, row + 1), x - Float(column))
        return top.mixed(bottom, y - Float(row))
    }

    private func pixel(_ column: Int, _ row: Int) -> Colour {
        let index = (min(row, size.height - 1) * size.width + min(column, size.width - 1)) * 3
        return Colour(Float(rgb[index]), Float(rgb[index + 1]), Float(rgb[index + 2])) / 255
    }
}
