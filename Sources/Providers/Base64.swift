import CBase64

/// Base64 of RFC 4648, section 4: strict alphabet, padding required, no white space.
package enum Base64 {
    /// The bytes that `text` stands for; nil when it is not base64.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { text in
            guard let start = text.baseAddress, text.count % 4 == 0 else { return text.isEmpty ? [] : nil }
            // A quote or a backslash mean something to the reader of strings, and nothing here.
            guard unsafe !text.contains(UInt8(ascii: "\"")), unsafe !text.contains(UInt8(ascii: "\\")) else {
                return nil
            }
            var string = b64_string()
            var (taken, written) = (0, 0)
            let room = text.count / 4 * 3 + 3 + Int(B64_SLACK)
            var isWhole = false
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
                guard let out = buffer.baseAddress else { return }
                let end = unsafe b64_take(&string, start, text.count, &taken, out, &written)
                isWhole = end == B64_MORE && string.holding == 0
                filled = isWhole ? written : 0
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
