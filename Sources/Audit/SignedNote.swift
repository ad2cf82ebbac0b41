import Digests

/// A text with signatures under it, for people and programs (C2SP signed-note).
package struct SignedNote: Sendable, Hashable {
    /// Ends with a newline.
    package let text: String
    /// With the dash and the name that each begins with.
    private let signatures: [String]

    private static let dash = "\u{2014} "

    /// Signs `text`, which ends with a newline.
    package init(_ text: String, with key: SigningKey) {
        self.text = text
        let signature = base64(key.verifier.id + key.sign(Array(text.utf8)))
        signatures = ["\(Self.dash)\(key.verifier.name) \(signature)"]
    }

    /// Nil for what is no note: text, an empty line, one to a hundred signatures.
    package init?(_ note: String) {
        var lines = note.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard note.utf8.count <= 1 << 20, lines.popLast() == "" else { return nil }
        guard let gap = lines.lastIndex(of: ""), gap > 0 else { return nil }
        signatures = Array(lines[(gap + 1)...])
        guard (1...100).contains(signatures.count), signatures.allSatisfy({ $0.hasPrefix(Self.dash) }) else {
            return nil
        }
        text = lines[..<gap].joined(separator: "\n") + "\n"
    }

    package var description: String { text + "\n" + signatures.map { $0 + "\n" }.joined() }

    /// Whether the owner of `key` signed it. Signatures of others say nothing.
    package func isSigned(by key: VerifierKey) -> Bool {
        let start = "\(Self.dash)\(key.name) "
        return signatures.contains { line in
            guard line.hasPrefix(start), let data = bytes(base64: String(line.dropFirst(start.count))),
                Array(data.prefix(4)) == key.id
            else { return false }
            return key.verifies(Array(data.dropFirst(4)), of: Array(text.utf8))
        }
    }
}
