import Documents
import Glibc

/// Standard output for results, standard error for remarks.
enum Console {
    static func print(_ text: String) { write(1, text) }
    static func print(_ document: JSONValue) { write(1, document.pretty) }
    static func remark(_ text: String) { write(2, text + "\n") }

    /// Writes bytes as they are; false when the reader is gone.
    @discardableResult
    static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func write(_ descriptor: Int32, _ text: String) { write(descriptor, Array(text.utf8)) }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Columns padded to one width each; the last one goes on below itself where it is too long for the terminal.
    ///
    /// - Parameter room: columns of the terminal that it is printed on; nil where it is none, and lines are as long as they are.
    static func table(_ rows: [[String]], room: Int? = isTerminal(1) ? columns(1) : nil) -> String {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        return rows.map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                guard index == row.count - 1 else {
                    line += cell + String(repeating: " ", count: widths[index] - cell.count + 2)
                    continue
                }
                if let room, room - line.count < 20, line.count + cell.count > room {
                    // Too narrow for a column of its own: it goes on below.
                    while line.last == " " { line.removeLast() }
                    line += folded(cell, width: room - 6).map { "\n      " + $0 }.joined()
                    continue
                }
                let start = String(repeating: " ", count: line.count)
                line += folded(cell, width: (room ?? .max) - line.count).joined(separator: "\n" + start)
            }
            return line + "\n"
        }.joined()
    }

    /// Lines of at most `width` columns, broken between words; less than 20 columns are not worth it.
    static func folded(_ text: String, width: Int) -> [String] {
        guard width >= 20, text.count > width else { return [text] }
        var lines = [""]
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let line = lines.removeLast()
            if line.isEmpty {
                lines.append(String(word))
            } else if line.count + word.count < width {
                lines.append("\(line) \(word)")
            } else {
                lines += [line, String(word)]
            }
        }
        return lines
    }
}
