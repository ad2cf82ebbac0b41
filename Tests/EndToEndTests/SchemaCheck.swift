import Foundation

/// What of a document does not fit a JSON Schema that the program printed; as much of the dialect as ours need.
enum SchemaCheck {
    static func faults(_ value: Any, _ schema: [String: Any], at path: String = "") -> [String] {
        var faults: [String] = []
        if let type = schema["type"] as? String, !fits(value, type) { faults.append("\(path) is no \(type)") }
        if let only = schema["const"] as? String, value as? String != only { faults.append("\(path) is not \(only)") }
        if let words = schema["enum"] as? [String], !words.contains(value as? String ?? "") {
            faults.append("\(path) is none of \(words)")
        }
        if let pattern = schema["pattern"] as? String, let text = value as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            faults.append("\(path) does not fit \(pattern)")
        }
        if let least = schema["minimum"] as? Int, let number = value as? Int, number < least {
            faults.append("\(path) is less than \(least)")
        }
        if let items = schema["items"] as? [String: Any], let values = value as? [Any] {
            for (index, one) in values.enumerated() { faults += Self.faults(one, items, at: "\(path)[\(index)]") }
        }
        guard let members = value as? [String: Any] else { return faults }
        for key in schema["required"] as? [String] ?? [] where members[key] == nil {
            faults.append("\(path).\(key) is missing")
        }
        let properties = schema["properties"] as? [String: Any] ?? [:]
        for (key, member) in members {
            // A shape without properties says nothing of what is in it.
            guard let shape = properties[key] as? [String: Any] else {
                if !properties.isEmpty { faults.append("\(path).\(key) is not known") }
                continue
            }
            faults += Self.faults(member, shape, at: path + "." + key)
        }
        return faults
    }

    private static func fits(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "integer": value is Int
        case "boolean": value is Bool
        default: true
        }
    }
}
