import Disk
import Glibc
import Sealing
import Synchronization

/// Keys of hours, to which the keys of that hour's jobs are sealed: one file each, itself sealed to the root key. Without it
/// nothing of the hour can be read, wherever it was copied to.
final class HourKeys: Sendable {
    private let folder: String
    let root: RootKey
    private let known = Mutex<[Int64: Identity]>([:])

    init(folder: String, root: RootKey) {
        self.folder = folder
        self.root = root
    }

    /// Digits of an hour in names.
    static let digits = 10

    /// The hour's number, as it stands in names.
    static func name(_ hour: Int64) -> String {
        let text = String(max(0, hour))
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The key of an hour; a new one, durable, where the hour has none yet.
    func making(_ hour: Int64) throws(VaultError) -> Identity {
        if let identity = try find(hour) { return identity }
        let lock = try lock()
        defer { _ = lock }
        if let identity = try find(hour) { return identity }
        guard let root = try root.identities().first else { throw .rootKey("is not there") }
        let identity = Identity()
        try write(identity, hour, to: root.recipient)
        known.withLock { $0[hour] = identity }
        return identity
    }

    /// Nil where the hour has none, or has none any more.
    func find(_ hour: Int64) throws(VaultError) -> Identity? {
        if let identity = known.withLock({ $0[hour] }) { return identity }
        guard let sealed = try read(hour) else { return nil }
        let roots = try root.identities()
        let identity: Identity
        do throws(VaultError) {
            identity = try Identity(sealed: sealed, with: roots)
        } catch {
            // Another root key than the one it was sealed to, as a rule: what it keeps is not lost.
            throw .rootKey("opens no key of an hour: put the one before back, or name it to key rotate --from")
        }
        known.withLock { $0[hour] = identity }
        return identity
    }

    /// Looks whether the root key can be read, or made, and opens any key of an hour: one that is damaged stops no start.
    func check() throws(VaultError) {
        _ = try root.identities()
        var refusal: VaultError?
        for hour in try hours().reversed() {
            do throws(VaultError) {
                if try find(hour) != nil { return }
            } catch {
                refusal = error
            }
        }
        if let refusal { throw refusal }
    }

    /// To whom keys of hours are sealed.
    func recipient() throws(VaultError) -> Recipient? { try root.identities().first?.recipient }

    /// Ends the keys of some hours; gives how many these were.
    func end(where isOver: (Int64) -> Bool) throws(VaultError) -> Int {
        known.withLock { known in known = known.filter { !isOver($0.key) } }
        var ended = 0
        for hour in try hours() where isOver(hour) {
            do throws(DiskError) {
                try Files.shred(folder + "/" + Self.name(hour))
            } catch {
                throw .disk(error)
            }
            ended += 1
        }
        if ended > 0 { try sync() }
        return ended
    }

    /// All hours that have a key, in order.
    func hours() throws(VaultError) -> [Int64] {
        do throws(DiskError) {
            return try Folders.list(folder).entries.compactMap { Int64($0.name) }.sorted()
        } catch {
            throw .disk(error)
        }
    }

    /// Seals every key of an hour anew, and those of subjects. Cut short, it is gone on with where it is begun again.
    ///
    /// - Parameter old: what the keys were sealed to before, where that is not ours.
    func rotate(from old: Identity?, and subjects: SubjectKeyFolder) throws(VaultError) -> Int {
        let lock = try lock()
        defer { _ = lock }
        var openers = try root.identities()
        var next = openers.first
        if case .own(let path) = root.place {
            next = try root.nextIdentity(path)
            next.map { openers.append($0) }
        } else if let old {
            openers.append(old)
        }
        guard let next else { throw .rootKey("is not there") }
        let all = try hours()
        for hour in all {
            guard let sealed = try read(hour) else { continue }
            try write(try Identity(sealed: sealed, with: openers), hour, to: next.recipient)
        }
        try subjects.reseal(to: next.recipient, with: openers)
        if case .own(let path) = root.place { try root.finishRotation(path) }
        return all.count
    }

    // MARK: files

    private func read(_ hour: Int64) throws(VaultError) -> [UInt8]? {
        do throws(DiskError) {
            let sealed = try Files.read(folder + "/" + Self.name(hour), limit: 4096)
            return sealed.flatMap { Identity.isDestroyed($0) ? nil : $0 }
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
    }

    private func write(_ identity: Identity, _ hour: Int64, to recipient: Recipient) throws(VaultError) {
        let sealed = try identity.sealed(to: recipient)
        do throws(DiskError) {
            try Files.writeDurably(sealed, to: folder + "/" + Self.name(hour))
        } catch {
            throw .disk(error)
        }
    }

    private func sync() throws(VaultError) {
        do throws(DiskError) { try Folders.sync(folder) } catch { throw .disk(error) }
    }

    /// A rotation and a new key exclude each other, also those of two processes.
    func lock() throws(VaultError) -> FolderLock {
        do throws(DiskError) {
            for _ in 0..<1000 {
                if let lock = try FolderLock.take(folder + "/lock") { return lock }
                usleep(10_000)
            }
        } catch {
            throw .disk(error)
        }
        throw .rootKey("is being rotated")
    }
}
