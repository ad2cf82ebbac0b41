import Documents
import Domain
import Glibc
import Synchronization

/// Lines for the operator on standard error: constant messages, facts as fields, never a prompt, a reference's name or
/// a key.
package struct Log: Sendable {
    package enum Level: Int, Sendable, Comparable {
        case debug, info, warning, error

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    private let least: Level
    private let isJSON: Bool
    private let write: @Sendable (String) -> Void
    private let secrets = Secrets()

    /// Values that no line shows; shared by all copies of a log.
    private final class Secrets: Sendable {
        let values = Mutex<[String]>([])
    }

    /// - Parameters:
    ///   - least: lines below this level are not written.
    ///   - isJSON: one JSON object a line; else plain text.
    package init(least: Level, isJSON: Bool, write: @escaping @Sendable (String) -> Void = Log.toStandardError) {
        self.least = least
        self.isJSON = isJSON
        self.write = write
    }

    /// A log that says nothing.
    package static let silent = Log(least: .error, isJSON: true, write: { _ in })

    /// Masks `secret` by its value wherever a line would show it from now on.
    package func conceal(_ secret: String) {
        // What is shorter is no key, and would eat words; of tokens that follow each other only the last ones can still turn up.
        guard secret.utf8.count >= 4 else { return }
        secrets.values.withLock { values in
            if values.contains(secret) { return }
            values = values.suffix(255) + [secret]
        }
    }

    private func masked(_ facts: [(String, String)]) -> [(String, String)] {
        let values = secrets.values.withLock { $0 }
        guard !values.isEmpty else { return facts }
        return facts.map { key, text in
            (key, values.reduce(text) { $0.contains($1) ? $0.replacing($1, with: "***") : $0 })
        }
    }

    package func debug(_ message: StaticString, _ facts: KeyValuePairs<String, String> = [:]) {
        line(.debug, message.description, facts.map { ($0.key, $0.value) })
    }

    package func info(_ message: StaticString, _ facts: KeyValuePairs<String, String> = [:]) {
        line(.info, message.description, facts.map { ($0.key, $0.value) })
    }

    package func warning(_ message: StaticString, _ facts: KeyValuePairs<String, String> = [:]) {
        line(.warning, message.description, facts.map { ($0.key, $0.value) })
    }

    package func error(_ message: StaticString, _ facts: KeyValuePairs<String, String> = [:]) {
        line(.error, message.description, facts.map { ($0.key, $0.value) })
    }

    func line(_ level: Level, _ message: String, _ facts: [(String, String)]) {
        guard level >= least else { return }
        let facts = masked(facts)
        let now = Self.wall()
        if isJSON {
            let fixed: [(String, String)] = [("time", now.description), ("level", level.name), ("message", message)]
            write(JSONValue.object((fixed + facts).map { .init(key: $0.0, value: .string($0.1)) }).compact + "\n")
        } else {
            let clock = now.description.dropFirst(11).dropLast(5)
            let tail = facts.map { "  \($0.0)=\($0.1)" }.joined()
            let mark = level >= .warning ? " \(level.name):" : ""
            write("\(clock)\(mark) \(message)\(tail)\n")
        }
    }

    private static func wall() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// One write a line, so that lines of several threads do not mix.
    package static let toStandardError: @Sendable (String) -> Void = { line in
        let bytes = Array(line.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
