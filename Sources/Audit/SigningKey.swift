import CCrypto
import Digests

/// The key that the log is signed with: Ed25519 (RFC 8032), written as notes write it (C2SP signed-note).
@safe package final class SigningKey: Sendable {
    /// libcrypto wipes the key when it lets go of it.
    private nonisolated(unsafe) let handle: OpaquePointer
    package let verifier: VerifierKey

    private static let seedCount = 32

    /// A new key for the log named `name`: no space, no plus sign.
    package static func make(name: String) -> SigningKey {
        var seed = randomBytes(seedCount)
        defer { wipe(&seed) }
        return SigningKey(name: name, seed: seed)
    }

    private init(name: String, seed: [UInt8]) {
        guard let handle = unsafe EVP_PKEY_new_raw_private_key(NID_ED25519, nil, seed, seed.count) else {
            fatalError("libcrypto could not take a key: out of memory")
        }
        var key = [UInt8](repeating: 0, count: VerifierKey.keyCount)
        var count = key.count
        guard unsafe EVP_PKEY_get_raw_public_key(handle, &key, &count) == 1 else {
            fatalError("libcrypto could not make a public key: out of memory")
        }
        unsafe self.handle = handle
        verifier = VerifierKey(name: name, key: key)
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// `PRIVATE+KEY+NAME+HASH+BASE64`; whoever gets it wipes it.
    package var text: [UInt8] {
        var seed = [UInt8](repeating: 0, count: Self.seedCount)
        defer { Self.wipe(&seed) }
        var count = seed.count
        guard unsafe EVP_PKEY_get_raw_private_key(handle, &seed, &count) == 1 else {
            fatalError("libcrypto could not give a key: out of memory")
        }
        let id = hexadecimal(verifier.id)
        return Array("PRIVATE+KEY+\(verifier.name)+\(id)+\(base64([VerifierKey.ed25519] + seed))\n".utf8)
    }

    package init(text: [UInt8]) throws(AuditError) {
        let words = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let parts = (words.first ?? "").split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY", VerifierKey.isName(parts[2]),
            var data = bytes(base64: String(parts[4])), data.count == 1 + Self.seedCount,
            data[0] == VerifierKey.ed25519
        else { throw .unreadable("the audit log's key is damaged") }
        defer { Self.wipe(&data) }
        var seed = Array(data[1...])
        defer { Self.wipe(&seed) }
        let key = SigningKey(name: String(parts[2]), seed: seed)
        guard hexadecimal(key.verifier.id) == parts[3] else { throw .unreadable("the audit log's key is damaged") }
        unsafe handle = key.handle
        verifier = key.verifier
        unsafe EVP_PKEY_up_ref(handle)
    }

    /// The 64 bytes of the signature.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: VerifierKey.signatureCount)
        var count = signature.count
        guard let context = unsafe EVP_MD_CTX_new() else { fatalError("libcrypto could not sign: out of memory") }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, handle) == 1,
            unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { fatalError("libcrypto could not sign: out of memory") }
        return signature
    }

    private static func wipe(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}

/// The public half of a log's key, which its name belongs to: `NAME+HASH+BASE64`.
package struct VerifierKey: Sendable, Hashable, CustomStringConvertible {
    static let keyCount = 32
    static let signatureCount = 64
    /// The type of an Ed25519 key in a signed note.
    static let ed25519: UInt8 = 1

    package let name: String
    private let key: [UInt8]
    /// Four bytes that tell keys of one name apart.
    package let id: [UInt8]

    init(name: String, key: [UInt8]) {
        self.name = name
        self.key = key
        id = Array(SHA256Digest.of(Array("\(name)\n".utf8) + [Self.ed25519] + key).prefix(4))
    }

    package init(_ text: String) throws(AuditError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isName(parts[0]), let data = bytes(base64: String(parts[2])),
            data.count == 1 + Self.keyCount, data[0] == Self.ed25519
        else { throw .unreadable("that is no Ed25519 key in the form NAME+HASH+BASE64") }
        self.init(name: String(parts[0]), key: Array(data[1...]))
        guard hexadecimal(id) == parts[1] else { throw .unreadable("the key does not belong to its name") }
    }

    package var description: String { "\(name)+\(hexadecimal(id))+\(base64([Self.ed25519] + key))" }

    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && !text.unicodeScalars.contains { $0 == "+" || $0.properties.isWhitespace }
    }

    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureCount,
            let handle = unsafe EVP_PKEY_new_raw_public_key(NID_ED25519, nil, key, key.count),
            let context = unsafe EVP_MD_CTX_new()
        else { return false }
        defer {
            unsafe EVP_MD_CTX_free(context)
            unsafe EVP_PKEY_free(handle)
            // A signature that fails was told, and TLS on this thread shall not stumble over it.
            ERR_clear_error()
        }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, handle) == 1 else { return false }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
