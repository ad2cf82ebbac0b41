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
    /// Milliseconds since 1970: when it left the inbox.
    package let claimed: Int64
    private let path: String
    private let longest: Int
    private let known: Set<String>
    private var offset: Int64 = 0
    private var number = 0
    private var isRead = false
    private var again: [BatchLine] = []
    /// Whether no line held anything.
    package private(set) var isBlank = true

    /// - Parameters:
    ///   - longest: bytes of a line; of a longer one only its length is read.
    ///   - owners: users whose file is read; empty for everybody's.
    ///   - known: tokens of lines that are jobs already.
    /// - Returns: nil where the claim holds no batch that can be read.
    package init?(
        _ claim: Claim, longest: Int, owners: Set<UInt32> = [], known: Set<String> = []
    ) throws(DiskError) {
        let entries = try Folders.list(claim.folder).entries
        // Looked at again: between the look into the inbox and the claim somebody may have put another file in its place.
        guard let file = entries.first(where: { Self.isBatch($0.name) && $0.info.isOwnFile }),
            owners.isEmpty || owners.contains(file.info.owner)
        else { return nil }
        self.claim = claim
        self.longest = longest
        self.known = known
        name = InboxNames.split(file.name)?.stem ?? file.name
        path = claim.folder + "/" + file.name
        do throws(DiskError) {
            _ = try Descriptor.reading(path)
        } catch {
            guard error.isForbidden else { throw error }
            return nil
        }
        claimed = (try Files.info(claim.folder)?.modified ?? 0) / 1_000_000
    }

    static func isBatch(_ name: String) -> Bool { InboxNames.split(name)?.suffix.lowercased() == "jsonl" }

    /// Whether every line was given out, and none came back.
    package var isOver: Bool { isRead && again.isEmpty }

    /// Most lines that one call passes over: a file may hold a thousand million that are blank or jobs already.
    private static let mostPassed = 20_000

    /// The next lines that are no jobs yet, at most `most`; none at the end, or where so many were passed over (`isOver` tells).
    package mutating func next(_ most: Int) throws(DiskError) -> [BatchLine] {
        var lines = Array(again.prefix(most))
        again.removeFirst(lines.count)
        guard lines.count < most, !isRead else { return lines }
        let reader = try LineReader(path, from: offset, longest: longest)
        for _ in 0..<Self.mostPassed where lines.count < most {
            guard let (text, end) = try reader.next() else {
                isRead = true
                break
            }
            offset = end
            number += 1
            if text.isBlank { continue }
            isBlank = false
            let line = BatchLine(number: number, token: "\(claim.token).\(number)", text: text)
            if !known.contains(line.token) { lines.append(line) }
        }
        return lines
    }

    /// Keeps what is overdue until it has been said of each line that it is: the images go at once, and the claim counts as
    /// claimed `span` ago, so that a sweep leaves the rest of that day for it.
    package func prolong(claimedBefore span: Span) throws(DiskError) {
        for entry in try Folders.list(claim.folder).entries where claim.folder + "/" + entry.name != path {
            try Folders.removeTree(claim.folder + "/" + entry.name)
        }
        try Folders.setModified(claim.folder, Monotonic.wall() - span.milliseconds)
    }

    /// Whether nothing is left to read: a sweep took it.
    package var isGone: Bool { !Files.exists(claim.folder) }

    /// Takes back a line that could not be accepted yet.
    package mutating func putBack(_ line: BatchLine) { again.append(line) }

    /// The names of images in a batch that stands in the inbox; a line that is no manifest names none.
    package static func images(in path: String, longest: Int) throws(DiskError) -> [String] {
        let reader = try LineReader(path, from: 0, longest: longest)
        var seen: Set<String> = []
        var names: [String] = []
        while let (text, _) = try reader.next() {
            if text.isBlank { continue }
            guard case .whole(let bytes) = text, let manifest = try? Manifest.read(bytes) else { continue }
            for name in manifest.images where seen.insert(name).inserted {
                names.append(name)
            }
        }
        return names
    }
}

/// One line of a batch.
package struct BatchLine: Sendable {
    package enum Text: Sendable {
        case whole([UInt8])
        /// Bytes of a line that is longer than any may be.
        case tooLong(Int64)

        var isBlank: Bool {
            guard case .whole(let bytes) = self else { return false }
            return bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        }
    }

    /// From 1 on, blank lines counted: as an editor shows it.
    package let number: Int
    package let token: String
    package let text: Text

    /// `-XXXXXXXX-000001`: the same eight characters for all lines of a batch, and after a crash again.
    func mark(of claim: Claim) -> String {
        let random = claim.token.utf8.suffix(16).map {
            UInt8(truncatingIfNeeded: Character(Unicode.Scalar($0)).hexDigitValue ?? 0)
        }
        let bytes = stride(from: 0, to: random.count - 1, by: 2).map { random[$0] << 4 | random[$0 + 1] }
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
        return "-\(JobName.suffix(from: bytes))-\(zeros)\(digits)"
    }
}

/// Reads a file line by line, in pieces.
private final class LineReader {
    private let file: Descriptor
    private let longest: Int
    /// Where in the file the next line begins.
    private var place: Int64
    private var piece: [UInt8] = []
    private var used = 0

    private static let pieceSize = 256 << 10

    init(_ path: String, from offset: Int64, longest: Int) throws(DiskError) {
        file = try Descriptor.reading(path)
        self.longest = longest
        place = offset
    }

    /// The next line without its end, and where the one after it begins; nil at the end of the file.
    func next() throws(DiskError) -> (BatchLine.Text, Int64)? {
        var line: [UInt8] = []
        var length: Int64 = 0
        while true {
            if used == piece.count {
                piece = try file.read(Self.pieceSize, at: place)
                used = 0
                if piece.isEmpty { return length == 0 ? nil : (text(line, length), place) }
            }
            let rest = piece[used...]
            let end = rest.firstIndex(of: 0x0A)
            let found = rest[..<(end ?? rest.endIndex)]
            length += Int64(found.count)
            if length <= Int64(longest) { line += found }
            let taken = found.count + (end == nil ? 0 : 1)
            used += taken
            place += Int64(taken)
            if end != nil { return (text(line, length), place) }
        }
    }

    private func text(_ line: [UInt8], _ length: Int64) -> BatchLine.Text {
        length > Int64(longest) ? .tooLong(length) : .whole(line)
    }
}
