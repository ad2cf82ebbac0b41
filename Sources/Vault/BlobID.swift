import Digests

/// How the ids of work files are made: the key they are sealed under, then what tells them apart.
///
/// `KEY_RANDOM`, and `KEY_RANDOM-N` for one that belongs to another; KEY is 32 hexadecimal digits, of which the first ten are those of the hour in which it was made, RANDOM 24.
package enum BlobID {
    static let keyCount = 32

    static func make(under key: String) -> String { "\(key)_\(hexadecimal(randomBytes(12)))" }

    /// The blob that belongs to `id` and has this number.
    package static func beside(_ id: String, _ number: Int) -> String { "\(id)-\(number)" }

    /// The blob that this one belongs to; itself where it belongs to none.
    package static func owner(of id: String) -> String {
        id.firstIndex(of: "-").map { String(id[..<$0]) } ?? id
    }

    /// The hour in which a key was made, as its name says; nil for one from before hours had keys, as a rule.
    package static func hour(of key: String) -> Int64? { Int64(key.prefix(HourKeys.digits)) }

    /// The key that a blob is sealed under; empty for what is no blob's id.
    package static func key(of id: String) -> String {
        guard let end = id.firstIndex(of: "_"), id.utf8.distance(from: id.startIndex, to: end) == keyCount else {
            return ""
        }
        return String(id[..<end])
    }
}
