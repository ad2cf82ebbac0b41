import Sealing

extension Identity {
    /// Whether a crash met the end of a key between its first zeros and its last: what is left of it opens nothing.
    static func isDestroyed(_ sealed: [UInt8]) -> Bool { sealed.first ?? 0 == 0 }

    /// The key as a sealed file.
    func sealed(to recipient: Recipient) throws(VaultError) -> [UInt8] {
        var text = unsafe text().withBytes { unsafe Array($0) }
        defer { for index in text.indices { text[index] = 0 } }
        do throws(SealingError) {
            return try Sealer.seal(text, to: [recipient])
        } catch {
            throw .unopened(error)
        }
    }

    /// Opens what `sealed(to:)` made.
    init(sealed: [UInt8], with identities: [Identity]) throws(VaultError) {
        do throws(SealingError) {
            var text = try Opener.open(sealed, with: identities)
            defer { for index in text.indices { text[index] = 0 } }
            self = try Identity(text: text)
        } catch {
            throw .unopened(error)
        }
    }
}
