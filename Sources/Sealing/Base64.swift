import CBase64

/// The standard alphabet without padding, in its one canonical spelling (RFC 4648, section 4).
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4)
        unsafe b64_encode(bytes, bytes.count, &text)
        return Array(text[..<((bytes.count * 4 + 2) / 3)])
    }

    /// Nil for a character outside the alphabet, for padding, and where bits are left over that are not zero.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var padded = Array(text)
        // What means something to the reader of JSON's strings, and the padding itself, mean nothing here.
        let others = [UInt8(ascii: "="), UInt8(ascii: "\\"), UInt8(ascii: "\"")]
        guard padded.count % 4 != 1, !padded.contains(where: others.contains) else { return nil }
        while padded.count % 4 != 0 { padded.append(UInt8(ascii: "=")) }
        var string = b64_string()
        var bytes = [UInt8](repeating: 0, count: padded.count / 4 * 3 + 3 + Int(B64_SLACK))
        var (taken, written) = (0, 0)
        guard unsafe b64_take(&string, padded, padded.count, &taken, &bytes, &written) == B64_MORE else { return nil }
        return Array(bytes[..<written])
    }
}
