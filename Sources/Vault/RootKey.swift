import Disk
import Sealing

/// The key that keys of hours are sealed to: an age identity (`AGE-SECRET-KEY-1…`, as `age-keygen` makes one), read whenever it is
/// needed and kept nowhere.
package struct RootKey: Sendable {
    package enum Place: Sendable {
        /// A file of our own, made where there is none.
        case own(String)
        /// What the operator keeps elsewhere: gives the text of a file of keys.
        case given(@Sendable () throws(VaultError) -> [UInt8])
    }

    package let place: Place

    package init(_ place: Place) { self.place = place }

    /// Where the next key of our own stands while keys are sealed to it anew.
    private static let next = ".next"

    /// What opens keys of hours, the one that they are sealed to first. Makes a key of our own where there is none.
    func identities() throws(VaultError) -> [Identity] {
        switch place {
        case .given(let read):
            guard let identity = try Self.parsed(read()) else { throw .rootKey("is no age identity (see age-keygen)") }
            return [identity]
        case .own(let path):
            let known = [try Self.read(path), try Self.read(path + Self.next)].compactMap { $0 }
            return known.isEmpty ? [try Self.make(path)] : known
        }
    }

    // MARK: rotation

    /// The key that takes the place of one of our own; the same again until `finishRotation`.
    func nextIdentity(_ path: String) throws(VaultError) -> Identity {
        if let begun = try Self.read(path + Self.next) { return begun }
        return try Self.make(path + Self.next)
    }

    /// From here on nothing opens what is sealed to the old key alone.
    func finishRotation(_ path: String) throws(VaultError) {
        do throws(DiskError) {
            try Files.overwrite(path)
            try Files.rename(path + Self.next, to: path)
            try Folders.sync(Files.parent(of: path))
        } catch {
            throw .disk(error)
        }
    }

    // MARK: text

    /// Nil where there is no file, or one that was overwritten.
    private static func read(_ path: String) throws(VaultError) -> Identity? {
        let text: [UInt8]?
        do throws(DiskError) {
            text = try Files.read(path, limit: 4096)
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
        guard let text, text.contains(where: { $0 != 0 }) else { return nil }
        guard let identity = try parsed(text) else { throw .rootKey("in \(path) is damaged") }
        return identity
    }

    private static func make(_ path: String) throws(VaultError) -> Identity {
        let identity = Identity()
        do throws(DiskError) {
            try Files.writeDurably(secret: identity.text(), to: path, mode: 0o400)
        } catch {
            throw .disk(error)
        }
        return identity
    }

    /// The identity in the text of a file of keys, of which other lines are comments. The text is overwritten as far as it can be.
    static func parsed(_ text: consuming [UInt8]) throws(VaultError) -> Identity? {
        var text = text
        defer { for index in text.indices { text[index] = 0 } }
        for line in text.split(separator: UInt8(ascii: "\n")) where !line.starts(with: [UInt8(ascii: "#")]) {
            let ending = line.reversed().prefix { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") }.count
            if let identity = try? Identity(text: Array(line.dropLast(ending))) { return identity }
        }
        return nil
    }
}

extension Files {
    /// As `writeDurably`, of what must lie nowhere else.
    fileprivate static func writeDurably(
        secret: SecretBytes, to path: String, mode: UInt32
    ) throws(DiskError) {
        var bytes = unsafe secret.withBytes { unsafe Array($0) }
        bytes.append(UInt8(ascii: "\n"))
        defer { for index in bytes.indices { bytes[index] = 0 } }
        try writeDurably(bytes, to: path, mode: mode)
    }
}
