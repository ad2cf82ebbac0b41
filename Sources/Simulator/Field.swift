import Documents

/// What the value of one field may be.
enum Field: Sendable {
    case text(least: Int = 1, most: Int)
    case words([String])
    case whole(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case flag
    /// Nil takes members of any name.
    case object([String]?)
    case list

    static let prompt = Field.text(most: 128_000)

    /// - Parameter isForm: in a form every value is text.
    private func takes(_ value: JSONValue, isForm: Bool) -> Bool {
        switch self {
        case .text(let least, let most): return value.string.map { (least...most).contains($0.utf8.count) } ?? false
        case .words(let words): return value.string.map(words.contains) ?? false
        case .whole(let range):
            let number = isForm ? value.string.flatMap(Int.init) : value.int
            return number.map(range.contains) ?? false
        case .number(let range): return value.double.map(range.contains) ?? false
        case .flag: return isForm ? ["true", "false"].contains(value.string) : value.bool != nil
        case .object(let keys): return value.members?.allSatisfy { keys?.contains($0.key) ?? true } ?? false
        case .list: return value.array != nil
        }
    }

    /// What is taken, for a message.
    private var wanted: String {
        switch self {
        case .text(_, let most): "a string of at most \(most) bytes"
        case .words(let words): "one of " + words.map { "'\($0)'" }.joined(separator: ", ")
        case .whole(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "a boolean"
        case .object(nil): "an object"
        case .object(let keys?): "an object with no other members than " + keys.joined(separator: ", ")
        case .list: "an array"
        }
    }

    /// Checks every member against a table; a name that is not in it is refused.
    static func check(
        _ members: [JSONValue.Member], _ table: [String: Field], isForm: Bool = false
    ) throws(ContractFault) {
        for member in members {
            guard let field = table[member.key] else { throw .unknown(member.key) }
            guard field.takes(member.value, isForm: isForm) else { throw .invalid(member.key, field.wanted) }
        }
    }
}
