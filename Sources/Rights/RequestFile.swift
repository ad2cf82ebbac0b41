import Documents
import Domain

/// The file of a request, `{ "verb": "erase", "subject": "…" }`: the options of the command, by their names.
enum RequestFile {
    /// Longest file that is read.
    static let longest = 64 << 10

    static func read(_ bytes: [UInt8], wall: Timestamp) throws(RightsError) -> RightsOrder {
        let document: JSONValue
        do {
            document = try JSONParser.parse(bytes)
        } catch {
            throw .order(field: "", message: "the file is no JSON: \(error)", hint: nil)
        }
        guard document.members != nil else {
            throw .order(
                field: "", message: "the file holds no object", hint: "{ \"verb\": \"export\", \"subject\": \"…\" }")
        }
        let reader = FieldReader(document)
        var fields = RightsOrder.Fields()
        let verb = reader.string("verb")
        let subject = reader.string("subject")
        fields.reason = reader.string("reason")
        fields.expires = reader.string("expires")
        fields.job = reader.string("job")
        fields.end = reader.string("end")
        fields.purpose = reader.string("purpose")
        fields.withdraw = reader.bool("withdraw") ?? false
        fields.set = reader.read("set", expecting: "an object of texts") { value in Self.pairs(value) } ?? []
        if let fault = reader.finish().first {
            throw .order(field: fault.path, message: fault.message, hint: fault.hint)
        }
        guard let verb else { throw .order(field: "verb", message: "is missing", hint: nil) }
        guard let subject else { throw .order(field: "subject", message: "is missing", hint: nil) }
        return try RightsOrder(verb, subject: subject, fields, wall: wall)
    }

    /// `KEY=VALUE`, as the command takes them; nil for anything else.
    private static func pairs(_ value: JSONValue) -> [String]? {
        guard let members = value.members else { return nil }
        let pairs = members.compactMap { member in
            member.key.contains("=") ? nil : member.value.string.map { member.key + "=" + $0 }
        }
        return pairs.count == members.count ? pairs : nil
    }
}
