import Domain
import Foundation
import Imaging

/// Lanczos3 as its formula says it, in 64-bit floats: kernel cut off at the borders, what is left of it made one again.
enum LanczosReference {
    /// Red, green and blue as they would be without rounding, cut off at 0 and 255.
    static func resampled(_ picture: Pixels, to size: PixelSize) -> [Double] {
        let columns = weights(picture.size.width, size.width)
        let rows = weights(picture.size.height, size.height)
        var across = [Double](repeating: 0, count: size.width * picture.size.height * 3)
        for y in 0..<picture.size.height {
            for (x, kernel) in columns.enumerated() {
                for (place, weight) in kernel {
                    for colour in 0..<3 {
                        across[(y * size.width + x) * 3 + colour] +=
                            weight * Double(picture.rgb[(y * picture.size.width + place) * 3 + colour])
                    }
                }
            }
        }
        var made = [Double](repeating: 0, count: size.pixels * 3)
        let row = size.width * 3
        for (y, kernel) in rows.enumerated() {
            for (place, weight) in kernel {
                for sample in 0..<row { made[y * row + sample] += weight * across[place * row + sample] }
            }
        }
        return made.map { min(max($0, 0), 255) }
    }

    private static func weights(_ length: Int, _ scaled: Int) -> [[(place: Int, weight: Double)]] {
        let ratio = Double(length) / Double(scaled)
        let stretch = max(ratio, 1)
        return (0..<scaled).map { index in
            let centre = (Double(index) + 0.5) * ratio - 0.5
            let reach = Int(3 * stretch) + 2
            let places = max(0, Int(centre) - reach)...min(length - 1, Int(centre) + reach)
            let taps = places.map { (place: $0, weight: lanczos((Double($0) - centre) / stretch)) }
            let sum = taps.reduce(0) { $0 + $1.weight }
            return taps.filter { $0.weight != 0 }.map { ($0.place, $0.weight / sum) }
        }
    }

    private static func lanczos(_ x: Double) -> Double {
        guard x != 0 else { return 1 }
        guard abs(x) < 3 else { return 0 }
        return 3 * sin(.pi * x) * sin(.pi * x / 3) / (.pi * .pi * x * x)
    }
}

extension Pixels {
    /// Peak signal-to-noise ratio in decibels.
    func decibels(against reference: [Double]) -> Double {
        guard rgb.count == reference.count, !rgb.isEmpty else { return 0 }
        let error = zip(rgb, reference).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
        return 10 * log10(255 * 255 * Double(rgb.count) / max(error, .leastNormalMagnitude))
    }

    /// Soft shapes with sharp edges and a little noise, in three colours that differ.
    static func scene(_ size: PixelSize) -> Pixels {
        let grain = noise(size)
        var rgb = grain.rgb.map { Int($0) % 13 }
        for y in 0..<size.height {
            for x in 0..<size.width {
                let (across, down) = (Double(x), Double(y))
                let base = (y * size.width + x) * 3
                rgb[base] += Int(120 + 90 * sin(across / 7 + down / 11))
                rgb[base + 1] += (x / 9 + y / 5) % 2 == 0 ? 40 : 190
                rgb[base + 2] += Int(120 + 110 * sin(across * down / 90))
            }
        }
        return Pixels(size: size, rgb: rgb.map { UInt8(min(max($0, 0), 255)) })
    }
}
