import Domain
import Inspection

/// What the first bytes of a picture say; a file's name never decides.
enum Signature {
    /// The format `bytes` begin with, or nil when they are no JPEG, PNG or WebP.
    static func format(of bytes: RawSpan) -> PictureFormat? {
        identify((0..<min(64, bytes.byteCount)).map { byte(bytes, $0) })?.format
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
