import Glibc
import Inspection

/// Tells by its content whether an ICC profile says what a picture without one means anyway: sRGB.
///
/// Only a matrix profile with sRGB's primaries and sRGB's curve passes; a profile that has tables for rendering, or anything
/// unusual, does not. ICC.1:2010, IEC 61966-2-1.
enum SRGBProfile {
    /// X, Y, Z of red, green and blue, adapted to D50.
    private static let primaries: [(name: String, xyz: [Double])] = [
        ("rXYZ", [0.43607, 0.22249, 0.01392]), ("gXYZ", [0.38515, 0.71687, 0.09708]),
        ("bXYZ", [0.14307, 0.06061, 0.71410]),
    ]
    private static let curves = ["rTRC", "gTRC", "bTRC"]
    /// Intents that go through tables: then the matrix is not what decoders use.
    private static let tables: Set<String> = ["A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2", "D2B3"]

    static func matches(_ bytes: [UInt8]) -> Bool {
        let profile = ByteView(bytes)
        guard profile.matches("acsp", at: 36), profile.matches("RGB ", at: 16), profile.matches("XYZ ", at: 20),
            profile.matches("mntr", at: 12), let tags = tags(of: profile), tables.isDisjoint(with: tags.keys)
        else { return false }
        return primaries.allSatisfy { name, xyz in tags[name].map { isNear($0, xyz) } ?? false }
            && curves.allSatisfy { name in tags[name].flatMap(curve).map(isSRGB) ?? false }
    }

    private static func tags(of profile: ByteView) -> [String: ByteView]? {
        guard let count = profile.big32(at: 128), count <= 100 else { return nil }
        var tags: [String: ByteView] = [:]
        for index in 0..<count {
            let at = 132 + 12 * index
            guard let name = profile.fourCharacters(at: at), let offset = profile.big32(at: at + 4),
                let length = profile.big32(at: at + 8), let data = profile.part(at: offset, length: length)
            else { return nil }
            tags[name] = data
        }
        return tags
    }

    private static func isNear(_ data: ByteView, _ xyz: [Double]) -> Bool {
        guard data.matches("XYZ ", at: 0) else { return false }
        return xyz.indices.allSatisfy { index in
            fixed(data, 8 + 4 * index).map { abs($0 - xyz[index]) < 0.001 } ?? false
        }
    }

    /// A number of 16 bits and 16 bits of fraction, in two's complement.
    private static func fixed(_ data: ByteView, _ offset: Int) -> Double? {
        data.big32(at: offset).map { Double(Int32(truncatingIfNeeded: $0)) / 65536 }
    }

    /// From code value to light, both 0 to 1; nil for kinds of curve that no sRGB profile has.
    private static func curve(_ data: ByteView) -> ((Double) -> Double)? {
        if data.matches("curv", at: 0), let count = data.big32(at: 8), count >= 256, count <= 65536,
            data.part(at: 12, length: 2 * count) != nil
        {
            return { value in
                let place = value * Double(count - 1)
                let below = min(Int(place), count - 2)
                let low = Double(data.big16(at: 12 + 2 * below) ?? 0)
                let high = Double(data.big16(at: 14 + 2 * below) ?? 0)
                return (low + (high - low) * (place - Double(below))) / 65535
            }
        }
        // Type 3: Y = (aX + b)^g from d on, cX below.
        guard data.matches("para", at: 0), data.big16(at: 8) == 3, let g = fixed(data, 12), let a = fixed(data, 16),
            let b = fixed(data, 20), let c = fixed(data, 24), let d = fixed(data, 28)
        else { return nil }
        return { value in value >= d ? pow(max(a * value + b, 0), g) : c * value }
    }

    /// Whether all 256 codes of a sample come out nearer to themselves than to their neighbours.
    private static func isSRGB(_ curve: (Double) -> Double) -> Bool {
        (0...255).allSatisfy { code in
            let light = min(max(curve(Double(code) / 255), 0), 1)
            let value = light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055
            return abs(value * 255 - Double(code)) < 0.5
        }
    }
}
