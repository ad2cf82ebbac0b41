import Documents
import Domain

/// The sealed record of a subject: what its service wants to have of it beside pictures, and what was put right in it.
struct SubjectCard: Sendable, Hashable {
    private static let schema = "darkroom.subject-record/1"
    private static let preferences = "preferences."

    /// `label`, `contact`, `preferences.NAME`.
    private(set) var fields: [String: String] = [:]
    /// Oldest first; nothing is ever taken out.
    private(set) var corrections: [Correction] = []

    struct Correction: Sendable, Hashable {
        let at: String
        let key: String
        let old: String
        let new: String
    }

    init() {}

    /// Nil for what is no such record.
    init?(_ bytes: [UInt8]) {
        guard let document = try? JSONParser.parse(bytes), document["schema"]?.string == Self.schema else { return nil }
        for key in ["label", "contact"] { fields[key] = document[key]?.string }
        for member in document["preferences"]?.members ?? [] {
            fields[Self.preferences + member.key] = member.value.string
        }
        corrections = (document["corrections"]?.array ?? []).compactMap { line in
            guard let at = line["at"]?.string, let key = line["key"]?.string else { return nil }
            return Correction(at: at, key: key, old: line["old"]?.string ?? "", new: line["new"]?.string ?? "")
        }
    }

    static func isKey(_ key: String) -> Bool {
        if key == "label" || key == "contact" { return true }
        return key.hasPrefix(preferences) && JobName.isAttestation(String(key.dropFirst(preferences.count)))
    }

    /// Puts one field right, and gives what stood there; nil where it stood so already.
    mutating func amend(_ amendment: RightsOrder.Amendment, at now: Timestamp) -> String? {
        let old = fields[amendment.key] ?? ""
        guard old != amendment.value else { return nil }
        fields[amendment.key] = amendment.value.isEmpty ? nil : amendment.value
        corrections.append(
            Correction(at: now.description, key: amendment.key, old: old, new: amendment.value))
        return old
    }

    var document: JSONValue {
        let names = fields.keys.filter { $0.hasPrefix(Self.preferences) }.sorted()
        return .fields([
            "schema": .string(Self.schema), "label": .text(fields["label"]), "contact": .text(fields["contact"]),
            "preferences": .object(
                names.map { name in
                    .init(key: String(name.dropFirst(Self.preferences.count)), value: .string(fields[name] ?? ""))
                }),
            "corrections": .array(
                corrections.map { one in
                    .fields([
                        "at": .string(one.at), "key": .string(one.key), "old": .string(one.old),
                        "new": .string(one.new),
                    ])
                }),
        ])
    }
}
