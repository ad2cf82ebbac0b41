import Glibc

/// Arithmetic without shortcuts, to judge the kernels by.
enum Reference {
    /// Lanczos3 in double precision, sample centres at half places, borders repeated; results not rounded.
    static func lanczos3(_ picture: Packed, width: Int, height: Int) -> [Double] {
        let across = weights(from: picture.width, to: width)
        let down = weights(from: picture.height, to: height)
        var wide = [Double](repeating: 0, count: width * picture.height * 3)
        for row in 0..<picture.height {
            for (column, taps) in across.enumerated() {
                for (source, weight) in taps {
                    let from = (row * picture.width + source) * 3
                    let to = (row * width + column) * 3
                    for channel in 0..<3 { wide[to + channel] += weight * Double(picture.rgb[from + channel]) }
                }
            }
        }
        var out = [Double](repeating: 0, count: width * height * 3)
        for (row, taps) in down.enumerated() {
            for (source, weight) in taps {
                for sample in 0..<width * 3 {
                    out[row * width * 3 + sample] += weight * wide[source * width * 3 + sample]
                }
            }
        }
        return out
    }

    /// PSNR over all samples, in decibels; the exact values are held to what 8 bits can show but not rounded.
    static func psnr(_ picture: Packed, _ exact: [Double]) -> Double {
        var sum = 0.0
        for (sample, wanted) in zip(picture.rgb, exact) {
            let difference = Double(sample) - min(255, max(0, wanted))
            sum += difference * difference
        }
        return sum == 0 ? 99 : 10 * log10(255 * 255 * Double(exact.count) / sum)
    }

    private static func weights(from length: Int, to scaled: Int) -> [[(source: Int, weight: Double)]] {
        let factor = Double(length) / Double(scaled)
        let wider = max(1, factor)
        return (0..<scaled).map { place in
            let centre = (Double(place) + 0.5) * factor - 0.5
            let first = Int((centre - 3 * wider).rounded(.up))
            let last = Int((centre + 3 * wider).rounded(.down))
            let raw = (first...last).map { lanczos((Double($0) - centre) / wider) }
            let sum = raw.reduce(0, +)
            return zip(first...last, raw).map { (min(length - 1, max(0, $0)), $1 / sum) }
        }
    }

    private static func lanczos(_ x: Double) -> Double {
        guard abs(x) > 1e-12 else { return 1 }
        guard abs(x) < 3 else { return 0 }
        let angle = Double.pi * x
        return 3 * sin(angle) * sin(angle / 3) / (angle * angle)
    }
}
