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

    /// Columns padded to one width each, the last one as it is.
    static func table(_ rows: [[String]]) -> String {
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
                let isLast = index == row.count - 1
                line += cell + (isLast ? "" : String(repeating: " ", count: widths[index] - cell.count + 2))
            }
            return line + "\n"
        }.joined()
    }
}
