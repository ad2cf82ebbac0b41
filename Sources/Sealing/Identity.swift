/// A key pair that opens what was sealed to its recipient. The secret half is overwritten when the last copy of the
/// value goes, and with it every file that was sealed to it alone.
package struct Identity: Sendable {
    private static let prefix = Array("AGE-SECRET-KEY-".utf8)

    /// Whom to seal to.
    package let recipient: Recipient
    let secret: SecretBytes

    /// A new key pair: one for each job whose files have to end together.
    package init() {
        self.init(secret: SecretBytes.random(Curve.keyCount))
    }

    private init(secret: SecretBytes) {
        self.secret = secret
        recipient = Recipient(point: Curve.publicKey(of: secret))
    }

    /// Reads `AGE-SECRET-KEY-1…` (Bech32, upper case) without a line end. The caller's copy is the caller's to overwrite.
    package init(text: RawSpan) throws(SealingError) {
        let secret = unsafe text.withUnsafeBytes { unsafe Bech32.decode($0, prefix: Self.prefix) }
        guard let secret else { throw .notAnIdentity }
        self.init(secret: secret)
    }

    /// `AGE-SECRET-KEY-1…`, 74 characters without a line end, as the `age` tool takes it in a file of keys.
    package func text() -> SecretBytes {
        Bech32.encode(secret, prefix: Self.prefix)
    }
}
