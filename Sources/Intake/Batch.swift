package import Disk
package import Domain

/// A claimed `NAME.jsonl`, read a few lines at a time: no more of it is in memory than its next lines.
///
/// Each line is a job of its own, whose token is made of the claim's and of the number of its line; so a batch that is read again
/// from the start, after a crash, makes no job twice.
package struct Batch: Sendable {
    package let claim: Claim
    /// NAME as it was dropped.
    package let name: String
    package let id: BatchID
    /// By the age clock: when it left the inbox.
    package let claimed: Timestamp
    private let path: String
    private let longest: Int
    private let known: LineSet
    private var offset: Int64 = 0
    private var number = 0
    private var isRead = false
    private var again: [BatchLine] = []
    /// The user whose file it is.
    package let droppedBy: UInt32
    /// Whether no line held anything.
    package private(set) var isBlank = true
    /// Whether lines of it that are no jobs may have been: the ledger that knew them came from a backup.
    package let isDoubted: Bool

    /// - Parameters:
    ///   - longest: bytes of a line; of a longer one only its length is read.
    ///   - owners: users whose file is read; empty for everybody's.
    ///   - known: the lines that are jobs already.
    /// - Returns: nil where the claim holds no batch that can be read.
    package init?(
        _ claim: Claim, longest: Int, owners: Set<UInt32> = [], known: LineSet = LineSet()
    ) throws(DiskError) {
        let entries = try Folders.list(claim.folder).entries
        // Looked at again: between the look into the inbox and the claim somebody may have put another file in its place.
        guard let file = entries.first(where: { Self.isBatch($0.name) && $0.info.isOwnFile }),
            owners.isEmpty || owners.contains(file.info.owner)
        else { return nil }
        self.claim = claim
        droppedBy = file.info.owner
        self.longest = longest
        self.known = known
        name = InboxNames.split(file.name)?.stem ?? file.name
        id = claim.batch(named: name)
        path = claim.folder + "/" + file.name
        do throws(DiskError) {
            _ = try Descriptor.reading(path)
        } catch {
            guard error.isForbidden else { throw error }
            return nil
        }
        claimed = Timestamp(milliseconds: (try Files.info(claim.folder)?.modified ?? 0) / 1_000_000)
        isDoubted = entries.contains { $0.name == Self.doubtMark }
    }

    private static let doubtMark = ".doubted"
    /// A file of this name beside the batch says that a person cancelled what is left of it.
    static let cancelMark = ".cancelled"

    package var isCancelled: Bool { Files.exists(claim.folder + "/" + Self.cancelMark) }

    /// Marks every batch that was being read, durably: what is left of it may have been bought.
    package static func doubtAll(in claims: String) throws(DiskError) {
        for claim in try Folders.list(claims).entries where claim.name.hasPrefix(Arrival.Form.batch.rawValue + "-") {
            let mark = claims + "/" + claim.name + "/" + doubtMark
            if Files.exists(mark) { continue }
            try Files.writeDurably([], to: mark)
            // A mark makes no claim younger.
            try Folders.setModified(claims + "/" + claim.name, claim.info.modified / 1_000_000)
        }
    }

    static func isBatch(_ name: String) -> Bool { InboxNames.split(name)?.suffix.lowercased() == "jsonl" }

    /// Whether every line was given out, and none came back.
    package var isOver: Bool { isRead && again.isEmpty }

    /// Most lines that one call passes over: a file may hold a thousand million that are blank or jobs already.
    private static let mostPassed = 20_000

    /// Most bytes and lines that are read and kept because they can not go now, so that those behind them may.
    private static let mostAside = (lines: 256, bytes: 4 << 20)

    /// Whether lines that were read wait until they can go.
    package var hasAside: Bool { !again.isEmpty }

    /// The next lines that are no jobs yet, at most `most`; none at the end, or where so many were passed over (`isOver` tells).
    ///
    /// - Parameter mayGo: asked of each line in turn; one that may not is kept, and asked for again at the next call.
    package mutating func next(
        _ most: Int, mayGo: (BatchLine) -> Bool = { _ in true }
    ) throws(DiskError) -> [BatchLine] {
        var lines: [BatchLine] = []
        var kept: [BatchLine] = []
        for line in again {
            if lines.count < most, mayGo(line) { lines.append(line) } else { kept.append(line) }
        }
        again = kept
        var aside = again.reduce(0) { $0 + $1.text.bytes }
        guard lines.count < most, !isRead else { return lines }
        // A handful of lines is asked for at a time: most are short.
        let reader = try LineReader(path, from: offset, longest: longest, piece: 16 << 10)
        for _ in 0..<Self.mostPassed where lines.count < most {
            guard again.count < Self.mostAside.lines, aside < Self.mostAside.bytes else { break }
            guard let (text, end) = try reader.next() else {
                isRead = true
                break
            }
            offset = end
            number += 1
            if text.isBlank { continue }
            isBlank = false
            if known.contains(number) { continue }
            let line = BatchLine(number: number, token: "\(claim.token).\(number)", text: text)
            if mayGo(line) {
                lines.append(line)
            } else {
                again.append(line)
                aside += text.bytes
            }
        }
        return lines
    }

    /// Keeps what is overdue until it has been said of each line that it is: the images go at once, and the claim counts as
    /// claimed at `moment`, so that a sweep leaves the rest of that day for it.
    package func prolong(claimedAt moment: Timestamp) throws(DiskError) {
        let kept = [path] + [Self.doubtMark, Self.cancelMark].map { claim.folder + "/" + $0 }
        for entry in try Folders.list(claim.folder).entries where !kept.contains(claim.folder + "/" + entry.name) {
            try Folders.removeTree(claim.folder + "/" + entry.name)
        }
        try Folders.setModified(claim.folder, moment.milliseconds)
    }

    /// Whether nothing is left to read: a sweep took it.
    package var isGone: Bool { !Files.exists(claim.folder) }

    /// Takes back a line that could not be accepted yet.
    package mutating func putBack(_ line: BatchLine) { again.append(line) }
}

