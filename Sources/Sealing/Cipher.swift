import CCrypto

/// ChaCha20-Poly1305 under one key (RFC 8439), through libcrypto, which overwrites its copy of the key.
/// Nothing else knows the context, and libcrypto ties none to a thread.
@safe struct Cipher: ~Copyable, @unchecked Sendable {
    static let tagCount = 16
    static let nonceCount = 12

    private let context: OpaquePointer

    init(key: SecretBytes) {
        let context = unsafe EVP_CIPHER_CTX_new()
        let started = unsafe key.withBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), nil, start, nil, 1)
        }
        guard let context = unsafe context, started == 1 else {
            fatalError("libcrypto could not start ChaCha20-Poly1305: out of memory")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Seals the first `count` bytes where they stand, and writes the tag after them.
    /// - Parameter bytes: has room for the tag.
    mutating func seal(_ bytes: UnsafeMutableRawBufferPointer, count: Int, nonce: [UInt8]) {
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let done =
            unsafe bytes.count >= count + Self.tagCount && begin(nonce, sealing: true)
            && run(UnsafeRawBufferPointer(rebasing: bytes[..<count]), into: start)
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagCount), start?.advanced(by: count))
                == 1
        // Going on would hand out bytes that are not sealed.
        guard done else { fatalError("libcrypto could not seal: out of memory") }
    }

    /// Opens what `seal` made into `target`, which holds nothing of worth unless the answer is yes.
    /// - Parameter target: has room for all but the tag.
    mutating func open(
        _ sealed: UnsafeRawBufferPointer, nonce: [UInt8], into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let count = sealed.count - Self.tagCount
        guard count >= 0, target.count >= count else { return false }
        var tag = unsafe [UInt8](sealed[count...])
        return unsafe begin(nonce, sealing: false)
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagCount), &tag) == 1
            && run(
                UnsafeRawBufferPointer(rebasing: sealed[..<count]),
                into: target.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    private func begin(_ nonce: [UInt8], sealing: Bool) -> Bool {
        unsafe EVP_CipherInit_ex(context, nil, nil, nil, nonce, sealing ? 1 : 0) == 1
    }

    private func run(_ source: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<UInt8>?) -> Bool {
        var count: Int32 = 0
        var rest: Int32 = 0
        let start = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
        // libcrypto takes an empty message for the end of it, so it must not see one.
        guard
            unsafe source.isEmpty
                || EVP_CipherUpdate(context, target, &count, start, Int32(clamping: source.count)) == 1
        else { return false }
        return unsafe EVP_CipherFinal_ex(context, target?.advanced(by: Int(count)), &rest) == 1
    }
}
