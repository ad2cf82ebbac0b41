import Digests

/// One way in which a marker can stand in a file.
package struct Spelling: Sendable, Hashable {
    package enum Encoding: String, Sendable, CaseIterable {
        case raw
        case utf16 = "utf-16"
        case base64
        case hexadecimal
    }

    package let encoding: Encoding
    package let bytes: [UInt8]

    /// Markers that are shorter turn up by chance.
    package static let shortest = 8
    package static let longest = 4096

    /// All spellings of a marker; none for one that is too short or too long to be looked for.
    package static func all(of marker: String) -> [Spelling] {
        let bytes = Array(marker.utf8)
        guard (shortest...longest).contains(bytes.count) else { return [] }
        let digits = hexadecimal(bytes)
        let wide = Array(marker.utf16)
        var found = [Spelling(encoding: .raw, bytes: bytes)]
        found.append(Spelling(encoding: .utf16, bytes: wide.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }))
        found.append(Spelling(encoding: .utf16, bytes: wide.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }))
        for text in [digits, digits.uppercased()] {
            found.append(Spelling(encoding: .hexadecimal, bytes: Array(text.utf8)))
        }
        for lead in 0..<3 {
            found += base64(bytes, after: lead).map { Spelling(encoding: .base64, bytes: $0) }
        }
        var seen: Set<[UInt8]> = []
        return found.filter { seen.insert($0.bytes).inserted }
    }

    /// What is the same in every base64 that holds `bytes` so many bytes after a multiple of three: the characters that no neighbour
    /// has a bit in, in the usual alphabet and in that of addresses (RFC 4648, sections 4 and 5).
    private static func base64(_ bytes: [UInt8], after lead: Int) -> [[UInt8]] {
        let text = Array(Digests.base64([UInt8](repeating: 0, count: lead) + bytes).utf8)
        let bits = 8 * lead
        let own = Array(text[((bits + 5) / 6)..<((bits + 8 * bytes.count) / 6)])
        let other = own.map { code in
            code == UInt8(ascii: "+") ? UInt8(ascii: "-") : code == UInt8(ascii: "/") ? UInt8(ascii: "_") : code
        }
        return [own, other]
    }
}
