import Glibc

/// A bounded window on bytes from outside: every read is checked, and one that does not fit is nil.
package struct ByteView: Sendable {
    private let bytes: [UInt8]
    /// Where the window begins in the whole file.
    package let start: Int
    /// Length of the window in bytes.
    package let count: Int

    /// A window on all of `bytes`.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        start = 0
        count = bytes.count
    }

    private init(_ bytes: [UInt8], start: Int, count: Int) {
        self.bytes = bytes
        self.start = start
        self.count = count
    }

    /// The window of `length` bytes at `offset` of this one; nil where it would reach outside.
    package func part(at offset: Int, length: Int) -> ByteView? {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
        return ByteView(bytes, start: start + offset, count: length)
    }

    /// The window from `offset` to the end; empty when `offset` lies behind it.
    package func rest(from offset: Int) -> ByteView {
        let from = min(max(offset, 0), count)
        return ByteView(bytes, start: start + from, count: count - from)
    }

    /// The byte at `offset` of the window; nil outside.
    package subscript(offset: Int) -> UInt8? {
        offset >= 0 && offset < count ? bytes[start + offset] : nil
    }

    /// The bytes themselves, with indices of the whole file.
    package var slice: ArraySlice<UInt8> { bytes[start..<start + count] }

    /// A big-endian number of two bytes; nil where it does not fit.
    package func big16(at offset: Int) -> Int? { number(at: offset, length: 2, bigEndian: true) }
    /// A big-endian number of four bytes; nil where it does not fit.
    package func big32(at offset: Int) -> Int? { number(at: offset, length: 4, bigEndian: true) }
    /// A little-endian number of two bytes; nil where it does not fit.
    package func little16(at offset: Int) -> Int? { number(at: offset, length: 2, bigEndian: false) }
    /// A little-endian number of three bytes; nil where it does not fit.
    package func little24(at offset: Int) -> Int? { number(at: offset, length: 3, bigEndian: false) }
    /// A little-endian number of four bytes; nil where it does not fit.
    package func little32(at offset: Int) -> Int? { number(at: offset, length: 4, bigEndian: false) }

    /// A big-endian number of eight bytes; nil where it does not fit, and above 2^63 - 1.
    package func big64(at offset: Int) -> Int? { number(at: offset, length: 8, bigEndian: true) }

    /// An unsigned number of one to eight bytes; nil where it does not fit, and above 2^63 - 1.
    package func number(at offset: Int, length: Int, bigEndian: Bool) -> Int? {
        guard offset >= 0, length > 0, length <= 8, offset <= count, length <= count - offset else { return nil }
        var value: UInt64 = 0
        for index in 0..<length {
            value = value << 8 | UInt64(bytes[start + offset + (bigEndian ? index : length - 1 - index)])
        }
        return Int(exactly: value)
    }

    /// Four printable ASCII characters, as chunks and boxes are named; nil for anything else.
    package func fourCharacters(at offset: Int) -> String? {
        guard let part = part(at: offset, length: 4), part.slice.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return String(decoding: part.slice, as: UTF8.self)
    }

    /// Whether the bytes at `offset` are those wanted.
    package func matches(_ wanted: [UInt8], at offset: Int) -> Bool {
        part(at: offset, length: wanted.count)?.slice.elementsEqual(wanted) ?? false
    }

    /// Whether the bytes at `offset` are the wanted ASCII text.
    package func matches(_ wanted: String, at offset: Int) -> Bool {
        part(at: offset, length: wanted.utf8.count)?.slice.elementsEqual(wanted.utf8) ?? false
    }

    /// Offset of the first `byte` at or after `offset`; by the C library, which looks at many bytes in one step.
    package func firstIndex(of byte: UInt8, from offset: Int) -> Int? {
        let from = max(offset, 0)
        guard from < count else { return nil }
        return unsafe bytes.withUnsafeBytes { whole -> Int? in
            guard let base = whole.baseAddress,
                let found = unsafe memchr(base + start + from, Int32(byte), count - from)
            else { return nil }
            return unsafe base.distance(to: UnsafeRawPointer(found)) - start
        }
    }

    /// Offset of the first place at or after `offset` where `wanted` stands.
    package func firstIndex(of wanted: String, from offset: Int) -> Int? {
        guard let first = wanted.utf8.first else { return nil }
        var from = offset
        while let found = firstIndex(of: first, from: from) {
            if matches(wanted, at: found) { return found }
            from = found + 1
        }
        return nil
    }

    /// Whether nothing but zeros stands in the window.
    package var isZero: Bool { slice.allSatisfy { $0 == 0 } }
}
