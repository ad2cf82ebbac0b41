import Documents
import Foundation

/// Checks a document against the part of JSON Schema that `Schemas` uses; a keyword it does not know is a fault too.
struct Validator {
    /// Whether keys that no schema describes are faults even where the schema is open.
    var isStrict = false

    private static let notes: Set<String> = ["$schema", "$id", "title", "description"]

    /// Everything that is wrong, each with its place.
    func faults(of value: JSONValue, by schema: JSONValue, at place: String = "") -> [String] {
        guard let rules = schema.members else { return ["\(place): the schema is no object"] }
        return rules.flatMap { rule in
            check(rule.key, rule.value, value, schema, place).map { "\(place.isEmpty ? "document" : place): \($0)" }
        } + (isStrict ? undescribed(value, schema, place) : []) + inside(value, schema, place)
    }

    private func passes(_ value: JSONValue, _ schema: JSONValue) -> Bool { faults(of: value, by: schema).isEmpty }

    // MARK: keywords

    private func check(
        _ keyword: String, _ rule: JSONValue, _ value: JSONValue, _ schema: JSONValue, _ place: String
    ) -> [String] {
        switch keyword {
        case _ where Self.notes.contains(keyword): []
        case "properties", "items": []
        case "additionalProperties": rule == .bool(false) ? unknown(value, schema) : []
        case "type": Self.type(of: value).contains(rule.string ?? "") ? [] : ["is not of type \(rule.compact)"]
        case "const": value == rule ? [] : ["is not \(rule.compact)"]
        case "enum": rule.array?.contains(value) == true ? [] : ["is none of \(rule.compact)"]
        case "anyOf": rule.array?.contains { passes(value, $0) } == true ? [] : ["fits none of anyOf"]
        case "allOf": rule.array?.allSatisfy { passes(value, $0) } == true ? [] : ["does not fit allOf"]
        case "contains":
            value.array.map { $0.contains { passes($0, rule) } } == false ? ["lacks \(rule.compact)"] : []
        case "oneOf": rule.array?.count(where: { passes(value, $0) }) == 1 ? [] : ["does not fit one of oneOf"]
        case "not": passes(value, rule) ? ["fits what it must not"] : []
        case "required":
            value.members == nil
                ? []
                : (rule.array ?? []).compactMap(\.string).filter { value[$0] == nil }.map { "\($0) is missing" }
        case "propertyNames":
            (value.members ?? []).filter { !passes(.string($0.key), rule) }.map { "\($0.key) is no name" }
        default: measure(keyword, rule, value)
        }
    }

    private func measure(_ keyword: String, _ rule: JSONValue, _ value: JSONValue) -> [String] {
        guard let limit = rule.double else {
            return keyword == "pattern"
                ? pattern(rule, value) : keyword == "uniqueItems" ? unique(value) : ["unknown keyword \(keyword)"]
        }
        let length = value.string.map { Double($0.unicodeScalars.count) }
        let members = value.members.map { Double($0.count) }
        let isWrong: Bool?
        switch keyword {
        case "minimum": isWrong = value.double.map { $0 < limit }
        case "maximum": isWrong = value.double.map { $0 > limit }
        case "exclusiveMinimum": isWrong = value.double.map { $0 <= limit }
        case "minLength": isWrong = length.map { $0 < limit }
        case "maxLength": isWrong = length.map { $0 > limit }
        case "minItems": isWrong = value.array.map { Double($0.count) < limit }
        case "maxItems": isWrong = value.array.map { Double($0.count) > limit }
        case "minProperties": isWrong = members.map { $0 < limit }
        case "maxProperties": isWrong = members.map { $0 > limit }
        default: return ["unknown keyword \(keyword)"]
        }
        return isWrong == true ? ["breaks \(keyword) \(rule.compact)"] : []
    }

    private func pattern(_ rule: JSONValue, _ value: JSONValue) -> [String] {
        guard let text = value.string else { return [] }
        guard let pattern = rule.string, let expression = try? NSRegularExpression(pattern: pattern) else {
            return ["the pattern \(rule.compact) is no pattern"]
        }
        let whole = NSRange(text.startIndex..., in: text)
        return expression.firstMatch(in: text, range: whole) == nil ? ["does not match \(pattern)"] : []
    }

    private func unique(_ value: JSONValue) -> [String] {
        guard let elements = value.array, Set(elements).count < elements.count else { return [] }
        return ["has an element twice"]
    }

    private static func type(of value: JSONValue) -> [String] {
        switch value {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .number: value.int == nil ? ["number"] : ["number", "integer"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }

    // MARK: members

    private func unknown(_ value: JSONValue, _ schema: JSONValue) -> [String] {
        (value.members ?? []).filter { schema["properties"]?[$0.key] == nil }.map { "\($0.key) is not known" }
    }

    private func undescribed(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        schema["additionalProperties"] == nil && schema["properties"] != nil
            ? unknown(value, schema).map { "\(place): \($0)" } : []
    }

    private func inside(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        let members = (value.members ?? []).flatMap { member -> [String] in
            let rule = schema["properties"]?[member.key] ?? schema["additionalProperties"]
            guard let rule, rule.members != nil else { return [] }
            return faults(of: member.value, by: rule, at: place.isEmpty ? member.key : "\(place).\(member.key)")
        }
        let elements = (value.array ?? []).enumerated().flatMap { index, element -> [String] in
            schema["items"].map { faults(of: element, by: $0, at: "\(place)[\(index)]") } ?? []
        }
        return members + elements
    }
}

extension JSONValue {
    /// Every key that this schema describes, at any depth.
    var describedKeys: Set<String> {
        var keys: Set<String> = []
        for member in members ?? [] {
            if member.key == "properties" { keys.formUnion((member.value.members ?? []).map(\.key)) }
            keys.formUnion(member.value.describedKeys)
        }
        for element in array ?? [] { keys.formUnion(element.describedKeys) }
        return keys
    }

    /// Every key of this document, at any depth.
    var writtenKeys: Set<String> {
        (members ?? []).reduce(into: Set((array ?? []).flatMap(\.writtenKeys))) { keys, member in
            keys.insert(member.key)
            keys.formUnion(member.value.writtenKeys)
        }
    }
}
