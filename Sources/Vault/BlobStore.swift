package import Disk

/// Work files by opaque id: prompts, references, normalized copies, answers. No paths, so that sealing and an object
/// store fit behind it.
package protocol BlobStore: Sendable {
    /// Begins a blob; it exists for others only when `finish` has returned.
    func begin() async throws(VaultError) -> any BlobWriter
    /// The whole blob; `.missing` where it was destroyed, `.tooLarge` over `limit` bytes.
    func get(_ id: String, limit: Int) async throws(VaultError) -> [UInt8]
    /// The first bytes of a blob, at most so many; `.missing` where it was destroyed.
    func head(_ id: String, count: Int) async throws(VaultError) -> [UInt8]
    /// How many bytes the blob has; `.missing` where it was destroyed.
    func size(_ id: String) async throws(VaultError) -> Int
    /// Ends the blob for good. One that is gone already is no error.
    func destroy(_ id: String) async throws(VaultError)
    /// Every blob there is, unfinished ones included, with the wall clock's milliseconds of its last change.
    func list() async throws(VaultError) -> [(id: String, changed: Int64)]
}

/// A blob being written, from any one thread at a time.
package protocol BlobWriter: AnyObject, Sendable {
    var id: String { get }
    /// Bytes so far.
    var count: Int { get }
    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError)
    /// Begins another blob that belongs to this one; its id follows from this one's (`BlobID.beside`).
    func beside(_ number: Int) throws(VaultError) -> any BlobWriter
    /// Makes the blob durable. After this nothing may be written.
    func finish() throws(VaultError)
    /// Leaves nothing behind.
    func abandon()
}

extension BlobWriter {
    package func write(_ bytes: [UInt8]) throws(VaultError) {
        var failure: VaultError?
        unsafe bytes.withUnsafeBytes { buffer in
            do throws(VaultError) { try unsafe write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

extension BlobStore {
    /// Writes one blob as a whole and returns its id once it is durable.
    package func put(_ bytes: [UInt8]) async throws(VaultError) -> String {
        let writer = try await begin()
        return try await BlockingLane.disk.run { () throws(VaultError) in
            do throws(VaultError) {
                try writer.write(bytes)
            } catch {
                writer.abandon()
                throw error
            }
            try writer.finish()
            return writer.id
        }
    }
}

/// How the ids of blobs that belong together are made.
package enum BlobID {
    /// The blob that belongs to `id` and has this number.
    package static func beside(_ id: String, _ number: Int) -> String { "\(id)-\(number)" }

    /// The blob that this one belongs to; itself where it belongs to none.
    package static func owner(of id: String) -> String {
        id.firstIndex(of: "-").map { String(id[..<$0]) } ?? id
    }
}

package enum VaultError: Error, Sendable, Hashable, CustomStringConvertible {
    case missing
    case tooLarge(limit: Int)
    case disk(DiskError)

    /// No room left on the disk.
    package var isFull: Bool {
        if case .disk(let error) = self { error.isFull } else { false }
    }

    package var description: String {
        switch self {
        case .missing: "a work file is gone"
        case .tooLarge(let limit): "a work file has more than \(limit) bytes"
        case .disk(let error): error.description
        }
    }
}
