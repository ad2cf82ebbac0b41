import CCrypto

/// Base64 of RFC 4648, section 4, padded.
package func base64(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = unsafe EVP_EncodeBlock(&text, bytes, Int32(clamping: bytes.count))
    return String(decoding: text[..<Int(count)], as: UTF8.self)
}

/// The bytes that padded base64 stands for; nil for any other spelling than `base64` gives.
package func bytes(base64 text: String) -> [UInt8]? {
    let code = Array(text.utf8)
    guard code.count % 4 == 0, code.count <= 1 << 24 else { return nil }
    var decoded = [UInt8](repeating: 0, count: code.count / 4 * 3)
    // It counts what the padding stands for as zeros.
    guard unsafe EVP_DecodeBlock(&decoded, code, Int32(code.count)) == decoded.count else {
        ERR_clear_error()
        return nil
    }
    decoded.removeLast(min(decoded.count, code.suffix(2).filter { $0 == UInt8(ascii: "=") }.count))
    return base64(decoded) == text ? decoded : nil
}

/// The bytes that lower-case hexadecimal digits stand for; nil for anything else.
package func bytes(hexadecimal text: String) -> [UInt8]? {
    func digit(_ code: UInt8) -> UInt8? {
        switch code {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): code - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): code - UInt8(ascii: "a") + 10
        default: nil
        }
    }
    let code = Array(text.utf8)
    guard code.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: code.count, by: 2) {
        guard let high = digit(code[start]), let low = digit(code[start + 1]) else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}
