import Documents
import Domain

/// Reads the register of processors, `processors`, row by row.
struct ProcessorReader {
    private let fields: FieldReader
    private let name: String

    /// Every row, with the faults noted in `rows`.
    static func rows(_ rows: FieldReader) -> [String: Processor] {
        var found: [String: Processor] = [:]
        for name in rows.keys {
            guard JobName.isValidID(name) else {
                rows.fail(name, "is no name of a row", hint: "[A-Za-z0-9._-]{1,100}")
                continue
            }
            guard let fields = rows.object(name) else { continue }
            found[name] = ProcessorReader(fields: fields, name: name).row()
            rows.adopt(fields.finish())
        }
        return found
    }

    private func row() -> Processor {
        var row = Processor(name: name, legalName: line(fields, "legal_name") ?? "")
        if !fields.has("legal_name") {
            fields.fail("legal_name", "is missing", hint: "who it is, as the contract says")
        }
        row.purpose = line(fields, "purpose") ?? row.purpose
        readCategories(into: &row)
        row.hosts = fields.read("hosts", expecting: "a list of host names", Self.hosts) ?? []
        row.terms.regions =
            fields.read(
                "regions", expecting: "a list of names such as [\"eu\"], [A-Za-z0-9-]{1,32}", ProcessorDemand.regions)
            ?? []
        row.terms.retention =
            fields.read("retention", expecting: "\"none\", a duration such as \"30d\", or \"unknown\"") { value in
                value.string.flatMap { KeptFor($0) }
            } ?? .unknown
        row.terms.training = fields.choice("training", as: Training.self) ?? .unknown
        row.agreement = line(fields, "dpa")
        row.source = line(fields, "source")
        row.from = fields.read("from", expecting: "a day such as \"2026-01-31\"") { value in
            value.string.flatMap { Timestamp(day: $0) == nil ? nil : $0 }
        }
        return row
    }

    /// Words for people; a line of them.
    private func line(_ fields: FieldReader, _ key: String) -> String? {
        fields.read(key, expecting: "a line of 1 to 500 characters") { value in
            value.string.flatMap { text in
                let isLine = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                return isLine && (1...500).contains(text.unicodeScalars.count) ? text : nil
            }
        }
    }

    private func readCategories(into row: inout Processor) {
        let known = Processor.Category.allCases.map(\.rawValue).joined(separator: ", ")
        let named = fields.read("categories", expecting: "a list of " + known) { value -> [Processor.Category]? in
            guard let words = value.array else { return nil }
            let categories = words.compactMap { $0.string.flatMap(Processor.Category.init(rawValue:)) }
            return categories.count == words.count ? categories : nil
        }
        guard let named else { return }
        row.categories = named
        if let missing = Processor.Category.always.first(where: { !named.contains($0) }) {
            fields.fail("categories", "lacks \(missing.rawValue)", hint: "every request carries it")
        }
    }

    private static func hosts(_ value: JSONValue) -> [String]? {
        guard let words = value.array?.map(\.string) else { return nil }
        let hosts = words.compactMap { word in
            word.flatMap { Processor.host(of: "https://" + $0) == $0.lowercased() ? $0.lowercased() : nil }
        }
        return hosts.count == words.count ? hosts : nil
    }
}

extension Processor {
    /// As a configuration says it.
    var document: JSONValue {
        .fields([
            "legal_name": .string(legalName), "purpose": .string(purpose),
            "categories": .array(categories.map { .string($0.rawValue) }),
            "hosts": .array(hosts.map { .string($0) }),
            "regions": terms.regions.isEmpty ? nil : .array(terms.regions.map { .string($0) }),
            "retention": .string(terms.retention.description), "training": .string(terms.training.rawValue),
            "dpa": .text(agreement), "from": .text(from), "source": .text(source),
        ])
    }
}
