import Digests
import Disk
import Sealing

/// Small documents of one subject, each sealed under the subject's key: what is kept of it beyond its jobs, as history is.
/// The end of the key ends all of them, wherever a copy lies.
package struct SubjectVault: Sendable {
    private let folder: String
    private let keys: SubjectKeyFolder

    /// Most bytes of one document.
    package static let most = 8 << 20

    /// - Parameters:
    ///   - folder: for the documents, one folder a subject; made when it is needed.
    ///   - keys: that of the keys of jobs, in which those of subjects have a folder.
    ///   - hours: of the keys of hours.
    package init(folder: String, keys: String, hours: String, root: RootKey) {
        self.folder = folder
        self.keys = SubjectKeyFolder(keys: keys, hours: HourKeys(folder: hours, root: root))
    }

    /// Seals a document for a subject, whose key is made where it has none, and gives its id once it is durable.
    ///
    /// - Parameter reference: keyed hash of the subject, as the ledger knows it.
    package func seal(_ document: [UInt8], for reference: String) async throws(VaultError) -> String {
        guard document.count <= Self.most else { throw .tooLarge(limit: Self.most) }
        let (keys, place) = (keys, try place(of: reference))
        return try await BlockingLane.disk.run { () throws(VaultError) in
            let recipient = try keys.making(reference).recipient
            let sealed: [UInt8]
            do throws(SealingError) { sealed = try Sealer.seal(document, to: [recipient]) } catch {
                throw .unopened(error)
            }
            let id = hexadecimal(randomBytes(12))
            do throws(DiskError) {
                if try Files.info(place) == nil {
                    try Folders.make(place)
                    try Folders.sync(Files.parent(of: place))
                }
                try Files.writeDurably(sealed, to: place + "/" + id)
            } catch {
                throw .disk(error)
            }
            return id
        }
    }

    /// The whole document; `.missing` where it or the subject's key was ended.
    package func open(_ id: String, for reference: String) async throws(VaultError) -> [UInt8] {
        let (keys, place) = (keys, try place(of: reference, id))
        return try await BlockingLane.disk.run { () throws(VaultError) in
            guard let identity = try keys.find(reference) else { throw .missing }
            let sealed: [UInt8]?
            do throws(DiskError) {
                sealed = try Files.read(place, limit: Sealer.sealedCount(of: Self.most))
            } catch {
                throw error.isMissing ? .missing : .disk(error)
            }
            guard let sealed else { throw .tooLarge(limit: Self.most) }
            do throws(SealingError) {
                return try Opener.open(sealed, with: [identity])
            } catch {
                throw .unopened(error)
            }
        }
    }

    /// Ends one document. One that is gone already is no error.
    package func destroy(_ id: String, for reference: String) async throws(VaultError) {
        let place = try place(of: reference, id)
        try await onDisk { () throws(DiskError) in
            try Files.remove(place)
            if try Files.info(Files.parent(of: place)) != nil { try Folders.sync(Files.parent(of: place)) }
        }
    }

    /// All documents of a subject, with how many bytes each takes on the disk.
    package func documents(of reference: String) async throws(VaultError) -> [(id: String, bytes: Int64)] {
        let place = try place(of: reference)
        return try await onDisk { () throws(DiskError) in
            guard try Files.info(place) != nil else { return [] }
            return try Folders.list(place).entries.filter { Self.isID($0.name) }.map { ($0.name, $0.info.bytes) }
        }
    }

    /// Every subject that has documents.
    package func references() async throws(VaultError) -> [String] {
        let folder = folder
        return try await onDisk { () throws(DiskError) in
            guard try Files.info(folder) != nil else { return [] }
            return try Folders.list(folder).entries.map(\.name).filter(Self.isReference)
        }
    }

    /// Documents of a subject that were written before a moment of the wall clock, in milliseconds.
    package func documents(of reference: String, changedBefore moment: Int64) async throws(VaultError) -> [String] {
        let place = try place(of: reference)
        return try await onDisk { () throws(DiskError) in
            guard try Files.info(place) != nil else { return [] }
            return try Folders.list(place).entries
                .filter { Self.isID($0.name) && $0.info.changed / 1_000_000 <= moment }.map(\.name)
        }
    }

    /// Ends the subject's key, then all of its documents. Cut short, or called again, it goes on from there.
    package func end(_ reference: String) async throws(VaultError) {
        let (keys, place) = (keys, try place(of: reference))
        try await BlockingLane.disk.run { () throws(VaultError) in try keys.destroy(reference) }
        try await onDisk { () throws(DiskError) in
            guard try Files.info(place) != nil else { return }
            try Folders.removeTree(place)
            try Folders.sync(Files.parent(of: place))
        }
    }

    /// Gives all that a subject has another reference, which nobody can tell it from. Cut short, it goes on where it is called again.
    package func move(_ reference: String, to other: String) async throws(VaultError) {
        let (keys, from, to) = (keys, try place(of: reference), try place(of: other))
        try await onDisk { () throws(DiskError) in
            guard try Files.info(from) != nil else { return }
            try Files.rename(from, to: to)
            try Folders.sync(Files.parent(of: from))
        }
        try await BlockingLane.disk.run { () throws(VaultError) in try keys.move(reference, to: other) }
    }

    // MARK: places

    /// References are hexadecimal, so that none names another place.
    package static func isReference(_ text: String) -> Bool {
        (16...128).contains(text.utf8.count) && bytes(hexadecimal: text) != nil
    }

    private static func isID(_ text: String) -> Bool { text.utf8.count == 24 && bytes(hexadecimal: text) != nil }

    private func place(of reference: String) throws(VaultError) -> String {
        guard Self.isReference(reference) else { throw .disk(DiskError("name a subject's folder", code: 22)) }
        return folder + "/" + reference
    }

    private func place(of reference: String, _ id: String) throws(VaultError) -> String {
        guard Self.isID(id) else { throw .missing }
        return try place(of: reference) + "/" + id
    }

    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws(DiskError) -> Value
    ) async throws(VaultError) -> Value {
        do throws(DiskError) { return try await BlockingLane.disk.run(work) } catch { throw .disk(error) }
    }
}
