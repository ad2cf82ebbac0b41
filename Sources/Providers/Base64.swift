import CBase64

/// Base64 of RFC 4648.
package enum Base64 {
    /// The bytes that `text` stands for in the strict form of section 4: padding required, no white space; nil when it is not that.
    package static func decode(_ text: String) -> [UInt8]? {
        text.utf8.count % 4 == 0 ? decode(text, string: b64_string()) : nil
    }

    /// The same as a careless service may write it: behind `data:…;base64,`, with line breaks, in the alphabet of URLs, without
    /// padding.
    package static func decodeWrapped(_ text: String) -> [UInt8]? {
        var string = b64_string()
        string.unwraps = 1
        guard text.hasPrefix("data:") else { return decode(text, string: string) }
        guard let comma = text.firstIndex(of: ","), text[..<comma].hasSuffix(";base64") else { return nil }
        return decode(String(text[text.index(after: comma)...]), string: string)
    }

    private static func decode(_ text: String, string: b64_string) -> [UInt8]? {
        var (text, string) = (text, string)
        return text.withUTF8 { text in
            guard let start = text.baseAddress else { return [] }
            // A quote or a backslash mean something to the reader of strings, and nothing here.
            guard unsafe !text.contains(UInt8(ascii: "\"")), unsafe !text.contains(UInt8(ascii: "\\")) else {
                return nil
            }
            var (taken, written, more) = (0, 0, 0)
            let room = (text.count / 4 + 2) * 3 + 3 + Int(B64_SLACK)
            var isWhole = false
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
                guard let out = buffer.baseAddress else { return }
                let end = unsafe b64_take(&string, start, text.count, &taken, out, &written)
                isWhole = unsafe end == B64_MORE && b64_close(&string, out + written, &more) == B64_CLOSED
                filled = isWhole ? written + more : 0
            }
            return isWhole ? bytes : nil
        }
    }

    /// The text of `bytes`, padded.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let count = (bytes.count + 2) / 3 * 4
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let out = buffer.baseAddress { unsafe b64_encode(bytes, bytes.count, out) }
            filled = count
        }
    }
}
