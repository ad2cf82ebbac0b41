/// Keys of 32 bytes as text with a checksum (Bech32, BIP 173). Works on bytes that are overwritten: it spells secrets.
enum Bech32 {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let separator = UInt8(ascii: "1")
    /// 256 bits by fives, and the checksum.
    private static let characters = 52
    private static let checksumCharacters = 6

    /// - Parameter prefix: all lower or all upper case; the text is written in the same.
    static func encode(_ key: SecretBytes, prefix: [UInt8]) -> SecretBytes {
        let upper = prefix.contains { isUpper($0) }
        return unsafe SecretBytes(count: prefix.count + 1 + characters + checksumCharacters) { text in
            var checksum = Checksum(prefix: prefix)
            var end = 0
            func put(_ character: UInt8) {
                unsafe text[end] = character
                end += 1
            }
            func put(value: UInt8) {
                let character = alphabet[Int(value & 31)]
                put(upper ? upperCased(character) : character)
            }
            prefix.forEach { put($0) }
            put(separator)
            unsafe key.withBytes { bytes in
                for index in 0..<characters {
                    let value = unsafe fifth(index, of: bytes)
                    checksum.add(value)
                    put(value: value)
                }
            }
            checksum.close().forEach { put(value: $0) }
        }
    }

    /// Nil for another prefix or case, another length, a wrong checksum, and bits left over that are not zero.
    static func decode(_ text: UnsafeRawBufferPointer, prefix: [UInt8]) -> SecretBytes? {
        let head = prefix.count + 1
        let upper = prefix.contains { isUpper($0) }
        guard text.count == head + characters + checksumCharacters,
            unsafe text.prefix(prefix.count).elementsEqual(prefix),
            unsafe text[prefix.count] == separator
        else { return nil }
        var checksum = Checksum(prefix: prefix)
        var valid = true
        let key = unsafe SecretBytes(count: 32) { bytes in
            var bits: UInt32 = 0
            for index in 0..<characters + checksumCharacters {
                guard let value = unsafe value(of: text[head + index], upper: upper) else {
                    valid = false
                    return
                }
                checksum.add(value)
                guard index < characters else { continue }
                bits = bits << 5 | UInt32(value)
                let end = (index + 1) * 5
                // Whenever this character completed a byte, the byte stands above the bits that are left over.
                if end % 8 < 5, end / 8 > 0, end / 8 <= 32 {
                    unsafe bytes[end / 8 - 1] = UInt8(truncatingIfNeeded: bits >> UInt32(end % 8))
                }
            }
            valid = bits & 15 == 0 && checksum.isRight
        }
        return valid ? key : nil
    }

    private static func isUpper(_ character: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(character)
    }

    private static func upperCased(_ character: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character) ? character - 32 : character
    }

    private static func value(of character: UInt8, upper: Bool) -> UInt8? {
        if upper ? (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character) : isUpper(character) { return nil }
        let lower = isUpper(character) ? character + 32 : character
        return alphabet.firstIndex(of: lower).map { UInt8(truncatingIfNeeded: $0) }
    }

    /// The five bits that begin at bit `index * 5`; bits after the end are zero.
    private static func fifth(_ index: Int, of bytes: UnsafeRawBufferPointer) -> UInt8 {
        let (byte, bit) = (index * 5).quotientAndRemainder(dividingBy: 8)
        let next = unsafe byte + 1 < bytes.count ? bytes[byte + 1] : 0
        let pair = unsafe UInt16(bytes[byte]) << 8 | UInt16(next)
        return UInt8(truncatingIfNeeded: pair >> UInt16(11 - bit)) & 31
    }

    /// The remainder that BIP 173 calls polymod.
    private struct Checksum {
        private static let generators: [UInt32] = [
            0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3,
        ]
        private var remainder: UInt32 = 1

        init(prefix: [UInt8]) {
            let lower = prefix.map { Bech32.isUpper($0) ? $0 + 32 : $0 }
            lower.forEach { add($0 >> 5) }
            add(0)
            lower.forEach { add($0 & 31) }
        }

        mutating func add(_ value: UInt8) {
            let top = remainder >> 25
            remainder = (remainder & 0x1FF_FFFF) << 5 ^ UInt32(value)
            for (bit, generator) in Self.generators.enumerated()
            where top >> UInt32(bit) & 1 == 1 {
                remainder ^= generator
            }
        }

        /// After text and checksum.
        var isRight: Bool { remainder == 1 }

        /// The six values that make it right.
        mutating func close() -> [UInt8] {
            for _ in 0..<checksumCharacters { add(0) }
            let sum = remainder ^ 1
            return (0..<UInt32(checksumCharacters)).map { UInt8(truncatingIfNeeded: sum >> (5 * (5 - $0)) & 31) }
        }
    }
}
