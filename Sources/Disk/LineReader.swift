/// Reads a file line by line, in pieces: no more of it is in memory than a piece and a line.
package final class LineReader {
    /// A line without its end.
    package enum Text: Sendable {
        case whole([UInt8])
        /// Bytes of a line that is longer than any may be.
        case tooLong(Int64)
    }

    private let file: Descriptor
    private let longest: Int
    /// Where in the file the next line begins.
    private var place: Int64
    private var piece: [UInt8] = []
    private var used = 0

    private static let pieceSize = 256 << 10

    /// - Parameters:
    ///   - offset: where a line begins, in bytes.
    ///   - longest: bytes of a line; of a longer one only its length is read.
    package init(_ path: String, from offset: Int64 = 0, longest: Int) throws(DiskError) {
        file = try Descriptor.reading(path)
        self.longest = longest
        place = offset
    }

    /// The next line, and where the one after it begins; nil at the end of the file.
    package func next() throws(DiskError) -> (Text, Int64)? {
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

    private func text(_ line: [UInt8], _ length: Int64) -> Text {
        length > Int64(longest) ? .tooLong(length) : .whole(line)
    }
}