/// Numbers of lines, a bit each: of a batch of a million lines no more than that is kept in mind.
package struct LineSet: Sendable, Hashable {
    private var words: [UInt64] = []
    /// Beyond this no line is kept in mind; it is found to be a job when it is accepted again.
    private static let most = 100_000_000

    package init() {}

    package mutating func insert(_ number: Int) {
        guard (0..<Self.most).contains(number) else { return }
        while words.count <= number / 64 { words.append(0) }
        words[number / 64] |= 1 << UInt64(number % 64)
    }

    /// Takes in the line that a job's token names (`TOKEN.17`).
    package mutating func insert(token: String) {
        if let number = token.split(separator: ".").last.flatMap({ Int($0) }) { insert(number) }
    }

    func contains(_ number: Int) -> Bool {
        number >= 0 && words.indices.contains(number / 64) && words[number / 64] & 1 << UInt64(number % 64) != 0
    }
}

/// One line of a batch.
package struct BatchLine: Sendable {
    /// From 1 on, blank lines counted: as an editor shows it.
    package let number: Int
    package let token: String
    package let text: LineReader.Text
}

extension Claim {
    /// The id of the batch that the claim holds: the same for all its lines, and after a crash again.
    package func batch(named name: String) -> BatchID {
        let random = token.utf8.suffix(16).map {
            UInt8(truncatingIfNeeded: Character(Unicode.Scalar($0)).hexDigitValue ?? 0)
        }
        return BatchID(
            name: name, random: stride(from: 0, to: random.count - 1, by: 2).map { random[$0] << 4 | random[$0 + 1] })
    }
}

extension LineReader.Text {
    /// That it takes in memory.
    var bytes: Int {
        guard case .whole(let bytes) = self else { return 0 }
        return bytes.count
    }

    var isBlank: Bool {
        guard case .whole(let bytes) = self else { return false }
        return bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }
}
