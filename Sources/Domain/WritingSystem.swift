/// The script of a letter, as coarse as the ranges of Unicode blocks make it.
package enum WritingSystem: String, Sendable, CaseIterable {
    case latin, greek, cyrillic, armenian, hebrew, arabic, devanagari, bengali, tamil, thai, georgian, hangul, kana, han
    /// Letters of all others.
    case other
    /// No letter.
    case none

    private static let ranges: [(first: UInt32, last: UInt32, system: WritingSystem)] = [
        (0x0041, 0x024F, .latin), (0x0250, 0x02AF, .latin), (0x0370, 0x03FF, .greek), (0x0400, 0x052F, .cyrillic),
        (0x0530, 0x058F, .armenian), (0x0590, 0x05FF, .hebrew), (0x0600, 0x077F, .arabic), (0x08A0, 0x08FF, .arabic),
        (0x0900, 0x097F, .devanagari), (0x0980, 0x09FF, .bengali), (0x0B80, 0x0BFF, .tamil), (0x0E00, 0x0E7F, .thai),
        (0x10A0, 0x10FF, .georgian), (0x1100, 0x11FF, .hangul), (0x1C80, 0x1C8F, .cyrillic), (0x1E00, 0x1EFF, .latin),
        (0x1F00, 0x1FFF, .greek), (0x2C60, 0x2C7F, .latin), (0x2DE0, 0x2DFF, .cyrillic), (0x3005, 0x3007, .han),
        (0x3040, 0x30FF, .kana), (0x3130, 0x318F, .hangul), (0x31F0, 0x31FF, .kana), (0x3400, 0x4DBF, .han),
        (0x4E00, 0x9FFF, .han), (0xA640, 0xA69F, .cyrillic), (0xA720, 0xA7FF, .latin), (0xA960, 0xA97F, .hangul),
        (0xAC00, 0xD7FF, .hangul), (0xF900, 0xFAFF, .han), (0xFB00, 0xFB06, .latin), (0xFB1D, 0xFB4F, .hebrew),
        (0xFB50, 0xFDFF, .arabic), (0xFE70, 0xFEFF, .arabic), (0xFF21, 0xFF5A, .latin), (0xFF66, 0xFF9D, .kana),
        (0x20000, 0x3FFFF, .han),
    ]

    package init(of scalar: Unicode.Scalar) {
        guard scalar.properties.isAlphabetic else {
            self = .none
            return
        }
        let value = scalar.value
        self = Self.ranges.first { $0.first <= value && value <= $0.last }?.system ?? .other
    }

    /// The script of most letters of a text; `none` where it has none.
    package init(mostOf text: String) {
        var counts: [WritingSystem: Int] = [:]
        for scalar in text.unicodeScalars { counts[WritingSystem(of: scalar), default: 0] += 1 }
        counts[.none] = nil
        // Of equal counts the first one in the order above: the same text gives the same script at any time.
        var most: (system: WritingSystem, count: Int) = (.none, 0)
        for system in Self.allCases {
            if let count = counts[system], count > most.count { most = (system, count) }
        }
        self = most.system
    }
}
