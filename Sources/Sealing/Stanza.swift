/// One recipient's part of a header: how one kind of key gets at the file key.
struct Stanza {
    static let x25519 = Array("X25519".utf8)
    static let scrypt = Array("scrypt".utf8)
    private static let arrow = Array("-> ".utf8)
    private static let space = UInt8(ascii: " ")
    static let columns = 64

    /// The kind, then what that kind needs; at least one, each of visible ASCII characters.
    let arguments: [[UInt8]]
    let body: [UInt8]

    var kind: [UInt8] { arguments.first ?? [] }

    /// Reads the stanza whose first line stands at the beginning of `lines`, and takes its lines away.
    static func read(from lines: inout ArraySlice<ArraySlice<UInt8>>) throws(SealingError) -> Stanza {
        guard let first = lines.popFirst(), first.starts(with: arrow) else { throw .damagedHeader(.stanza) }
        let arguments = first.dropFirst(arrow.count).split(separator: space, omittingEmptySubsequences: false)
        guard arguments.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (33...126).contains($0) } }) else {
            throw .damagedHeader(.stanza)
        }
        var text: [UInt8] = []
        var isWhole = false
        while !isWhole {
            guard let line = lines.popFirst(), line.count <= columns else { throw .damagedHeader(.body) }
            text += line
            isWhole = line.count < columns
        }
        guard let body = Base64.decode(text) else { throw .damagedHeader(.body) }
        return Stanza(arguments: arguments.map(Array.init), body: body)
    }

    /// The lines, each with its end.
    var text: [UInt8] {
        let encoded = Base64.encode(body)
        var text = Self.arrow + arguments.joined(separator: [Self.space]) + [10]
        // A full line is never the last one: a body that fills its lines ends with an empty one.
        for start in stride(from: 0, through: encoded.count, by: Self.columns) {
            text += encoded[start..<min(start + Self.columns, encoded.count)] + [10]
        }
        return text
    }
}
