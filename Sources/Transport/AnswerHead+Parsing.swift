extension AnswerHead {
    /// Reads a status line and header lines; nil when the first line is no status line.
    ///
    /// Lines that are no header, and continued lines, are passed over: they do not decide what a paid answer is worth.
    init?(head: String, bodyBytes: Int, tlsVersion: String?) {
        let lines = head.split(whereSeparator: \.isNewline)
        guard let first = lines.first else { return nil }
        let words = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), words[1].utf8.count == 3, let status = Int(words[1]),
            (100...999).contains(status)
        else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), line.first != " ", line.first != "\t" else { continue }
            let name = line[..<colon].lowercased()
            if name.isEmpty { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            let end = value.lastIndex { $0 != " " && $0 != "\t" }
            headers[name] = end.map { String(value[...$0]) } ?? ""
        }
        self.init(
            status: status, headers: headers, bodyBytes: bodyBytes, protocolVersion: String(words[0]),
            tlsVersion: tlsVersion)
    }
}
