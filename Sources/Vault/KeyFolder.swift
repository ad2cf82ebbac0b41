import Digests
import Disk
import Sealing

/// The keys of blobs, one file each: an age identity, sealed to the key of the hour in which it was made.
struct KeyFolder: Sendable {
    let path: String
    let hours: HourKeys

    func make(hour: Int64) throws(VaultError) -> String {
        let key = HourKeys.name(hour) + hexadecimal(randomBytes((BlobID.keyCount - HourKeys.digits) / 2))
        let sealed = try Identity().sealed(to: try hours.making(hour).recipient)
        do throws(DiskError) {
            let file = try Descriptor.creating(place(key))
            try file.write(sealed)
            try file.sync()
            try Folders.sync(path)
        } catch {
            throw .disk(error)
        }
        return key
    }

    /// Nil where there is no such key, or the one of its hour has ended.
    func identity(_ key: String) throws(VaultError) -> Identity? {
        guard let sealed = try read(key) else { return nil }
        // As they were before hours had keys.
        if sealed.starts(with: Array("AGE-SECRET-KEY-".utf8)) { return try RootKey.parsed(sealed) }
        guard let hour = BlobID.hour(of: key), let opener = try hours.find(hour) else { return nil }
        return try Identity(sealed: sealed, with: [opener])
    }

    func destroy(_ key: String) throws(DiskError) {
        try Files.shred(place(key))
        try Folders.sync(path)
    }

    private func read(_ key: String) throws(VaultError) -> [UInt8]? {
        do throws(DiskError) {
            let sealed = try Files.read(place(key), limit: 1024)
            return sealed.flatMap { Identity.isDestroyed($0) ? nil : $0 }
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
    }

    private func place(_ key: String) -> String { path + "/" + key }
}
