/// Names in the inbox that are left alone whatever they are: public surface, section 2.
package enum IgnoredNames {
    private static let unfinished = [
        ".part", ".partial", ".tmp", ".temp", ".swp", ".filepart", ".crdownload", ".download",
    ]

    package static func contains(_ name: String) -> Bool {
        if name.hasPrefix(".") || name.hasPrefix("~") || name == "tmp" { return true }
        let lower = name.lowercased()
        return unfinished.contains { lower.hasSuffix($0) }
    }
}
