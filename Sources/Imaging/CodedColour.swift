import Glibc

/// The meaning of colours that a file states in numbers instead of a profile (ITU-T H.273, clauses 8.1 and 8.2).
struct CodedColour: Hashable {
    let primaries: Int
    let transfer: Int

    /// An ICC profile (ICC.1:2022) that says the same; nil where the colours are sRGB or as good as that.
    var profile: [UInt8]? {
        guard let columns = Self.columns[primaries] ?? (Self.isNearSRGB(primaries) ? Self.srgb : nil),
            let curve = curve, primaries == 9 || primaries == 12 || !Self.isNearSRGB(transfer: transfer)
        else { return nil }
        return ColourProfile(columns: columns, curve: curve).bytes
    }

    /// Red, green and blue in XYZ, adapted to the white that profiles are about (D50).
    private static let columns: [Int: [[Double]]] = [
        // BT.2020.
        9: [[0.67348, 0.27904, -0.00194], [0.16566, 0.67535, 0.02998], [0.12505, 0.04561, 0.79686]],
        // Display P3.
        12: [[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]],
    ]
    private static let srgb = [
        [0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410],
    ]

    /// BT.709, and those of television, whose difference nobody sees; also "not said".
    private static func isNearSRGB(_ primaries: Int) -> Bool { [1, 2, 5, 6, 7].contains(primaries) }

    /// The curve of television is shown as that of sRGB everywhere; also "not said".
    private static func isNearSRGB(transfer: Int) -> Bool { [1, 2, 6, 13, 14, 15].contains(transfer) }

    /// Light for a signal of 0 to 1; nil for curves that pictures do not use.
    private var curve: ((Double) -> Double)? {
        switch transfer {
        case _ where Self.isNearSRGB(transfer: transfer):
            { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
        case 4: { pow($0, 2.2) }
        case 5: { pow($0, 2.8) }
        case 8: { $0 }
        case 16: { Self.shown(Self.perceptualQuantizer($0)) }
        case 18: { Self.shown(Self.hybridLogGamma($0)) }
        default: nil
        }
    }

    /// Light of more than white, as much of it as fits: 1 is the white of a printed page, 203 cd/m² (ITU-R BT.2408).
    private static func shown(_ light: Double) -> Double {
        let brightest = 1_000.0 / 203
        return min(light * (1 + light / (brightest * brightest)) / (1 + light), 1)
    }

    /// ITU-R BT.2100, table 4.
    private static func perceptualQuantizer(_ signal: Double) -> Double {
        let root = pow(signal, 1 / 78.84375)
        return 10_000.0 / 203 * pow(max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root), 1 / 0.1593017578125)
    }

    /// ITU-R BT.2100, table 5, on a screen of 1,000 cd/m².
    private static func hybridLogGamma(_ signal: Double) -> Double {
        let scene = signal <= 0.5 ? signal * signal / 3 : (exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
        return 1_000.0 / 203 * pow(scene, 1.2)
    }
}

/// A profile of three primaries and one curve.
private struct ColourProfile {
    let columns: [[Double]]
    let curve: (Double) -> Double

    private static let points = 1_024

    var bytes: [UInt8] {
        let white = [0.9642, 1.0, 0.8249]
        let table =
            Array("curv".utf8) + word(0) + word(Self.points)
            + (0..<Self.points).flatMap { half(Int((curve(Double($0) / Double(Self.points - 1)) * 65_535).rounded())) }
        let places = ([white] + columns).map { Array("XYZ ".utf8) + word(0) + $0.flatMap(fixed) }
        let names = ["wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"]
        let head = 128 + 4 + 12 * names.count
        let data = places.flatMap { $0 } + table
        var index: [UInt8] = word(names.count)
        for (number, name) in names.enumerated() {
            let place = min(number, places.count)
            index += Array(name.utf8) + word(head + 20 * place) + word(number < places.count ? 20 : table.count)
        }
        return header(length: head + data.count, white) + index + data
    }

    private func header(length: Int, _ white: [Double]) -> [UInt8] {
        var header = word(length) + word(0) + [4, 0x40, 0, 0] + Array("mntrRGB XYZ ".utf8)
        header += [UInt8](repeating: 0, count: 12) + Array("acsp".utf8) + [UInt8](repeating: 0, count: 28)
        header += white.flatMap(fixed)
        return header + [UInt8](repeating: 0, count: 128 - header.count)
    }

    private func fixed(_ value: Double) -> [UInt8] { word(Int((value * 65_536).rounded())) }
    private func half(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }
    private func word(_ value: Int) -> [UInt8] { half(value >> 16) + half(value) }
}
