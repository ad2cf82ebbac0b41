import Disk
package import Sealing

/// Blobs as sealed files (age v1) of one private folder; their keys in another.
package struct FileBlobs: BlobStore {
    static let unfinished = ".part"
    private let folder: String
    private let keyFolder: KeyFolder
    private let subjectKeys: SubjectKeyFolder

    /// - Parameters:
    ///   - folder: exists, on the spool's file system, mode 0700.
    ///   - keys: the same, for the keys of jobs.
    ///   - hours: the same, for the keys of hours.
    package init(folder: String, keys: String, hours: String, root: RootKey) {
        self.folder = folder
        let hourKeys = HourKeys(folder: hours, root: root)
        keyFolder = KeyFolder(path: keys, hours: hourKeys)
        subjectKeys = SubjectKeyFolder(keys: keys, hours: hourKeys)
    }

    // MARK: keys

    package func newKey(hour: Int64) async throws(VaultError) -> String {
        let keyFolder = keyFolder
        return try await BlockingLane.disk.run { () throws(VaultError) in try keyFolder.make(hour: hour) }
    }

    /// Looks whether keys can be made and opened.
    package func checkKeys() async throws(VaultError) {
        let (hours, subjects) = (keyFolder.hours, subjectKeys)
        try await BlockingLane.disk.run { () throws(VaultError) in
            try hours.check()
            try subjects.check()
        }
    }

    package func endHours(before hour: Int64) async throws(VaultError) -> Int {
        let hours = keyFolder.hours
        return try await BlockingLane.disk.run { () throws(VaultError) in try hours.end { $0 < hour } }
    }

    package func endHours(before hour: Int64, but used: Set<Int64>) async throws(VaultError) -> Int {
        let hours = keyFolder.hours
        return try await BlockingLane.disk.run { () throws(VaultError) in
            try hours.end { $0 < hour && !used.contains($0) }
        }
    }

    /// Hours that have a key.
    package func hours() async throws(VaultError) -> [Int64] {
        let hours = keyFolder.hours
        return try await BlockingLane.disk.run { () throws(VaultError) in try hours.hours() }
    }

    /// How many jobs have a key.
    package func countKeys() async throws(VaultError) -> Int {
        let walk = try await walkKeys()
        var count = 0
        while case let names = try await walk.next(), !names.isEmpty { count += names.count }
        return count
    }

    /// Seals the keys of all hours and subjects anew: to a new key of our own, or to the one that is given now; gives of how many hours.
    ///
    /// - Parameter old: the text of the key that was given before.
    package func rotate(from old: [UInt8]?) async throws(VaultError) -> Int {
        let (hours, subjects) = (keyFolder.hours, subjectKeys)
        return try await BlockingLane.disk.run { () throws(VaultError) in
            let opener = try old.map { (text) throws(VaultError) in try RootKey.parsed(text) } ?? nil
            if old != nil, opener == nil { throw .rootKey("that was given before is no age identity") }
            return try hours.rotate(from: opener, and: subjects)
        }
    }

    /// The key of a job, `AGE-SECRET-KEY-1…`, as the `age` tool takes it; nil where it was destroyed.
    package func exportKey(_ key: String) async throws(VaultError) -> SecretBytes? {
        let keyFolder = keyFolder
        return try await BlockingLane.disk.run { () throws(VaultError) in try keyFolder.identity(key)?.text() }
    }

    /// To whom keys of hours are sealed, `age1…`.
    package func recipient() async throws(VaultError) -> String? {
        let hours = keyFolder.hours
        return try await BlockingLane.disk.run { () throws(VaultError) in try hours.recipient()?.description }
    }

    package func destroyKey(_ key: String) async throws(VaultError) {
        guard key.utf8.count == BlobID.keyCount else { return }
        let keyFolder = keyFolder
        try await Self.onDisk { () throws(DiskError) in try keyFolder.destroy(key) }
    }

    package func walkKeys() async throws(VaultError) -> any VaultWalk { try await walk(keyFolder.path) }

    // MARK: blobs

    package func begin(under key: String) async throws(VaultError) -> any BlobWriter {
        let (folder, keyFolder) = (folder, keyFolder)
        return try await BlockingLane.disk.run { () throws(VaultError) in
            guard let identity = try keyFolder.identity(key) else { throw .missing }
            let id = BlobID.make(under: key)
            return try FileBlobWriter(id: id, path: folder + "/" + id, recipient: identity.recipient)
        }
    }

    package func get(_ id: String, limit: Int) async throws(VaultError) -> [UInt8] {
        let bytes = try await open(id, upTo: limit, isWhole: true)
        guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        return bytes
    }

    package func head(_ id: String, count: Int) async throws(VaultError) -> [UInt8] {
        Array(try await open(id, upTo: count, isWhole: false).prefix(count))
    }

    package func size(_ id: String) async throws(VaultError) -> Int {
        let path = folder + "/" + id
        let info = try await Self.onDisk { () throws(DiskError) in try Files.info(path) }
        guard let info else { throw .missing }
        return Sealer.count(ofSealed: Int(clamping: info.bytes))
    }

    package func destroy(_ id: String) async throws(VaultError) {
        let path = folder + "/" + id
        let folder = folder
        try await Self.onDisk { () throws(DiskError) in
            try Files.remove(path)
            try Folders.sync(folder)
        }
    }

    package func destroyUnfinished(_ id: String, beside count: Int) async throws(VaultError) {
        let folder = folder
        try await Self.onDisk { () throws(DiskError) in
            for name in [id] + (0..<count).map({ BlobID.beside(id, $0) }) {
                try Files.remove(folder + "/" + name)
                try Files.remove(folder + "/" + name + Self.unfinished)
            }
            try Folders.sync(folder)
        }
    }

    package func walkBlobs() async throws(VaultError) -> any VaultWalk { try await walk(folder) }

    private func walk(_ folder: String) async throws(VaultError) -> any VaultWalk {
        FileWalk(folder: try await Self.onDisk { () throws(DiskError) in try FolderWalk(folder) })
    }

    /// Opens a blob up to a little more than `limit` bytes; all of it is checked only where it is whole.
    private func open(_ id: String, upTo limit: Int, isWhole: Bool) async throws(VaultError) -> [UInt8] {
        let (path, keyFolder) = (folder + "/" + id, keyFolder)
        return try await BlockingLane.disk.run { () throws(VaultError) in
            guard let identity = try keyFolder.identity(BlobID.key(of: id)) else { throw .missing }
            var opened = OpenedBlob(identity)
            do throws(DiskError) {
                let file = try Descriptor.reading(path)
                while opened.bytes.count <= limit, opened.failure == nil {
                    let piece = try file.readStart(OpenedBlob.piece)
                    if piece.isEmpty { break }
                    opened.add(piece)
                    if !isWhole, opened.bytes.count >= limit { return opened.bytes }
                }
            } catch {
                throw error.isMissing ? .missing : .disk(error)
            }
            return opened.bytes.count > limit ? opened.bytes : try opened.finished()
        }
    }

    private static func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws(DiskError) -> Value
    ) async throws(VaultError) -> Value {
        do throws(DiskError) {
            return try await BlockingLane.disk.run(work)
        } catch {
            throw .disk(error)
        }
    }
}

