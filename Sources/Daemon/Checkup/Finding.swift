/// What one look found: a sentence for people, and what to do where all is not well.
///
/// Never a key, a token, a prompt or a name of a file that was handed over.
package struct Finding: Sendable, Hashable {
    package enum Level: String, Sendable, CaseIterable {
        case ok
        /// Jobs run; something is not as it should be.
        case warning
        /// No job could run, or a promise is broken.
        case error
    }

    /// Names stay the same, `disk.space`, `routes.mai.key`; the word before the first dot is its group.
    package let name: String
    package let level: Level
    package let message: String
    /// Nil where all is well.
    package let remedy: String?

    package static func ok(_ name: String, _ message: String) -> Finding {
        Finding(name: name, level: .ok, message: message, remedy: nil)
    }

    package static func warning(_ name: String, _ message: String, remedy: String) -> Finding {
        Finding(name: name, level: .warning, message: message, remedy: remedy)
    }

    package static func error(_ name: String, _ message: String, remedy: String) -> Finding {
        Finding(name: name, level: .error, message: message, remedy: remedy)
    }

    package var group: String { String(name.prefix { $0 != "." }) }
}
