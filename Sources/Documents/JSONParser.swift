/// What is wrong with a text, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    /// Counted from 1; columns count bytes.
    package let line: Int
    package let column: Int
    /// Where in the document, `output.size`; empty at the top.
    package let path: String

    package var description: String { "line \(line), column \(column): \(message)" }
}

/// Reads JSON text. Keys that stand twice, bad UTF-8 and more than `deepest` levels are errors.
package struct JSONParser {
    /// Which text is taken.
    package enum Dialect: Sendable {
        /// RFC 8259.
        case strict
        /// RFC 8259 with comments, trailing commas, bare keys and single quotes (of JSON5).
        case relaxed
    }

    /// Most levels of nesting.
    package static let deepest = 64

    private let bytes: [UInt8]
    private let dialect: Dialect
    private var position = 0
    private var path: [String] = []

    private init(_ bytes: [UInt8], _ dialect: Dialect) {
        self.bytes = bytes
        self.dialect = dialect
    }

    package static func parse(_ bytes: [UInt8], _ dialect: Dialect = .strict) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes, dialect)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        let value = try parser.value(depth: 0)
        try parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.fault("something stands after the document's end") }
        return value
    }

    package static func parse(_ text: String, _ dialect: Dialect = .strict) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), dialect)
    }

    // MARK: values

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.deepest else { throw fault("more than \(Self.deepest) levels of nesting") }
        try skipSpace()
        guard let byte = peek else { throw fault("the text ends where a value should stand") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string(quote: byte))
        case UInt8(ascii: "'") where dialect == .relaxed: return .string(try string(quote: byte))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default:
            if take("true") { return .bool(true) }
            if take("false") { return .bool(false) }
            if take("null") { return .null }
            throw fault("no value begins like this")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        var seen: Set<String> = []
        while true {
            try skipSpace()
            if takeByte("}") {
                guard members.isEmpty || dialect == .relaxed else { throw fault("a comma before the closing brace") }
                return .object(members)
            }
            let name = try key()
            guard seen.insert(name).inserted else { throw fault("the key \(Self.shown(name)) stands twice", in: name) }
            try skipSpace()
            guard takeByte(":") else { throw fault("a colon is missing after the key") }
            path.append(name)
            members.append(.init(key: name, value: try value(depth: depth + 1)))
            path.removeLast()
            try skipSpace()
            if takeByte("}") { return .object(members) }
            guard takeByte(",") else { throw fault("a comma or closing brace is missing") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        while true {
            try skipSpace()
            if takeByte("]") {
                guard elements.isEmpty || dialect == .relaxed else { throw fault("a comma before the closing bracket") }
                return .array(elements)
            }
            path.append("[\(elements.count)]")
            elements.append(try value(depth: depth + 1))
            path.removeLast()
            try skipSpace()
            if takeByte("]") { return .array(elements) }
            guard takeByte(",") else { throw fault("a comma or closing bracket is missing") }
        }
    }

    private mutating func key() throws(JSONError) -> String {
        guard let byte = peek else { throw fault("the text ends inside an object") }
        if byte == UInt8(ascii: "\"") || (byte == UInt8(ascii: "'") && dialect == .relaxed) {
            return try string(quote: byte)
        }
        guard dialect == .relaxed else { throw fault("a key must stand in double quotes") }
        let start = position
        while let byte = peek, Self.isWord(byte) { position += 1 }
        guard position > start else { throw fault("a key is missing") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        _ = takeByte("-")
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else {
            throw fault("this is no number")
        }
        if takeByte(".") { guard digits() > 0 else { throw fault("digits are missing after the point") } }
        if takeByte("e") || takeByte("E") {
            if !takeByte("+") { _ = takeByte("-") }
            guard digits() > 0 else { throw fault("digits are missing in the exponent") }
        }
        guard position - start <= 64 else { throw fault("a number of more than 64 characters") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    // MARK: strings

    private mutating func string(quote: UInt8) throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            let start = position
            while let byte = peek, byte != quote, byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
            text.append(contentsOf: bytes[start..<position])
            guard let byte = peek else { throw fault("a string has no end") }
            position += 1
            if byte == quote { break }
            guard byte == UInt8(ascii: "\\") else { throw fault("a control character stands in a string") }
            try escape(into: &text)
        }
        guard let valid = String(validating: text, as: UTF8.self) else { throw fault("a string is not UTF-8") }
        return valid
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = peek else { throw fault("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "'") where dialect == .relaxed: text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try unicodeEscape()).utf8)
        default: throw fault("no escape begins like this")
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
            guard takeByte("\\"), takeByte("u") else { throw fault("half of a surrogate pair") }
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits are missing") }
        position += 4
        return code
    }

    // MARK: bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func takeByte(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let wanted = Array(word.description.utf8)
        guard bytes[position...].starts(with: wanted) else { return false }
        let end = position + wanted.count
        if end < bytes.count, Self.isWord(bytes[end]) { return false }
        position = end
        return true
    }

    private mutating func skipSpace() throws(JSONError) {
        while let byte = peek {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case UInt8(ascii: "/") where dialect == .relaxed: try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(JSONError) {
        let rest = bytes[position...]
        if rest.starts(with: Array("//".utf8)) {
            while let byte = peek, byte != 0x0A { position += 1 }
        } else if rest.starts(with: Array("/*".utf8)) {
            position += 2
            while !bytes[position...].starts(with: Array("*/".utf8)) {
                guard peek != nil else { throw fault("a comment has no end") }
                position += 1
            }
            position += 2
        } else {
            throw fault("no value begins like this")
        }
    }

    // MARK: faults

    /// A key as it may be shown: cut, and without anything but plain characters.
    package static func shown(_ key: String) -> String {
        let plain = key.unicodeScalars.prefix(40).map { scalar in
            scalar.isASCII && scalar.value > 0x20 && scalar.value < 0x7F ? String(scalar) : "?"
        }
        return plain.joined()
    }

    private func fault(_ message: String, in key: String? = nil) -> JSONError {
        let before = bytes.prefix(position)
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let steps = (path + (key.map { [$0] } ?? [])).map(Self.shown)
        let joined = steps.joined(separator: ".").split(separator: ".[").joined(separator: "[")
        return JSONError(message: message, line: line, column: position - lineStart + 1, path: joined)
    }
}
