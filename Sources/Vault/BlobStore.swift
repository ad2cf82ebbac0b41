import Disk

/// Work files by opaque id: prompts, references, normalized copies, answers. Each is sealed under a key, as a rule one a job;
/// without its key it is noise. No paths, so that an object store fits behind it.
package protocol BlobStore: Sendable {
    /// Makes a key, durable when the call returns, and gives its name.
    func newKey() async throws(VaultError) -> String
    /// Ends a key, and with it all that was sealed under it. One that is gone already is no error.
    func destroyKey(_ key: String) async throws(VaultError)
    /// The names of all keys, with the wall clock's milliseconds of their making.
    func keys() async throws(VaultError) -> [(key: String, changed: Int64)]

    /// Begins a blob; it exists for others only when `finish` has returned.
    func begin(under key: String) async throws(VaultError) -> any BlobWriter
    /// The whole blob; `.missing` where it or its key was destroyed, `.tooLarge` over `limit` bytes.
    func get(_ id: String, limit: Int) async throws(VaultError) -> [UInt8]
    /// The first bytes of a blob, at most so many; `.missing` where it was destroyed.
    func head(_ id: String, count: Int) async throws(VaultError) -> [UInt8]
    /// How many bytes the blob holds; `.missing` where it was destroyed.
    func size(_ id: String) async throws(VaultError) -> Int
    /// Ends the blob for good. One that is gone already is no error.
    func destroy(_ id: String) async throws(VaultError)
    /// Deletes what there is of a blob that was never finished, and of `count` blobs beside it.
    func destroyUnfinished(_ id: String, beside count: Int) async throws(VaultError)
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
    /// Takes the bytes for all there are, and lets go of the memory that more would want. After this nothing may be written.
    func close() throws(VaultError)
    /// Makes the blob durable, and closes it where it is not.
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
    package func put(_ bytes: [UInt8], under key: String) async throws(VaultError) -> String {
        let writer = try await begin(under: key)
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
