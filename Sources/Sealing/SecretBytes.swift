import CCrypto

/// Bytes of a key: never copied by Swift, overwritten when the last owner lets go.
@safe package final class SecretBytes: Sendable {
    /// Written in `init` only, so that threads may share it.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    package var count: Int { unsafe storage.count }

    /// - Parameter fill: writes all of the `count` bytes, which are zero before.
    init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        unsafe storage = Self.room(count)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe fill(storage)
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        if unsafe CRYPTO_secure_allocated(storage.baseAddress) == 1 {
            unsafe CRYPTO_secure_free(storage.baseAddress, #file, #line)
        } else {
            unsafe storage.deallocate()
        }
    }

    /// Bytes of memory that is locked, kept out of core files, and walled in; where the system gives none, any.
    private static let lockedRoom: Bool = CRYPTO_secure_malloc_init(1 << 20, 32) != 0

    private static func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        guard lockedRoom, let start = unsafe CRYPTO_secure_malloc(count, #file, #line) else {
            return .allocate(byteCount: count, alignment: 16)
        }
        return unsafe UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// `count` bytes from libcrypto's generator for private values.
    static func random(_ count: Int) -> SecretBytes {
        unsafe SecretBytes(count: count) { bytes in
            guard unsafe RAND_priv_bytes(bytes.baseAddress, Int32(clamping: bytes.count)) == 1 else {
                fatalError("the system gave no random bytes")
            }
        }
    }

    /// The bytes, for as long as `body` runs. A copy made of them is not overwritten by anybody.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(storage))
    }
}
