import Glibc

/// Reads of a file that nobody has checked yet: what does not fit is nil.
extension RawSpan {
    func byte(at offset: Int) -> UInt8? {
        guard offset >= 0, offset < byteCount else { return nil }
        return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// A number of `length` bytes, at most 8; nil also where it has no room in an `Int`.
    func number(at offset: Int, length: Int, bigEndian: Bool) -> Int? {
        guard offset >= 0, length >= 0, length <= 8, offset <= byteCount, length <= byteCount - offset else {
            return nil
        }
        var value: UInt64 = 0
        for index in 0..<length {
            let place = bigEndian ? index : length - 1 - index
            value = value << 8 | UInt64(byte(at: offset + place) ?? 0)
        }
        return Int(exactly: value)
    }

    func big16(at offset: Int) -> Int? { number(at: offset, length: 2, bigEndian: true) }
    func big32(at offset: Int) -> Int? { number(at: offset, length: 4, bigEndian: true) }
    func little16(at offset: Int) -> Int? { number(at: offset, length: 2, bigEndian: false) }
    func little24(at offset: Int) -> Int? { number(at: offset, length: 3, bigEndian: false) }
    func little32(at offset: Int) -> Int? { number(at: offset, length: 4, bigEndian: false) }

    /// Whether the ASCII text stands at `offset`.
    func says(_ text: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, offset <= byteCount, text.utf8CodeUnitCount <= byteCount - offset else { return false }
        return unsafe withUnsafeBytes { bytes in
            unsafe bytes[offset...].starts(
                with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
    }

    /// Where the next byte of this value is, from `offset` on.
    func next(_ value: UInt8, from offset: Int) -> Int? {
        guard offset >= 0, offset < byteCount else { return nil }
        return unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress,
                let found = unsafe memchr(start + offset, Int32(value), bytes.count - offset)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - start
        }
    }
}
