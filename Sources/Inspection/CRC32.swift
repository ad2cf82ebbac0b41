/// The checksum of PNG chunks (ISO 3309, PNG 3 annex D), eight bytes a step.
package enum CRC32 {
    /// Eight tables of 256: the n-th says what a byte does to the sum when n more bytes follow in the same step.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
            tables[index] = value
        }
        for index in 256..<8 * 256 {
            let value = tables[index - 256]
            tables[index] = tables[Int(value & 0xFF)] ^ (value >> 8)
        }
        return tables
    }()

    /// The sum over all of `bytes`, as PNG writes it.
    package static func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
        let tables = tables
        var value: UInt32 = 0xFFFF_FFFF
        var at = bytes.startIndex
        while bytes.endIndex - at >= 8 {
            let low = value ^ word(bytes, at)
            let high = word(bytes, at + 4)
            value = tables[7 << 8 | Int(low & 0xFF)] ^ tables[6 << 8 | Int(low >> 8 & 0xFF)]
            value ^= tables[5 << 8 | Int(low >> 16 & 0xFF)] ^ tables[4 << 8 | Int(low >> 24)]
            value ^= tables[3 << 8 | Int(high & 0xFF)] ^ tables[2 << 8 | Int(high >> 8 & 0xFF)]
            value ^= tables[1 << 8 | Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
            at += 8
        }
        for byte in bytes[at...] { value = tables[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8) }
        return value ^ 0xFFFF_FFFF
    }

    private static func word(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
        UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
    }
}
