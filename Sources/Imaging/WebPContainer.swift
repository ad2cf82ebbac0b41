/// Takes everything but the picture out of a WebP that libvips has just written. Its saver (8.14) adds an EXIF block of
/// its own to every file, whatever it is told; RFC 9649 says which chunks a picture needs.
enum WebPContainer {
    private static let headLength = 12
    private static let chunkHeadLength = 8
    /// Flags of a `VP8X` chunk that stay: alpha. Profile, EXIF, XMP and animation go.
    private static let alphaFlag: UInt8 = 0x10

    /// Keeps only `VP8X` (where alpha needs it), `ALPH`, `VP8 ` and `VP8L`. Nil when the chunks do not add up.
    static func bare(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= headLength + chunkHeadLength else { return nil }
        var kept: [UInt8] = []
        var extended: [UInt8] = []
        var place = headLength
        while place + chunkHeadLength <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[place + 4 + $1]) << (8 * $1) }
            let end = place + chunkHeadLength + length + (length & 1)
            guard end <= bytes.count else { return nil }
            switch String(decoding: bytes[place..<place + 4], as: UTF8.self) {
            case "VP8X" where length == 10: extended = Array(bytes[place..<end])
            case "ALPH", "VP8 ", "VP8L": kept += bytes[place..<end]
            default: break
            }
            place = end
        }
        guard !kept.isEmpty else { return nil }
        if kept.starts(with: Array("ALPH".utf8)) {
            guard !extended.isEmpty else { return nil }
            extended[chunkHeadLength] = alphaFlag
            kept = extended + kept
        }
        let length = kept.count + 4
        return Array("RIFF".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array("WEBP".utf8)
            + kept
    }
}
