import Documents

/// The picture of an answer: in it, taken out of it while it arrived, or at an address that it names.
package enum AnswerPicture: Sendable, Hashable {
    case bytes([UInt8])
    /// The number that the sink of `AnswerStream` was given.
    case part(Int)
    /// An address that was not fetched yet. Never logged or shown: anyone who has it has the picture.
    case url(String)

    package var isURL: Bool { if case .url = self { true } else { false } }

    private static let number = "darkroom_picture"
    /// Characters of an address.
    private static let longestURL = 4096

    /// What stands in the document for a picture that was taken out.
    static func mark(_ number: Int, bytes: Int, isWhole: Bool) -> [UInt8] {
        let fields = JSONValue.fields([
            Self.number: .integer(number), "bytes": .integer(bytes), "is_whole": .bool(isWhole),
        ])
        return Array(fields.compact.utf8)
    }

    /// Reads what stands in a picture's place; nil for what is none, not whole, or empty.
    static func read(_ value: JSONValue) -> AnswerPicture? {
        guard let text = value.string else { return taken(value) }
        if text.hasPrefix("https://") || text.hasPrefix("http://") {
            return text.utf8.count <= longestURL ? .url(text) : nil
        }
        return Base64.decodeWrapped(text).flatMap { $0.isEmpty ? nil : .bytes($0) }
    }

    /// Reads the mark of a picture that was taken out whole; nil for anything else.
    static func taken(_ value: JSONValue) -> AnswerPicture? {
        guard let number = value[Self.number]?.int, (0..<AnswerStream.mostPictures).contains(number),
            value["is_whole"]?.bool == true
        else { return nil }
        return .part(number)
    }
}
