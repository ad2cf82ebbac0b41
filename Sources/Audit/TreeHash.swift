import Digests

/// A hash of the log's tree (RFC 6962, section 2.1): SHA-256 with leaves and inner nodes kept apart.
package struct TreeHash: Sendable, Hashable, CustomStringConvertible {
    package static let count = 32

    package let bytes: [UInt8]

    /// Nil for anything but 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = bytes
    }

    private init(digest: consuming SHA256Digest) {
        bytes = digest.finish()
    }

    /// The hash of one entry.
    package init(leaf: [UInt8]) {
        var digest = SHA256Digest()
        digest.update([0x00])
        digest.update(leaf)
        self.init(digest: digest)
    }

    /// The hash of what stands above two others.
    package init(_ left: TreeHash, _ right: TreeHash) {
        var digest = SHA256Digest()
        digest.update([0x01])
        digest.update(left.bytes)
        digest.update(right.bytes)
        self.init(digest: digest)
    }

    /// The root of a tree without leaves: the hash of nothing.
    package static let empty = TreeHash(digest: SHA256Digest())

    package var description: String { hexadecimal(bytes) }

    package var base64: String { Digests.base64(bytes) }

    /// Nil for what is not the padded base64 of 32 bytes.
    package init?(base64 text: String) {
        guard let bytes = Digests.bytes(base64: text) else { return nil }
        self.init(bytes)
    }

    /// Nil for what is not 64 lower-case hexadecimal digits.
    package init?(hexadecimal text: String) {
        guard let bytes = Digests.bytes(hexadecimal: text) else { return nil }
        self.init(bytes)
    }
}
