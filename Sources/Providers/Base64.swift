/// Base64 of RFC 4648, section 4: strict alphabet, padding required, no white space.
package enum Base64 {
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// The bytes that `text` stands for; nil when it is not base64.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { unsafe decode(Span(_unsafeElements: $0)) }
    }

    private static func decode(_ text: borrowing Swift.Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.count == 0 ? 0 : Self.padding(text)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        for start in stride(from: 0, to: text.count, by: 4) {
            let isLast = start + 4 == text.count
            let kept = isLast ? 4 - padding : 4
            var group: UInt32 = 0
            for offset in 0..<4 {
                let value = offset < kept ? values[Int(text[start + offset])] : 0
                guard value < 64 else { return nil }
                group = group << 6 | UInt32(value)
            }
            // Bits behind the last whole byte must be zero, so that one picture has one text.
            if padding == 1, isLast, group & 0xFF != 0 { return nil }
            if padding == 2, isLast, group & 0xFFFF != 0 { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            if kept > 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
            if kept > 3 { bytes.append(UInt8(truncatingIfNeeded: group)) }
        }
        return bytes
    }

    private static func padding(_ text: borrowing Swift.Span<UInt8>) -> Int {
        let sign = UInt8(ascii: "=")
        guard text[text.count - 1] == sign else { return 0 }
        return text[text.count - 2] == sign ? 2 : 1
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of `bytes`, padded.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if left > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if left > 2 { group |= UInt32(bytes[start + 2]) }
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
        }
        return text
    }
}
