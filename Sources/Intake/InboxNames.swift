/// Which names in the inbox mean something: public surface, section 2.
enum InboxNames {
    static let images = ["png", "jpg", "jpeg", "webp", "gif", "heic", "avif"]

    /// Name and suffix, `("a.b", "txt")`; nil without a suffix.
    static func split(_ name: String) -> (stem: String, suffix: String)? {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        return (String(name[..<dot]), String(name[name.index(after: dot)...]))
    }

    static func isImage(_ name: String) -> Bool {
        split(name).map { images.contains($0.suffix.lowercased()) } ?? false
    }

    /// NAME where this is `NAME.mask.png`, in any case; nil for other names.
    static func ownerOfMask(_ name: String) -> String? {
        let mask = ".mask.png"
        guard name.utf8.count > mask.utf8.count, name.lowercased().hasSuffix(mask) else { return nil }
        return String(name.dropLast(mask.count))
    }

    /// Whether the name is itself a hand-over's: a text, a manifest or a batch.
    static func isHandOver(_ name: String) -> Bool {
        ["txt", "json", "jsonl"].contains(split(name)?.suffix.lowercased() ?? "")
    }
}
