/// Gathers a header that comes in pieces, and finds its end.
struct HeaderCollector {
    /// Longest header that is read: some 650 X25519 recipients.
    static let limit = 64 * 1024

    private(set) var bytes: [UInt8] = []
    private var lineStart = 0
    /// The line with the code is there, with its end.
    private(set) var isWhole = false

    /// Takes what belongs to the header, and tells how many bytes that were.
    mutating func take(_ piece: UnsafeRawBufferPointer) throws(SealingError) -> Int {
        var taken = 0
        while !isWhole, taken < piece.count {
            try add(unsafe piece[taken])
            taken += 1
        }
        return taken
    }

    private mutating func add(_ byte: UInt8) throws(SealingError) {
        // What is no sealed file shall not be gathered up to the limit first.
        guard bytes.count >= Header.version.count || byte == Header.version[bytes.count] else { throw .notSealed }
        guard bytes.count < Self.limit else { throw .headerTooLarge(limit: Self.limit) }
        bytes.append(byte)
        guard byte == 10 else { return }
        isWhole = bytes[lineStart...].starts(with: Header.ending)
        lineStart = bytes.count
    }
}
