import Documents

/// The picture of an answer: in it, or taken out of it while it arrived.
package enum AnswerPicture: Sendable, Hashable {
    case bytes([UInt8])
    /// The number that the sink of `AnswerStream` was given.
    case part(Int)

    private static let number = "darkroom_picture"

    /// What stands in the document for a picture that was taken out.
    static func mark(_ number: Int, bytes: Int, isWhole: Bool) -> [UInt8] {
        let fields = JSONValue.fields([
            Self.number: .integer(number), "bytes": .integer(bytes), "is_whole": .bool(isWhole),
        ])
        return Array(fields.compact.utf8)
    }

    /// Reads what stands in a picture's place; nil for what is none, not whole, or empty.
    static func read(_ value: JSONValue) -> AnswerPicture? {
        if let text = value.string {
            return Base64.decode(text).flatMap { $0.isEmpty ? nil : .bytes($0) }
        }
        guard let number = value[Self.number]?.int, (0..<AnswerStream.mostPictures).contains(number),
            value["is_whole"]?.bool == true
        else { return nil }
        return .part(number)
    }
}
