import Digests
package import Disk
package import Domain
import Synchronization

/// Counts prompts by cells of closed words, a week at a time, so that nothing can be led back to anybody once the week is over.
///
/// While a week is open, a file of its own holds for each contribution its cell and a token: the subject's reference, hashed under a
/// salt of the week, and of the cell, so that not even tokens of one week tell that two cells are of one subject. Nothing of it is
/// published before the week is closed, which ends salt and tokens. Blocks on the disk.
package final class PromptStatistics: Sendable {
    private let folder: String
    /// Lines that stand in the open week's file already, as far as this process wrote or read them.
    private let known = Mutex<(week: Week, lines: Set<Int>)?>(nil)

    /// - Parameter folder: `.darkroom/statistics`, made when something is counted.
    package init(folder: String) {
        self.folder = folder
    }

    /// Most bytes that the contributions of a week may take: what comes after that is not counted.
    static let mostBytes = 64 << 20
    static let tokenBytes = 16

    func salt(_ week: Week) -> String { "\(folder)/\(week.name).salt" }
    func tokens(_ week: Week) -> String { "\(folder)/\(week.name).tokens" }
    func published(_ week: Week) -> String { "\(folder)/\(week.name).json" }

    // MARK: the open week

    /// Counts one prompt; a second one of the same subject, cell and week changes nothing.
    ///
    /// - Parameters:
    ///   - least: fewest subjects of a cell for it to be published. The most that was asked in a week holds for all of it.
    ///   - now: the age clock's.
    package func note(
        _ cell: PromptCell, of subjectRef: String, least: Int, at now: Timestamp
    ) throws(DiskError) {
        try Folders.make(folder)
        let lock = try held()
        defer { withExtendedLifetime(lock) {} }
        let week = Week(of: now)
        // A week is closed once: what was on its way meanwhile is not counted.
        guard !Files.exists(published(week)) else { return }
        let salt = try makingSalt(week)
        let token = Self.token(of: subjectRef, cell, salt)
        let line = "\(least) \(cell.text) \(token)\n"
        let digest = line.hashValue
        if known.withLock({ $0?.week == week && $0?.lines.contains(digest) == true }) { return }
        let file = try Descriptor.appending(tokens(week), makes: true)
        guard try file.info().bytes < Self.mostBytes else { return }
        try file.write(Array(line.utf8))
        known.withLock { known in
            if known?.week != week || (known?.lines.count ?? 0) > 1_000_000 { known = (week, []) }
            known?.lines.insert(digest)
        }
    }

    /// Takes what a subject has contributed to the open week out of it; what is closed has no trace of anybody.
    package func withdraw(_ subjectRef: String) throws(DiskError) {
        for week in try weeks() {
            let lock = try held()
            defer { withExtendedLifetime(lock) {} }
            guard let salt = try salt(of: week), let bytes = try Files.read(tokens(week), limit: 2 * Self.mostBytes)
            else { continue }
            var hashed: [PromptCell: String] = [:]
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            let left = lines.filter { line in
                guard let contribution = Contribution(line) else { return false }
                let token = hashed[contribution.cell] ?? Self.token(of: subjectRef, contribution.cell, salt)
                hashed[contribution.cell] = token
                return contribution.token != token
            }
            guard left.count < lines.count else { continue }
            try Files.writeDurably(Array(left.map { $0 + "\n" }.joined().utf8), to: tokens(week))
            known.withLock { $0 = nil }
        }
    }

    private func makingSalt(_ week: Week) throws(DiskError) -> [UInt8] {
        if let salt = try salt(of: week) { return salt }
        // Whatever was hashed under a salt that is gone counts for nobody.
        try Files.shred(tokens(week))
        let salt = randomBytes(32)
        try Files.writeDurably(salt, to: self.salt(week))
        return salt
    }

    func salt(of week: Week) throws(DiskError) -> [UInt8]? {
        do throws(DiskError) {
            let salt = try Files.read(self.salt(week), limit: 64)
            // Zeros are what a close that was cut short leaves.
            guard let salt, salt.count == 32, salt.contains(where: { $0 != 0 }) else { return nil }
            return salt
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    static func token(of subjectRef: String, _ cell: PromptCell, _ salt: [UInt8]) -> String {
        hexadecimal(keyedHash(Array("\(cell.text) \(subjectRef)".utf8), key: salt).prefix(tokenBytes))
    }

    // MARK: places

    /// Weeks that have a file which is not theirs to keep.
    func weeks() throws(DiskError) -> [Week] {
        guard Files.exists(folder) else { return [] }
        let names = try Folders.list(folder).entries.map(\.name)
        let open = names.filter { $0.hasSuffix(".salt") || $0.hasSuffix(".tokens") || $0.hasSuffix(".tmp") }
        return Set(open.compactMap { Week(name: $0.prefix(10)) }).sorted()
    }

    /// Longest that another process keeps the lock: a close of the fullest week takes seconds.
    private static let tries = 500

    /// One process at a time counts or closes.
    func held() throws(DiskError) -> FolderLock {
        for _ in 0..<Self.tries {
            if let lock = try FolderLock.take(folder + "/lock") { return lock }
            Monotonic.pause(milliseconds: 20)
        }
        throw DiskError("lock the folder of statistics", code: 11)
    }
}

/// One line of an open week's file.
struct Contribution {
    let least: Int
    let cell: PromptCell
    let token: String

    /// Nil for a line that was torn.
    init?(_ line: Substring) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, let least = Int(parts[0]), let cell = PromptCell(text: parts[1]),
            parts[2].utf8.count == 2 * PromptStatistics.tokenBytes
        else { return nil }
        self.least = least
        self.cell = cell
        self.token = String(parts[2])
    }
}
