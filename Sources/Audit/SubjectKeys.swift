import Digests
package import Disk

/// The keys under which the log speaks of subjects, one file each. With its key a subject's entries lose their owner.
package struct SubjectKeys: Sendable {
    private let folder: String
    private static let keyCount = 32

    package init(_ folder: AuditFolder) {
        self.folder = folder.subjects
    }

    /// What the log calls the subject that the ledger knows under `reference`, a keyed hash; makes its key on first use.
    package func pseudonym(of reference: String) throws(DiskError) -> String {
        let found = try existing(reference)
        var key = if let found { found } else { try make(reference) }
        defer { for index in key.indices { key[index] = 0 } }
        return String(hexadecimal(keyedHash(Array(reference.utf8), key: key)).prefix(32))
    }

    /// A keyed hash of a text of the subject's, which nobody can make any more once the subject's key has ended.
    package func digest(of text: String, ofSubject reference: String) throws(DiskError) -> String {
        let found = try existing(reference)
        var key = if let found { found } else { try make(reference) }
        defer { for index in key.indices { key[index] = 0 } }
        return String(hexadecimal(keyedHash(Array(("text " + text).utf8), key: key)).prefix(32))
    }

    /// What the log calls the subject; nil where it has no key, or none any more.
    package func knownPseudonym(of reference: String) throws(DiskError) -> String? {
        guard let key = try existing(reference) else { return nil }
        return String(hexadecimal(keyedHash(Array(reference.utf8), key: key)).prefix(32))
    }

    /// Ends the key: overwritten, then unlinked, both durable. One that is gone already is no error.
    package func destroy(_ reference: String) throws(DiskError) {
        guard let place = place(reference), try Files.info(place) != nil else { return }
        try Files.shred(place)
        try Folders.sync(folder)
    }

    private func existing(_ reference: String) throws(DiskError) -> [UInt8]? {
        guard let place = place(reference) else { return nil }
        do throws(DiskError) {
            let key = try Files.read(place, limit: Self.keyCount)
            // One that a crash left without its bytes was never used.
            return key?.count == Self.keyCount ? key : nil
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    private func make(_ reference: String) throws(DiskError) -> [UInt8] {
        guard let place = place(reference) else { throw DiskError("name a subject's key", code: 22) }
        try Folders.make(folder)
        let key = randomBytes(Self.keyCount)
        try Files.writeDurably(key, to: place)
        return key
    }

    /// The ledger's references are hexadecimal; what is not gets no file.
    private func place(_ reference: String) -> String? {
        guard !reference.isEmpty, bytes(hexadecimal: reference) != nil else { return nil }
        return folder + "/" + reference
    }
}
