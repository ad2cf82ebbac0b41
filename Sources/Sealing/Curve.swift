import CCrypto

/// X25519 (RFC 7748), through libcrypto.
enum Curve {
    static let keyCount = 32

    /// The public half of a secret key.
    static func publicKey(of secret: SecretBytes) -> [UInt8] {
        let pair = KeyHandle(secret: secret)
        var key = [UInt8](repeating: 0, count: keyCount)
        var count = keyCount
        guard unsafe EVP_PKEY_get_raw_public_key(pair.handle, &key, &count) == 1, count == keyCount else {
            fatalError("libcrypto could not make a public key: out of memory")
        }
        return key
    }

    /// What the two key pairs share; nil where that is zero, which every secret key shares with a few weak points.
    static func shared(_ secret: SecretBytes, with point: [UInt8]) -> SecretBytes? {
        let own = KeyHandle(secret: secret)
        let other = KeyHandle(point: point)
        guard let context = unsafe EVP_PKEY_CTX_new(own.handle, nil) else {
            fatalError("libcrypto could not begin X25519: out of memory")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_derive_init(context) == 1, unsafe EVP_PKEY_derive_set_peer(context, other.handle) == 1
        else { return refused() }
        var made = false
        let shared = unsafe SecretBytes(count: keyCount) { bytes in
            var count = bytes.count
            let target = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            // libcrypto refuses a result of zeros itself; that it does is tested.
            made = unsafe EVP_PKEY_derive(context, target, &count) == 1 && count == keyCount
        }
        return made ? shared : refused()
    }

    /// The point was told to be weak, and TLS on this thread shall not stumble over that.
    private static func refused() -> SecretBytes? {
        ERR_clear_error()
        return nil
    }

    /// A key as libcrypto holds it.
    @safe private struct KeyHandle: ~Copyable {
        let handle: OpaquePointer

        init(secret: SecretBytes) {
            let handle = unsafe secret.withBytes { bytes in
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return unsafe EVP_PKEY_new_raw_private_key(NID_X25519, nil, start, bytes.count)
            }
            guard let handle = unsafe handle else { fatalError("libcrypto could not take a key: out of memory") }
            unsafe self.handle = handle
        }

        init(point: [UInt8]) {
            guard let handle = unsafe EVP_PKEY_new_raw_public_key(NID_X25519, nil, point, point.count) else {
                fatalError("libcrypto could not take a key: out of memory")
            }
            unsafe self.handle = handle
        }

        deinit { unsafe EVP_PKEY_free(handle) }
    }
}
