/// Whom a file is sealed to: an X25519 public key, which may be known to anybody.
package struct Recipient: Sendable, Hashable, CustomStringConvertible {
    private static let prefix = Array("age".utf8)

    let point: [UInt8]

    init(point: [UInt8]) {
        self.point = point
    }

    /// Reads `age1…` (Bech32, lower case).
    package init(_ text: String) throws(SealingError) {
        let key = unsafe Array(text.utf8).withUnsafeBytes { unsafe Bech32.decode($0, prefix: Self.prefix) }
        guard let key else { throw .notARecipient }
        point = unsafe key.withBytes { unsafe [UInt8]($0) }
    }

    /// `age1…`, as the `age` tool takes it.
    package var description: String {
        let key = unsafe SecretBytes(count: point.count) { unsafe $0.copyBytes(from: point) }
        return unsafe Bech32.encode(key, prefix: Self.prefix).withBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
