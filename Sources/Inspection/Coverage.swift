/// Which bytes of a file belong to something known; the others are where things hide.
struct Coverage {
    /// More pieces than this are not followed: a strip a row of the largest picture here.
    static let limit = 1 << 17

    private var pieces: [Range<Int>] = []
    /// Whether there were more pieces than can be followed.
    private(set) var isOverfull = false

    mutating func add(_ view: ByteView) { add(view.start, view.count) }

    mutating func add(_ start: Int, _ length: Int) {
        guard length > 0 else { return }
        guard pieces.count < Self.limit else { return isOverfull = true }
        pieces.append(start..<start + length)
    }

    /// Puts the pieces in order, and those that touch together; call it once, before asking for gaps.
    mutating func settle() {
        var merged: [Range<Int>] = []
        for piece in pieces.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, piece.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, piece.upperBound)
            } else {
                merged.append(piece)
            }
        }
        pieces = merged
    }

    /// The parts of `range` that no piece covers, in order.
    func gaps(in range: Range<Int>) -> [Range<Int>] {
        var gaps: [Range<Int>] = []
        var reached = range.lowerBound
        for piece in pieces[firstPiece(endingBehind: reached)...] {
            if piece.lowerBound >= range.upperBound { break }
            if piece.lowerBound > reached { gaps.append(reached..<piece.lowerBound) }
            reached = piece.upperBound
        }
        if reached < range.upperBound { gaps.append(reached..<range.upperBound) }
        return gaps
    }

    private func firstPiece(endingBehind offset: Int) -> Int {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].upperBound > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
