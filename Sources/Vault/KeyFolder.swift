import Digests
import Disk
import Sealing

/// The keys of blobs, one file each: an age identity, as the `age` tool takes it.
struct KeyFolder: Sendable {
    let path: String

    func make() throws(DiskError) -> String {
        let key = hexadecimal(randomBytes(BlobID.keyCount / 2))
        try unsafe Identity().text().withBytes { (text) throws(DiskError) in
            let file = try Descriptor.creating(place(key))
            try unsafe file.write(text)
            try file.sync()
        }
        try Folders.sync(path)
        return key
    }

    /// Nil where there is no such key.
    func identity(_ key: String) throws(VaultError) -> Identity? {
        let text: [UInt8]?
        do throws(DiskError) {
            text = try Files.read(place(key), limit: 256)
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
        guard var text else { return nil }
        defer { for index in text.indices { text[index] = 0 } }
        do throws(SealingError) {
            return try Identity(text: text)
        } catch {
            throw .unopened(error)
        }
    }

    func destroy(_ key: String) throws(DiskError) {
        try Files.remove(place(key))
        try Folders.sync(path)
    }

    private func place(_ key: String) -> String { path + "/" + key }
}
