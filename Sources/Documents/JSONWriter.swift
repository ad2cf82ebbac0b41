extension JSONValue {
    /// The document on one line.
    package var compact: String {
        var text = ""
        write(into: &text, indent: nil)
        return text
    }

    /// The document with two spaces a level and a newline at its end.
    package var pretty: String {
        var text = ""
        write(into: &text, indent: 0)
        return text + "\n"
    }

    private func write(into text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let literal): text += literal
        case .string(let value): Self.quote(value, into: &text)
        case .array(let elements):
            Self.enclose("[", "]", elements, into: &text, indent: indent) { element, text, indent in
                element.write(into: &text, indent: indent)
            }
        case .object(let members):
            Self.enclose("{", "}", members, into: &text, indent: indent) { member, text, indent in
                Self.quote(member.key, into: &text)
                text += indent == nil ? ":" : ": "
                member.value.write(into: &text, indent: indent)
            }
        }
    }

    private static func enclose<Element>(
        _ open: String, _ close: String, _ elements: [Element], into text: inout String, indent: Int?,
        each: (Element, inout String, Int?) -> Void
    ) {
        text += open
        for (position, element) in elements.enumerated() {
            if position > 0 { text += "," }
            if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
            each(element, &text, indent.map { $0 + 1 })
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
        text += close
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
