/// The key of one file, 16 random bytes, and how each recipient gets at it.
enum FileKey {
    static let count = 16
    private static let purpose = "age-encryption.org/v1/X25519"
    private static let wrapNonce = [UInt8](repeating: 0, count: Cipher.nonceCount)

    /// The file key sealed to one recipient, by a key pair that is used this once.
    static func wrap(_ fileKey: SecretBytes, to recipient: Recipient) throws(SealingError) -> Stanza {
        let once = Identity()
        let share = once.recipient.point
        guard let shared = Curve.shared(once.secret, with: recipient.point) else { throw .weakRecipient }
        var cipher = Cipher(key: KeyDerivation.derive(from: shared, salt: share + recipient.point, purpose: purpose))
        var body = [UInt8](repeating: 0, count: count + Cipher.tagCount)
        unsafe body.withUnsafeMutableBytes { body in
            unsafe fileKey.withBytes { unsafe body.copyMemory(from: $0) }
            unsafe cipher.seal(body, count: count, nonce: wrapNonce)
        }
        return Stanza(arguments: [Stanza.x25519, Base64.encode(share)], body: body)
    }

    /// The file key, by the first identity that one of the stanzas is for. Stanzas of other kinds are passed over.
    static func unwrap(_ header: Header, with identities: [Identity]) throws(SealingError) -> SecretBytes {
        var shares: [(share: [UInt8], body: [UInt8])] = []
        for stanza in header.stanzas where stanza.kind == Stanza.x25519 {
            guard stanza.arguments.count == 2, let share = Base64.decode(stanza.arguments[1]),
                share.count == Curve.keyCount, stanza.body.count == count + Cipher.tagCount
            else { throw .damagedHeader(.share) }
            shares.append((share, stanza.body))
        }
        for identity in identities {
            for (share, body) in shares {
                if let fileKey = try open(body, share: share, with: identity) { return fileKey }
            }
        }
        throw .noSuchRecipient
    }

    private static func open(
        _ body: [UInt8], share: [UInt8], with identity: Identity
    ) throws(SealingError) -> SecretBytes? {
        guard let shared = Curve.shared(identity.secret, with: share) else { throw .damagedHeader(.weakShare) }
        let salt = share + identity.recipient.point
        var cipher = Cipher(key: KeyDerivation.derive(from: shared, salt: salt, purpose: purpose))
        var isOpen = false
        let fileKey = unsafe SecretBytes(count: count) { target in
            isOpen = unsafe body.withUnsafeBytes { unsafe cipher.open($0, nonce: wrapNonce, into: target) }
        }
        return isOpen ? fileKey : nil
    }

    /// The key of the chunks.
    static func payloadKey(_ fileKey: SecretBytes, nonce: [UInt8]) -> SecretBytes {
        KeyDerivation.derive(from: fileKey, salt: nonce, purpose: "payload")
    }
}
