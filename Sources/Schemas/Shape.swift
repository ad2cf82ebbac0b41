import Documents

/// The few shapes that the schemas are built of; each begins with a sentence on what the value is for.
enum Shape {
    static func text(
        _ about: String, _ pattern: String? = nil, atLeast: Int? = nil, atMost: Int? = nil
    ) -> JSONValue {
        .fields([
            "description": .string(about), "type": "string", "pattern": .text(pattern),
            "minLength": atLeast.map { .integer($0) }, "maxLength": atMost.map { .integer($0) },
        ])
    }

    static func integer(_ about: String, _ range: ClosedRange<Int>? = nil) -> JSONValue {
        .fields([
            "description": .string(about), "type": "integer", "minimum": range.map { .integer($0.lowerBound) },
            "maximum": range.map { .integer($0.upperBound) },
        ])
    }

    /// A count, size or amount: a whole number from 0.
    static func count(_ about: String) -> JSONValue {
        .fields(["description": .string(about), "type": "integer", "minimum": 0])
    }

    static func number(_ about: String, _ range: ClosedRange<Int>) -> JSONValue {
        .fields([
            "description": .string(about), "type": "number", "minimum": .integer(range.lowerBound),
            "maximum": .integer(range.upperBound),
        ])
    }

    static func flag(_ about: String) -> JSONValue {
        .fields(["description": .string(about), "type": "boolean"])
    }

    static func choice(_ about: String, _ words: [String]) -> JSONValue {
        .fields(["description": .string(about), "enum": .array(words.map { .string($0) })])
    }

    /// A value that can only be this one.
    static func fixed(_ about: String, _ value: JSONValue) -> JSONValue {
        .fields(["description": .string(about), "const": value])
    }

    static func array(_ about: String, of element: JSONValue, unique: Bool = false) -> JSONValue {
        .fields([
            "description": .string(about), "type": "array", "items": element, "uniqueItems": unique ? true : nil,
        ])
    }

    /// A key whose name is known and whose work is not built yet: no value is taken.
    static func unbuilt(_ about: String) -> JSONValue {
        .fields(["description": .string("Not built yet: \(about)"), "not": .object([])])
    }

    /// An object that takes these keys and no other.
    static func closed(
        _ about: String, required: [String] = [], _ properties: KeyValuePairs<String, JSONValue>,
        also: [JSONValue.Member] = []
    ) -> JSONValue {
        object(about, required, properties, also + [.init(key: "additionalProperties", value: false)])
    }

    /// An object that a later version may write more keys into.
    static func open(
        _ about: String, required: [String] = [], _ properties: KeyValuePairs<String, JSONValue>
    ) -> JSONValue {
        object(about, required, properties, [])
    }

    /// An object of free keys, each value of one shape.
    static func map(_ about: String, of value: JSONValue) -> JSONValue {
        .fields(["description": .string(about), "type": "object", "additionalProperties": value])
    }

    private static func object(
        _ about: String, _ required: [String], _ properties: KeyValuePairs<String, JSONValue>,
        _ also: [JSONValue.Member]
    ) -> JSONValue {
        let body = JSONValue.fields([
            "description": .string(about), "type": "object",
            "required": required.isEmpty ? nil : .array(required.map { .string($0) }),
            "properties": .object(properties.map { .init(key: $0.key, value: $0.value) }),
        ])
        return .object((body.members ?? []) + also)
    }
}

/// Texts of one form that stand in several schemas.
extension Shape {
    static func moment(_ about: String) -> JSONValue {
        text(about, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$")
    }

    static func digest(_ about: String) -> JSONValue { text(about, "^[0-9a-f]{64}$") }

    static func span(_ about: String) -> JSONValue { text(about, "^[0-9]{1,12}(ms|s|m|h|d)$") }

    /// Names of places.
    static func regions(_ about: String) -> JSONValue {
        .fields([
            "description": .string(about), "type": "array", "minItems": 1, "maxItems": 64,
            "items": text("A place, eu or eu-north.", "^[A-Za-z0-9-]{1,32}$"),
        ])
    }

    /// How long somebody else keeps data.
    static func kept(_ about: String, orUnknown: Bool = false) -> JSONValue {
        text(about, "^(none|\(orUnknown ? "unknown|" : "")[0-9]{1,12}(ms|s|m|h|d))$")
    }

    static func byteCount(_ about: String) -> JSONValue { text(about, "^[0-9]{1,15}(B|kB|MB|GB|TB)$") }

    static func outputSize(_ about: String) -> JSONValue {
        text(
            about + ": 4k (long edge 3840), uhd (3840x2160), dci (4096x2160), 8k (long edge 7680), WxH, long=N "
                + "(16 to 16383 pixels an edge), native (no resampling).",
            "^(4k|8k|uhd|dci|native|long=[0-9]{2,5}|[0-9]{2,5}x[0-9]{2,5})$")
    }

    static let formats = ["png", "jpeg", "webp", "avif", "jxl"]
    static let billed = ["no", "yes", "possible"]
}
