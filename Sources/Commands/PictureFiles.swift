import Disk
import Domain
import Glibc

/// Pictures that a command reads and writes by the caller's own name; `-` is standard input or output.
enum PictureFiles {
    static func read(_ path: String, limit: Int) throws(CommandError) -> [UInt8] {
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes =
                path == "-"
                ? try Descriptor(adopting: dup(0)).readAll(limit: limit)
                : try Files.read(Files.absolute(path) ?? path, limit: limit)
        } catch {
            throw CommandError(.inputOutput, "\(path): \(error)")
        }
        guard let bytes else {
            throw CommandError(.data, "\(path): larger than \(limit) bytes", hint: "raise limits.reference_bytes")
        }
        return bytes
    }

    static func write(_ bytes: [UInt8], to path: String) throws(CommandError) {
        if path == "-" {
            guard Console.write(1, bytes) else {
                throw CommandError(.inputOutput, "standard output: the reader is gone")
            }
            return
        }
        do throws(DiskError) {
            try Files.writeDurably(bytes, to: path, mode: 0o644)
        } catch {
            throw CommandError(.inputOutput, "\(path): \(error)")
        }
    }

    /// The format that a file name asks for; nil for a name that asks for none.
    static func format(ofSuffix path: String) -> PictureFormat? {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        switch path[path.index(after: dot)...].lowercased() {
        case "png": return .png
        case "jpg", "jpeg": return .jpeg
        case "webp": return .webp
        default: return nil
        }
    }

    /// `--format`, else the suffix of OUT; nil where neither says.
    static func format(_ invocation: Invocation, out: String) throws(CommandError) -> PictureFormat? {
        guard let text = invocation.value("--format") else { return format(ofSuffix: out) }
        if let format = PictureFormat(rawValue: text) { return format }
        if ["avif", "jxl"].contains(text) { throw .notBuilt("the format \(text)") }
        throw CommandError(.usage, "--format is png, jpeg or webp")
    }

    /// A whole number of an option within a range.
    static func number(
        _ invocation: Invocation, _ option: String, _ range: ClosedRange<Int>, default standard: Int
    ) throws(CommandError) -> Int {
        guard let text = invocation.value(option) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw CommandError(.usage, "\(option) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    static func out(_ invocation: Invocation) throws(CommandError) -> String {
        guard let out = invocation.value("--output"), !out.isEmpty else {
            throw CommandError(.usage, "-o OUT is missing", hint: "darkroom \(invocation.verb.name) --help")
        }
        return out
    }
}
