/// Smooth randomness in the plane: gradient noise on a lattice of 256 by 256, and sums of it.
struct Noise {
    private let order: [UInt8]
    private let slopes: [SIMD2<Float>]

    init(_ dice: inout Dice) {
        var order = (0...255).map { UInt8($0) }
        for index in stride(from: 255, to: 0, by: -1) { order.swapAt(index, dice.below(index + 1)) }
        self.order = order + order
        slopes = (0...255).map { _ in
            // Directions from the square, shortened to about one length: no trigonometry, no Foundation.
            let slope = SIMD2(dice.between(-1, 1), dice.between(-1, 1))
            let length = max(0.2, (slope * slope).sum().squareRoot())
            return slope / length
        }
    }

    /// About -0.7 to 0.7, 0 on the lattice.
    func at(_ x: Float, _ y: Float) -> Float {
        let floorX = x.rounded(.down)
        let floorY = y.rounded(.down)
        let column = Int(floorX) & 255
        let row = Int(floorY) & 255
        let dx = x - floorX
        let dy = y - floorY
        let top = lean(column, row, dx, dy)
        let bottom = lean(column, row + 1, dx, dy - 1)
        return top + (bottom - top) * fade(dy)
    }

    /// Noise of several sizes on one another, about -1 to 1.
    func fractal(_ x: Float, _ y: Float, octaves: Int) -> Float {
        var sum: Float = 0
        var share: Float = 0.6
        var scale: Float = 1
        for octave in 0..<octaves {
            sum += at(x * scale + Float(octave) * 19.7, y * scale + Float(octave) * 7.3) * share
            share *= 0.5
            scale *= 2.03
        }
        return sum * 1.5
    }

    /// Sharp crests, 0 to about 1.
    func ridged(_ x: Float, _ y: Float, octaves: Int) -> Float {
        var sum: Float = 0
        var share: Float = 0.55
        var scale: Float = 1
        for octave in 0..<octaves {
            sum += (1 - min(1, abs(at(x * scale + Float(octave) * 31.1, y + Float(octave) * 11.9)) * 2)) * share
            share *= 0.48
            scale *= 2.1
        }
        return sum
    }

    private func lean(_ column: Int, _ row: Int, _ dx: Float, _ dy: Float) -> Float {
        let line = Int(order[row & 255])
        let left = slopes[Int(order[column + line])]
        let right = slopes[Int(order[((column + 1) & 255) + line])]
        let from = left.x * dx + left.y * dy
        let to = right.x * (dx - 1) + right.y * dy
        return from + (to - from) * fade(dx)
    }

    private func fade(_ t: Float) -> Float { t * t * t * (t * (t * 6 - 15) + 10) }
}
