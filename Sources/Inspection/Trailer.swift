extension Survey {
    /// Notes bytes behind the end of a picture, and what they look like: each a place where more than pixels travels.
    mutating func trailer(_ view: ByteView, label: String) {
        guard view.count > 0 else { return }
        find(.trailingData, view, label: label + Self.known(view))
        work += view.count
        if let start = Self.picture(in: view) { find(.secondImage, view.rest(from: start), label: label) }
        // The first box of a film: its length, then its name.
        if let name = view.firstIndex(of: "ftyp", from: 4) {
            find(.video, view.rest(from: name - 4), label: label)
        }
    }

    private static func picture(in view: ByteView) -> Int? {
        var from = 0
        while let found = view.firstIndex(of: 0xFF, from: from) {
            if view.matches([0xFF, 0xD8, 0xFF], at: found) { return found }
            from = found + 1
        }
        return view.firstIndex(of: "\u{1A}\n", from: 6).flatMap {
            view.matches(pngSignature, at: $0 - 6) ? $0 - 6 : nil
        }
    }

    /// What polyglots and telephones put there, by the mark at its beginning or end.
    private static func known(_ view: ByteView) -> String {
        if view.matches("PK\u{3}\u{4}", at: 0) || view.matches("PK\u{5}\u{6}", at: 0) { return " (ZIP)" }
        if view.matches("PK\u{5}\u{6}", at: view.count - 22) { return " (ZIP)" }
        if view.matches("Rar!", at: 0) { return " (RAR)" }
        if view.matches("%PDF-", at: 0) { return " (PDF)" }
        if view.matches("<", at: 0) { return " (HTML or XML)" }
        if view.matches("SEFT", at: view.count - 4) { return " (Samsung)" }
        return ""
    }
}
