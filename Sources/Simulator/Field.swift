import Documents

/// What the value of one field may be.
enum Field: Sendable {
    case text(most: Int)
    case words([String])
    case whole(ClosedRange<Int>)
    case flag
    case object([String])
    case list

    static let prompt = Field.text(most: 128_000)

    /// - Parameter isForm: in a form every value is text.
    private func takes(_ value: JSONValue, isForm: Bool) -> Bool {
        switch self {
        case .text(let most): return value.string.map { (1...most).contains($0.utf8.count) } ?? false
        case .words(let words): return value.string.map(words.contains) ?? false
        case .whole(let range):
            let number = isForm ? value.string.flatMap(Int.init) : value.int
            return number.map(range.contains) ?? false
        case .flag: return isForm ? ["true", "false"].contains(value.string) : value.bool != nil
        case .object(let keys): return value.members?.allSatisfy { keys.contains($0.key) } ?? false
        case .list: return value.array != nil
        }
    }

    /// Checks every member against a table; a name that is not in it is refused.
    static func check(
        _ members: [JSONValue.Member], _ table: [String: Field], isForm: Bool = false
    ) throws(ContractFault) {
        for member in members {
            guard let field = table[member.key] else { throw .unknown(member.key) }
            guard field.takes(member.value, isForm: isForm) else {
                throw ContractFault("Invalid value for \(member.key)", parameter: member.key)
            }
        }
    }
}
