import Documents

extension PromptTemplate {
    /// Everything that is wrong with a template, in one go.
    package struct Unreadable: Error, Sendable {
        package let faults: [String]

        package init(faults: [String]) {
            self.faults = faults
        }
    }

    /// Reads a template file: JSON with comments, `text` and what its variables may be.
    package static func read(_ bytes: [UInt8]) throws(Unreadable) -> PromptTemplate {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(bytes, .relaxed)
        } catch {
            throw Unreadable(faults: [error.description])
        }
        let reader = FieldReader(document)
        var made = PromptTemplate()
        made.name = reader.string("name")
        made.version = reader.int("version", in: 1...mostVersion)
        made.rules = rules(reader)
        if let text = reader.string("text") {
            made.pieces = pieces(of: text, reader)
            check(made, reader)
        } else if !reader.has("text") {
            reader.fail("text", "is missing", hint: "write the prompt, with {{name}} where a variable belongs")
        }
        let faults = reader.finish()
        guard faults.isEmpty else { throw Unreadable(faults: faults.map(\.description)) }
        return made
    }

    /// Highest version.
    package static let mostVersion = 1_000_000

    private static func rules(_ reader: FieldReader) -> [String: Rule] {
        guard let variables = reader.object("variables") else { return [:] }
        var rules: [String: Rule] = [:]
        for name in variables.keys {
            guard isVariable(name) else {
                variables.fail(JSONParser.shown(name), "is no name of a variable", hint: "[A-Za-z_][A-Za-z0-9_]{0,63}")
                _ = variables.value(name)
                continue
            }
            guard let fields = variables.object(name) else { continue }
            rules[name] = rule(fields)
            variables.adopt(fields.finish())
        }
        reader.adopt(variables.finish())
        return rules
    }

    private static func rule(_ fields: FieldReader) -> Rule {
        var rule = Rule()
        if let length = fields.int("max_length", in: 1...JobSpec.longestPrompt) { rule.maxLength = length }
        rule.standard = fields.string("default")
        let choices = fields.read("choices", expecting: "an array of strings") { value -> [String]? in
            guard let elements = value.array, !elements.isEmpty else { return nil }
            let words = elements.compactMap(\.string)
            return words.count == elements.count ? words : nil
        }
        rule.choices = choices ?? []
        if rule.choices.contains(where: { $0.unicodeScalars.count > rule.maxLength }) {
            fields.fail("choices", "holds one that is longer than max_length")
        }
        if let standard = rule.standard, !rule.accepts(standard) {
            fields.fail("default", "is none of the values that are taken", hint: "mind choices and max_length")
        }
        return rule
    }

    private static func isVariable(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.first.map { !(48...57).contains($0) } == true
            && name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: "_")
            }
    }

    /// Takes a text apart at its double braces.
    private static func pieces(of text: String, _ reader: FieldReader) -> [Piece] {
        let parts = split(text.unicodeScalars[...], at: "{", "{")
        var pieces: [Piece] = parts.first.map { [.text(String($0))] } ?? []
        for part in parts.dropFirst() {
            let ends = split(part, at: "}", "}", once: true)
            let name = String(ends[0]).split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
            guard ends.count == 2, isVariable(name) else {
                reader.fail("text", "holds {{ that no {{name}} follows", hint: "a name is [A-Za-z_][A-Za-z0-9_]{0,63}")
                return []
            }
            pieces += [.variable(name), .text(String(ends[1]))]
        }
        return pieces
    }

    private static func split(
        _ text: Substring.UnicodeScalarView, at first: Unicode.Scalar, _ second: Unicode.Scalar, once: Bool = false
    ) -> [Substring.UnicodeScalarView] {
        var parts: [Substring.UnicodeScalarView] = []
        var start = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            guard text[index] == first, next < text.endIndex, text[next] == second else {
                index = next
                continue
            }
            parts.append(text[start..<index])
            start = text.index(after: next)
            index = start
            if once { break }
        }
        return parts + [text[start...]]
    }

    /// Every place has a rule, and every rule a place.
    private static func check(_ made: PromptTemplate, _ reader: FieldReader) {
        let used = Set(
            made.pieces.compactMap { piece -> String? in if case .variable(let name) = piece { name } else { nil } })
        guard !made.pieces.isEmpty else { return }
        for name in used.subtracting(made.rules.keys).sorted() {
            reader.fail("text", "names {{\(name)}}, which variables does not", hint: "add variables.\(name)")
        }
        for name in made.rules.keys.sorted() where !used.contains(name) {
            reader.fail("variables.\(name)", "does not stand in the text")
        }
        let length = made.pieces.reduce(0) { sum, piece in
            if case .text(let text) = piece { sum + text.unicodeScalars.count } else { sum }
        }
        if length > JobSpec.longestPrompt { reader.fail("text", "is longer than \(JobSpec.longestPrompt)") }
    }
}
