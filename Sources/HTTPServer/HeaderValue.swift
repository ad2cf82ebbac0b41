/// A header value with parameters: `form-data; name="a"; filename="b.png"`.
struct HeaderValue {
    /// What stands before the first semicolon, trimmed.
    let value: String
    /// By lowercased name; the first of a repeated name wins.
    private(set) var parameters: [String: String] = [:]

    init?(_ text: String) {
        var rest = Substring(text)
        value = String(rest.prefix { $0 != ";" }).trimmed
        guard !value.isEmpty else { return nil }
        rest = rest.drop { $0 != ";" }
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty { break }
            let name = String(rest.prefix { $0 != "=" && $0 != ";" }).trimmed.lowercased()
            rest = rest.drop { $0 != "=" && $0 != ";" }
            guard rest.first == "=", !name.isEmpty else { return nil }
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let content: String
            if rest.first == "\"" {
                guard let quoted = Self.quoted(&rest) else { return nil }
                content = quoted
            } else {
                content = String(rest.prefix { $0 != ";" }).trimmed
                rest = rest.drop { $0 != ";" }
            }
            if parameters[name] == nil { parameters[name] = content }
        }
    }

    /// Takes a quoted string and what stands before the next semicolon.
    ///
    /// Clients escape a quote as `\"` or as `%22`, a line break as `%0D%0A`; any other backslash or percent stands for itself
    /// (<https://html.spec.whatwg.org/#multipart-form-data>).
    private static func quoted(_ rest: inout Substring) -> String? {
        rest = rest.dropFirst()
        var content = ""
        while let character = rest.popFirst() {
            if character == "\"" {
                rest = rest.drop { $0 != ";" }
                return content
            }
            if character == "\\", rest.first == "\"" {
                content.append("\"")
                rest = rest.dropFirst()
            } else if character == "%", let plain = escapes[String(rest.prefix(2)).uppercased()] {
                content.append(plain)
                rest = rest.dropFirst(2)
            } else {
                content.append(character)
            }
        }
        return nil
    }

    private static let escapes: [String: Character] = ["22": "\"", "0D": "\r", "0A": "\n"]
}

extension String {
    /// Without spaces and tabs at either end.
    var trimmed: String {
        let front = drop { $0 == " " || $0 == "\t" }
        guard let last = front.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return String(front[...last])
    }
}
