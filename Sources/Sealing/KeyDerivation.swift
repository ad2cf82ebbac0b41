import CCrypto

/// HKDF-SHA-256 for one block of 32 bytes (RFC 5869): all that age asks of it.
enum KeyDerivation {
    static func derive(from secret: SecretBytes, salt: [UInt8], purpose: String) -> SecretBytes {
        let extracted = unsafe SecretBytes(count: 32) { target in
            unsafe secret.withBytes { unsafe code(key: $0, over: salt, keyIsMessage: true, into: target) }
        }
        return unsafe SecretBytes(count: 32) { target in
            unsafe extracted.withBytes {
                unsafe code(key: $0, over: Array(purpose.utf8) + [1], keyIsMessage: false, into: target)
            }
        }
    }

    /// HMAC-SHA-256 of a message under a derived key.
    static func code(of message: [UInt8], key: SecretBytes) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        unsafe code.withUnsafeMutableBytes { target in
            unsafe key.withBytes { unsafe self.code(key: $0, over: message, keyIsMessage: false, into: target) }
        }
        return code
    }

    /// - Parameter keyIsMessage: the first step of HKDF takes the public salt as key and the secret as message.
    private static func code(
        key: UnsafeRawBufferPointer, over bytes: [UInt8], keyIsMessage: Bool, into target: UnsafeMutableRawBufferPointer
    ) {
        let result = unsafe bytes.withUnsafeBytes { bytes in
            let (key, message) = unsafe keyIsMessage ? (bytes, key) : (key, bytes)
            return unsafe HMAC(
                EVP_sha256(), key.baseAddress, Int32(clamping: key.count),
                message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count,
                target.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
        }
        guard unsafe result != nil else { fatalError("libcrypto could not make an HMAC: out of memory") }
    }
}
