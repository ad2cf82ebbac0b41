/// Number and place of a chunk, which its seal covers: chunks cannot be dropped, swapped or taken for the last one
/// (the STREAM construction, c2sp.org/age).
struct ChunkNonce {
    /// Bytes of a chunk before sealing; only the last may have fewer.
    static let chunkCount = 64 * 1024
    static let sealedCount = chunkCount + Cipher.tagCount

    private(set) var number: UInt64 = 0

    /// Eleven bytes of number, one that tells the last.
    func bytes(last: Bool) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Cipher.nonceCount)
        for place in 0..<8 { bytes[10 - place] = UInt8(truncatingIfNeeded: number >> UInt64(8 * place)) }
        bytes[11] = last ? 1 : 0
        return bytes
    }

    mutating func advance() { number &+= 1 }
}
