import Digests
import Disk
import Sealing

/// The keys of subjects, one file each by the subject's reference: an age identity, sealed to the root key as those of hours are.
///
/// They stand in a folder of their own inside that of the keys of jobs.
struct SubjectKeyFolder: Sendable {
    private let path: String
    private let hours: HourKeys

    init(keys: String, hours: HourKeys) {
        path = keys + "/" + Self.name
        self.hours = hours
    }

    static let name = "subjects"

    /// The subject's key; a new one, durable, where it has none yet.
    func making(_ reference: String) throws(VaultError) -> Identity {
        if let identity = try find(reference) { return identity }
        let lock = try hours.lock()
        defer { _ = lock }
        if let identity = try find(reference) { return identity }
        guard let root = try hours.root.identities().first else { throw .rootKey("is not there") }
        let identity = Identity()
        do throws(DiskError) { try Folders.make(path) } catch { throw .disk(error) }
        try write(identity, reference, to: root.recipient)
        return identity
    }

    /// Nil where the subject has none, or none any more.
    func find(_ reference: String) throws(VaultError) -> Identity? {
        guard let sealed = try read(try place(reference)) else { return nil }
        let roots = try hours.root.identities()
        do throws(VaultError) {
            return try Identity(sealed: sealed, with: roots)
        } catch {
            throw .rootKey("does not open a subject's key: put the one before back, or name it to key rotate --from")
        }
    }

    /// Looks whether the root key opens the keys of subjects: any of them tells.
    func check() throws(VaultError) {
        var refusal: VaultError?
        for name in try names() {
            do throws(VaultError) {
                if try find(name) != nil { return }
            } catch {
                refusal = error
            }
        }
        if let refusal { throw refusal }
    }

    /// Ends the key: overwritten, then unlinked, both durable. One that is gone already is no error.
    func destroy(_ reference: String) throws(VaultError) {
        let place = try place(reference)
        do throws(DiskError) {
            guard try Files.info(place) != nil else { return }
            try Files.shred(place)
            try Folders.sync(path)
        } catch {
            throw .disk(error)
        }
    }

    /// The same key under another reference. Where it has moved already, nothing happens.
    func move(_ reference: String, to other: String) throws(VaultError) {
        let (from, to) = (try place(reference), try place(other))
        do throws(DiskError) {
            guard try Files.info(from) != nil else { return }
            try Files.rename(from, to: to)
            try Folders.sync(path)
        } catch {
            throw .disk(error)
        }
    }

    /// Seals every key to another root key.
    func reseal(to recipient: Recipient, with openers: [Identity]) throws(VaultError) {
        for name in try names() {
            guard let sealed = try read(path + "/" + name) else { continue }
            try write(try Identity(sealed: sealed, with: openers), name, to: recipient)
        }
    }

    // MARK: files

    private func names() throws(VaultError) -> [String] {
        do throws(DiskError) {
            return try Folders.list(path).entries.map(\.name).filter { bytes(hexadecimal: $0) != nil }
        } catch {
            if error.isMissing { return [] }
            throw .disk(error)
        }
    }

    private func read(_ place: String) throws(VaultError) -> [UInt8]? {
        do throws(DiskError) {
            let sealed = try Files.read(place, limit: 4096)
            return sealed.flatMap { Identity.isDestroyed($0) ? nil : $0 }
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
    }

    private func write(_ identity: Identity, _ reference: String, to recipient: Recipient) throws(VaultError) {
        let (sealed, place) = (try identity.sealed(to: recipient), try place(reference))
        do throws(DiskError) {
            try Files.writeDurably(sealed, to: place)
        } catch {
            throw .disk(error)
        }
    }

    private func place(_ reference: String) throws(VaultError) -> String {
        guard SubjectVault.isReference(reference) else { throw .disk(DiskError("name a subject's key", code: 22)) }
        return path + "/" + reference
    }
}
