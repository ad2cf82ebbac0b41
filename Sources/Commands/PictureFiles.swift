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
        let suffix = path[path.index(after: dot)...].lowercased()
        return suffix == "jpg" ? .jpeg : PictureFormat(rawValue: suffix)
    }

    /// `--format`, else the suffix of OUT; nil where neither says, refused where it is none of `known`.
    static func format(
        _ invocation: Invocation, out: String, of known: [PictureFormat] = PictureFormat.allCases
    ) throws(CommandError) -> PictureFormat? {
        let text = invocation.value("--format")
        guard let format = text.map(PictureFormat.init(rawValue:)) ?? format(ofSuffix: out) else {
            guard text != nil else { return nil }
            throw CommandError(.usage, "--format is \(words(known))")
        }
        guard known.contains(format) else {
            throw CommandError(.usage, "\(format.rawValue) is not made here: \(words(known))")
        }
        return format
    }

    private static func words(_ formats: [PictureFormat]) -> String {
        let names = formats.map(\.rawValue)
        return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
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
