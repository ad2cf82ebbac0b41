import CLinuxShim
import Disk
package import Domain
import Glibc

/// A program and its words, run with an environment that was made for it.
package struct Program: Sendable {
    /// Why there is no exit code.
    package enum Failure: Error, Sendable, CustomStringConvertible {
        case late(Span)
        case printedMore(than: Int)
        case notStarted(Int32)

        package var description: String {
            switch self {
            case .late(let patience): "took longer than \(patience)"
            case .printedMore(let most): "printed more than \(most / 1024) kB"
            case .notStarted(let code): "could not be started: \(DiskError.text(of: code))"
            }
        }
    }

    /// The program, found by PATH where it has no slash, and what it is told.
    package let words: [String]
    /// Each `NAME=VALUE`.
    package let environment: [String]

    package init(_ words: [String], environment: [String]) {
        self.words = words
        self.environment = environment
    }

    /// Lines of this process's own environment, for a program's.
    package static func inherited(_ names: [String]) -> [String] {
        names.compactMap { name in
            guard let value = unsafe getenv(name) else { return nil }
            return unsafe "\(name)=\(String(cString: value))"
        }
    }

    /// Whether there is such a program that this user may execute, found by PATH where it has no slash.
    package static func canBeRun(_ program: String) -> Bool {
        let path = program.contains("/") ? nil : inherited(["PATH"]).first?.dropFirst("PATH=".count)
        let places = path.map { $0.split(separator: ":").map { $0 + "/" } } ?? [""]
        return places.contains { place in
            let path = place + program
            var status = stat()
            return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
        }
    }

    /// Runs it and blocks until it has ended; it and what it started are killed where it takes longer than `patience`.
    ///
    /// - Parameter most: most bytes that it may print; 0 throws away whatever it prints.
    /// - Returns: its exit code (128 and the signal's number where one ended it), and what it printed to standard output.
    package func run(patience: Span, most: Int = 0) throws(Failure) -> (code: Int32, printed: [UInt8]) {
        var printed = [UInt8](repeating: 0, count: most)
        var length = 0
        var code: Int32 = 0
        let failure = unsafe withCStrings(words) { words in
            unsafe withCStrings(environment) { environment in
                unsafe printed.withUnsafeMutableBytes { room in
                    unsafe lx_run(
                        words, environment, Int32(patience.milliseconds), most == 0 ? nil : room.baseAddress, most,
                        &length, &code)
                }
            }
        }
        switch -failure {
        case 0: return (code, Array(printed[..<length]))
        case ETIMEDOUT: throw .late(patience)
        case EMSGSIZE: throw .printedMore(than: most)
        case let other: throw .notStarted(other)
        }
    }
}
