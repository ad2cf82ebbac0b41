import Glibc

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

    private let pieceSize: Int

    /// - Parameters:
    ///   - offset: where a line begins, in bytes.
    ///   - longest: bytes of a line; of a longer one only its length is read.
    ///   - piece: bytes that are read at once; few where few lines are wanted.
    package convenience init(
        _ path: String, from offset: Int64 = 0, longest: Int, piece: Int = 256 << 10
    ) throws(DiskError) {
        self.init(try Descriptor.reading(path), from: offset, longest: longest, piece: piece)
    }

    /// Reads what is open.
    package init(_ file: consuming Descriptor, from offset: Int64 = 0, longest: Int, piece: Int = 256 << 10) {
        self.file = file
        pieceSize = piece
        self.longest = longest
        place = offset
    }

    /// The next line, and where the one after it begins; nil at the end of the file.
    package func next() throws(DiskError) -> (Text, Int64)? {
        var line: [UInt8] = []
        var length: Int64 = 0
        while true {
            if used == piece.count {
                piece = try file.read(pieceSize, at: place)
                used = 0
                if piece.isEmpty { return length == 0 ? nil : (text(line, length), place) }
            }
            let end = endOfLine()
            let found = piece[used..<(end ?? piece.count)]
            length += Int64(found.count)
            if length <= Int64(longest) { line += found }
            let taken = found.count + (end == nil ? 0 : 1)
            used += taken
            place += Int64(taken)
            if end != nil { return (text(line, length), place) }
        }
    }

    /// Where in the piece the line ends, if it does.
    private func endOfLine() -> Int? {
        unsafe piece.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, let end = unsafe memchr(start + used, 0x0A, bytes.count - used) else {
                return nil
            }
            return unsafe UnsafeRawPointer(end) - start
        }
    }

    private func text(_ line: [UInt8], _ length: Int64) -> Text {
        length > Int64(longest) ? .tooLong(length) : .whole(line)
    }
}
