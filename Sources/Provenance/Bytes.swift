/// The lowest `length` bytes of a number, highest first.
func big(_ value: Int, _ length: Int) -> [UInt8] { little(value, length).reversed() }

/// The lowest `length` bytes of a number, lowest first.
func little(_ value: Int, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: $0 < 8 ? value >> (8 * $0) : 0) }
}

/// A box of an ISO base media file; nil when its length needs more than 32 bits.
func isoBox(_ name: String, _ content: some Collection<UInt8>) -> [UInt8]? {
    let length = content.count + 8
    return length <= 0xFFFF_FFFF ? big(length, 4) + Array(name.utf8) + content : nil
}
