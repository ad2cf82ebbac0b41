/// One thing that is wrong with a document's content.
package struct FieldFault: Sendable, Hashable, CustomStringConvertible {
    /// Where, `output.size`.
    package let path: String
    package let message: String
    /// What to write instead.
    package let hint: String?

    package init(path: String, message: String, hint: String? = nil) {
        self.path = path
        self.message = message
        self.hint = hint
    }

    package var description: String {
        "\(path.isEmpty ? "the document" : path): \(message)" + (hint.map { ": \($0)" } ?? "")
    }
}

/// Reads the members of one object, notes every fault and, at the end, every key that nobody asked for.
///
/// One reader serves settings, manifests and answers, so that all three say the same things in the same words.
package final class FieldReader {
    private let members: [String: JSONValue]
    private let order: [String]
    private let path: String
    private var asked: Set<String> = []
    package private(set) var faults: [FieldFault] = []

    package init(_ value: JSONValue, at path: String = "") {
        self.path = path
        let members = value.members ?? []
        self.members = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        self.order = members.map(\.key)
        if value.members == nil { faults.append(.init(path: path, message: "is \(value.kind), not an object")) }
    }

    /// Path of the member `key`.
    package func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Keys in the order they were written.
    package var keys: [String] { order }

    /// The value of `key`; nil when missing. `null` counts as missing.
    package func value(_ key: String) -> JSONValue? {
        asked.insert(key)
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    /// Whether `key` has a value; `null` counts as missing.
    package func has(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

    package func fail(_ key: String, _ message: String, hint: String? = nil) {
        faults.append(.init(path: place(key), message: message, hint: hint))
    }

    package func adopt(_ others: [FieldFault]) { faults += others }

    /// Reads `key` through `convert`; what that turns down is a fault saying what was expected.
    package func read<Result>(_ key: String, expecting what: String, _ convert: (JSONValue) -> Result?) -> Result? {
        guard let value = value(key) else { return nil }
        guard let result = convert(value) else {
            fail(key, "is not \(what)", hint: Self.advice(value, what))
            return nil
        }
        return result
    }

    package func string(_ key: String) -> String? { read(key, expecting: "a string") { $0.string } }

    package func bool(_ key: String) -> Bool? { read(key, expecting: "true or false") { $0.bool } }

    package func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        let what = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return read(key, expecting: what) { value in value.int.flatMap { range.contains($0) ? $0 : nil } }
    }

    /// One of a closed set of words.
    package func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, as: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = string(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let nearest = NearestName.of(text, among: names).map { "did you mean \"\($0)\"? " } ?? ""
        fail(key, "is none of the known values", hint: nearest + "one of " + names.joined(separator: ", "))
        return nil
    }

    /// A reader of the object at `key`; nil when missing.
    package func object(_ key: String) -> FieldReader? {
        value(key).map { FieldReader($0, at: place(key)) }
    }

    /// Every fault, unknown keys among them. Call last.
    package func finish() -> [FieldFault] {
        let known = asked.sorted()
        for key in order where !asked.contains(key) {
            let nearest = NearestName.of(key, among: known)
            faults.append(
                .init(
                    path: place(JSONParser.shown(key)), message: "is not a known key",
                    hint: nearest.map { "did you mean \"\($0)\"?" }))
        }
        asked.formUnion(order)
        return faults
    }

    private static func advice(_ value: JSONValue, _ what: String) -> String? {
        switch value {
        case .number(let literal): "it is \(literal)"
        case .string: nil
        default: "it is \(value.kind)"
        }
    }
}

/// The right name nearest to a wrong one.
package enum NearestName {
    /// The name of `names` at the least edit distance from `word`, if that is at most a third of its length (at least 2).
    package static func of(_ word: String, among names: [String]) -> String? {
        guard word.count <= 64 else { return nil }
        let limit = max(2, word.count / 3)
        let ranked = names.map { ($0, distance(Array(word.lowercased()), Array($0.lowercased()))) }
        guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= limit, best.1 < best.0.count else { return nil }
        return best.0
    }

    /// Damerau-Levenshtein distance with adjacent swaps (optimal string alignment).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var before = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for row in 1..<(left.count + 1) {
            var current = [row] + [Int](repeating: 0, count: right.count)
            for column in 1..<(right.count + 1) {
                let same = left[row - 1] == right[column - 1]
                current[column] = min(
                    previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (same ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    current[column] = min(current[column], before[column - 2] + 1)
                }
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
