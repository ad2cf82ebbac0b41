/// Why bytes could not be sealed or opened. Nothing in it tells of what was sealed, or of a key.
package enum SealingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where a file stops that should go on.
    package enum Part: String, Sendable {
        /// Everything before the first chunk: the header, and the nonce after it.
        case header
        case payload
    }

    /// What a header does that the format forbids.
    package enum HeaderFault: String, Sendable {
        case stanza = "a recipient's line is not one"
        case body = "a recipient's body is not canonical base64 in lines of 64 characters"
        case share = "an X25519 recipient has not one share of 32 bytes and a body of 32"
        case weakShare = "an X25519 share leads to the disallowed secret of zeros"
        case passphraseBesideOthers = "a passphrase stands beside other recipients"
        case noRecipient = "there is no recipient"
        case code = "its last line is not a code of 32 bytes in canonical base64"
    }

    /// Not an age file of version 1.
    case notSealed
    case damagedHeader(HeaderFault)
    /// The header is longer than any that is read here.
    case headerTooLarge(limit: Int)
    /// None of the keys at hand opens the file.
    case noSuchRecipient
    /// A key opens the file, but its header was changed after it was written.
    case wrongHeaderCode
    case truncated(Part)
    /// The chunk of that number, counted from 0, was changed, or the file was cut inside it.
    case damagedChunk(UInt64)
    /// Only a file of no bytes may end with a chunk of none.
    case emptyLastChunk
    /// Bytes follow the last chunk.
    case trailingData
    /// A text that is not an `age1…` recipient.
    case notARecipient
    /// A text that is not an `AGE-SECRET-KEY-1…` identity.
    case notAnIdentity
    /// A recipient that leads to the disallowed secret of zeros: no key pair has it.
    case weakRecipient
    /// A file has to be sealed to between 1 and `limit` recipients.
    case recipients(count: Int, limit: Int)

    package var description: String {
        switch self {
        case .notSealed: "a sealed file does not begin as one"
        case .damagedHeader(let fault): "a sealed file's header is damaged: \(fault.rawValue)"
        case .headerTooLarge(let limit): "a sealed file's header has more than \(limit) bytes"
        case .noSuchRecipient: "a sealed file is for none of the keys at hand"
        case .wrongHeaderCode: "a sealed file's header was changed after it was written"
        case .truncated(let part): "a sealed file ends in its \(part.rawValue)"
        case .damagedChunk(let number): "a sealed file is damaged or cut in chunk \(number)"
        case .emptyLastChunk: "a sealed file ends with an empty chunk"
        case .trailingData: "a sealed file has bytes after its end"
        case .notARecipient: "a recipient is not written as age1… with its checksum"
        case .notAnIdentity: "an identity is not written as AGE-SECRET-KEY-1… with its checksum"
        case .weakRecipient: "a recipient is a point that no key pair has"
        case .recipients(let count, let limit): "a file is sealed to 1 to \(limit) recipients, not to \(count)"
        }
    }
}