private struct FileWalk: VaultWalk {
    private static let portion = 500
    let folder: FolderWalk

    func next() async throws(VaultError) -> [VaultName] {
        let folder = folder
        // The folder of the subjects' keys stands among those of jobs; it alone makes no portion but the last.
        return await BlockingLane.disk.run { folder.next(Self.portion) }.filter { $0.info.kind != .folder }
            .map { VaultName(name: $0.name, changed: $0.info.changed / 1_000_000) }
    }
}

/// A blob on its way out of its seal.
private struct OpenedBlob: ~Copyable {
    static let piece = 256 << 10

    private(set) var bytes: [UInt8] = []
    private(set) var failure: VaultError?
    private var opener: Opener

    init(_ identity: Identity) { opener = Opener(with: [identity]) }

    mutating func add(_ piece: [UInt8]) {
        do throws(SealingError) {
            try opener.add(piece) { clear in unsafe clear.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) } }
        } catch {
            failure = .unopened(error)
        }
    }

    consuming func finished() throws(VaultError) -> [UInt8] {
        if let failure { throw failure }
        var all = bytes
        do throws(SealingError) {
            try opener.finish { clear in unsafe clear.withUnsafeBytes { unsafe all.append(contentsOf: $0) } }
        } catch {
            throw .unopened(error)
        }
        return all
    }
}
