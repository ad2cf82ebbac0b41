import CCrypto

/// What stands before the payload: the recipients, and a code that only a holder of the file key can make
/// (c2sp.org/age).
struct Header {
    static let version = Array("age-encryption.org/v1\n".utf8)
    static let ending = Array("---".utf8)
    private static let codeCount = 32

    let stanzas: [Stanza]
    private let code: [UInt8]
    /// Everything up to the three dashes.
    private let covered: [UInt8]

    /// - Parameter bytes: all of the header, from the version line to the end of the line with the code.
    init(parsing bytes: [UInt8]) throws(SealingError) {
        guard bytes.starts(with: Self.version) else { throw .notSealed }
        let text = bytes.dropFirst(Self.version.count).dropLast()
        var lines = text.split(separator: 10, omittingEmptySubsequences: false)[...]
        guard let last = lines.popLast(), last.starts(with: Self.ending + [32]),
            let code = Base64.decode(last.dropFirst(Self.ending.count + 1)), code.count == Self.codeCount
        else { throw .damagedHeader(.code) }
        var stanzas: [Stanza] = []
        while !lines.isEmpty { stanzas.append(try Stanza.read(from: &lines)) }
        guard !stanzas.isEmpty else { throw .damagedHeader(.noRecipient) }
        guard stanzas.count == 1 || !stanzas.contains(where: { $0.kind == Stanza.scrypt }) else {
            throw .damagedHeader(.passphraseBesideOthers)
        }
        self.stanzas = stanzas
        self.code = code
        covered = Array(bytes[..<(last.startIndex + Self.ending.count)])
    }

    /// Whether the header is as the holder of the file key wrote it.
    func isGenuine(_ fileKey: SecretBytes) -> Bool {
        let expected = Self.code(of: covered, fileKey)
        return unsafe CRYPTO_memcmp(expected, code, Self.codeCount) == 0
    }

    /// The header of a new file.
    static func text(of stanzas: [Stanza], _ fileKey: SecretBytes) -> [UInt8] {
        let covered = version + stanzas.flatMap(\.text) + ending
        return covered + [32] + Base64.encode(code(of: covered, fileKey)) + [10]
    }

    private static func code(of covered: [UInt8], _ fileKey: SecretBytes) -> [UInt8] {
        KeyDerivation.code(
            of: covered, key: KeyDerivation.derive(from: fileKey, salt: [], purpose: "header"))
    }
}
