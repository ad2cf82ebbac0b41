package import Domain

/// The format of a picture by its first bytes; a file's name never decides.
package enum Signature {
    /// The format `bytes` begin with, or nil when they are no JPEG, PNG or WebP.
    package static func format(of bytes: RawSpan) -> PictureFormat? {
        if starts(bytes, with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if starts(bytes, with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if starts(bytes, with: Array("RIFF".utf8)), starts(bytes, at: 8, with: Array("WEBP".utf8)) { return .webp }
        return nil
    }

    /// The format `bytes` begin with, or nil when they are no JPEG, PNG or WebP.
    package static func format(of bytes: [UInt8]) -> PictureFormat? {
        unsafe format(of: bytes.span.bytes)
    }

    /// Whether a WebP stores its (first) picture without loss: its data is in a `VP8L` chunk.
    /// Looks at no more than 64 chunks; RFC 9649, section 2.
    static func isLosslessWebP(_ bytes: RawSpan) -> Bool {
        var place = 12
        for _ in 0..<64 where place + 8 <= bytes.byteCount {
            if starts(bytes, at: place, with: Array("VP8L".utf8)) { return true }
            if starts(bytes, at: place, with: Array("VP8 ".utf8)) { return false }
            if starts(bytes, at: place, with: Array("ANMF".utf8)) {
                // A frame's own chunks follow its 16 bytes of place and time.
                place += 24
                continue
            }
            let length = (0..<4).reduce(0) { $0 | Int(byte(bytes, place + 4 + $1)) << (8 * $1) }
            place += 8 + length + (length & 1)
        }
        return false
    }

    private static func starts(_ bytes: RawSpan, at place: Int = 0, with mark: [UInt8]) -> Bool {
        guard bytes.byteCount >= place + mark.count else { return false }
        return mark.indices.allSatisfy { byte(bytes, place + $0) == mark[$0] }
    }

    private static func byte(_ bytes: RawSpan, _ index: Int) -> UInt8 {
        bytes.unsafeLoadByte(index)
    }
}

extension RawSpan {
    /// One byte; any bit pattern is a byte and the index is checked, so nothing about this load is unsafe.
    fileprivate func unsafeLoadByte(_ index: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}
