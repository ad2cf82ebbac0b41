import Disk
import Glibc

/// A key that cannot be printed: its description is a mask.
package struct SecretText: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key itself, for the one header that carries it.
    package let exposed: String

    package init(_ text: String) {
        exposed = text
    }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension KeySource {
    /// Reads the key. What it throws names the source, never what was in it.
    package func read() throws(ConfigurationError) -> SecretText { try secret(try readBytes()) }

    /// The bytes as they stand there, which the caller is to overwrite.
    package func readBytes() throws(ConfigurationError) -> [UInt8] {
        switch self {
        case .environment(let name):
            guard let value = Self.environment(name) else { throw refusal("is not set") }
            return Array(value.utf8)
        case .credential(let name):
            guard let folder = Self.environment("CREDENTIALS_DIRECTORY") else {
                throw refusal("cannot be read: $CREDENTIALS_DIRECTORY is not set (systemd sets it for LoadCredential=)")
            }
            guard !name.contains("/"), !name.hasPrefix(".") else { throw refusal("is no plain name") }
            return try readFile(folder + "/" + name, mayBeShared: true)
        case .file(let path):
            return try readFile(path, mayBeShared: false)
        case .tokenCommand, .tokenFile: throw refusal("gives tokens, which are got when they are needed")
        }
    }

    func readFile(_ path: String, mayBeShared: Bool) throws(ConfigurationError) -> [UInt8] {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw refusal("cannot be read: \(DiskError.text(of: errno))") }
        if !mayBeShared, status.st_mode & 0o007 != 0 { throw refusal("may be read by everybody: chmod 600 \(path)") }
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes = try Files.read(Files.absolute(path) ?? path, limit: 65_536)
        } catch {
            throw refusal("cannot be read: \(DiskError.text(of: error.code))")
        }
        guard let bytes else { throw refusal("is larger than 64 kB") }
        return bytes
    }

    func secret(_ bytes: [UInt8]) throws(ConfigurationError) -> SecretText {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw refusal("is not UTF-8 text") }
        let trimmed = text.filter { !$0.isWhitespace }
        guard !trimmed.isEmpty else { throw refusal("is empty") }
        guard trimmed.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 && $0.value < 0x7F }) else {
            throw refusal("holds characters that no key has")
        }
        return SecretText(trimmed)
    }

    func refusal(_ what: String) -> ConfigurationError {
        ConfigurationError(source: "key", faults: ["\(self) \(what)"])
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
