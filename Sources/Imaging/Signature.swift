import Inspection

/// What the first bytes of a picture say; a file's name never decides.
enum Signature {
    /// The kind of file `bytes` begin like, or nil when they are no picture known here.
    static func container(of bytes: RawSpan) -> Container? {
        // As many as the longest list of brands that is looked at.
        identify((0..<min(512, bytes.byteCount)).compactMap { bytes.byte(at: $0) })
    }

    /// Whether a WebP stores its (first) picture without loss: its data is in a `VP8L` chunk.
    /// Looks at no more than 64 chunks; RFC 9649, section 2.
    static func isLosslessWebP(_ bytes: RawSpan) -> Bool {
        var place = 12
        for _ in 0..<64 {
            if bytes.says("VP8L", at: place) { return true }
            if bytes.says("VP8 ", at: place) { return false }
            if bytes.says("ANMF", at: place) {
                // A frame's own chunks follow its 16 bytes of place and time.
                place += 24
                continue
            }
            guard let length = bytes.little32(at: place + 4) else { return false }
            place += 8 + length + length & 1
        }
        return false
    }
}
