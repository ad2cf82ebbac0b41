/// The header and directories of a TIFF structure, as EXIF blocks and TIFF files have them (TIFF 6.0; BigTIFF).
struct TIFFStructure {
    /// One entry of a directory.
    struct Entry {
        let tag: Int
        let type: Int
        let count: Int
        /// The entry itself.
        let place: ByteView
        /// Where its value lies, in the entry or elsewhere; nil when it reaches outside.
        let value: ByteView?
        /// Whether the value lies elsewhere.
        let isOutside: Bool
    }

    struct Directory {
        let place: ByteView
        let count: Int
        /// Where the next directory of the chain is; nil at its end.
        let next: Int?
    }

    /// Bytes of one value of each type: BYTE, ASCII, SHORT, LONG, RATIONAL, … IFD, LONG8, SLONG8, IFD8.
    private static let sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]

    let block: ByteView
    let isBigEndian: Bool
    /// Whether offsets have eight bytes.
    let isBig: Bool
    let headerLength: Int

    private var countSize: Int { isBig ? 8 : 2 }
    private var offsetSize: Int { isBig ? 8 : 4 }
    private var entrySize: Int { isBig ? 20 : 12 }

    /// Nil when the block has no TIFF header.
    init?(_ block: ByteView) {
        self.block = block
        if block.matches("II", at: 0) {
            isBigEndian = false
        } else if block.matches("MM", at: 0) {
            isBigEndian = true
        } else {
            return nil
        }
        let magic = block.number(at: 2, length: 2, bigEndian: isBigEndian)
        guard magic == 42 || magic == 43 else { return nil }
        isBig = magic == 43
        headerLength = isBig ? 16 : 8
        if isBig, block.number(at: 4, length: 4, bigEndian: isBigEndian) != (isBigEndian ? 8 << 16 : 8) { return nil }
    }

    /// Where the first directory is.
    var first: Int? { number(at: isBig ? 8 : 4, offsetSize) }

    /// The directory at `offset`; cut to the entries that fit, nil when not even their number does.
    func directory(at offset: Int) -> Directory? {
        guard offset >= 0, offset <= block.count, let stated = number(at: offset, countSize) else { return nil }
        let room = (block.count - offset - countSize) / entrySize
        let count = min(stated, room)
        let end = offset + countSize + count * entrySize
        let next = count == stated ? number(at: end, offsetSize) : nil
        let length = min(end - offset + (count == stated ? offsetSize : 0), block.count - offset)
        guard let place = block.part(at: offset, length: length) else { return nil }
        return Directory(place: place, count: count, next: next == 0 ? nil : next)
    }

    /// The entry at `index` of a directory.
    func entry(_ index: Int, of directory: Directory) -> Entry? {
        guard let place = directory.place.part(at: countSize + index * entrySize, length: entrySize),
            let tag = place.number(at: 0, length: 2, bigEndian: isBigEndian),
            let type = place.number(at: 2, length: 2, bigEndian: isBigEndian),
            let count = place.number(at: 4, length: offsetSize, bigEndian: isBigEndian)
        else { return nil }
        let (length, isOver) = count.multipliedReportingOverflow(
            by: Self.sizes.indices.contains(type) ? Self.sizes[type] : 0)
        var value: ByteView?
        if !isOver, length <= offsetSize {
            value = place.part(at: 4 + offsetSize, length: length)
        } else if !isOver, let at = place.number(at: 4 + offsetSize, length: offsetSize, bigEndian: isBigEndian) {
            value = block.part(at: at, length: length)
        }
        return Entry(
            tag: tag, type: type, count: count, place: place, value: value, isOutside: isOver || length > offsetSize)
    }

    /// Number `index` of an entry's value, where that is a list of whole numbers. Negative ones, which none of the tags looked at has,
    /// read as large.
    func number(_ index: Int, of entry: Entry) -> Int? {
        guard index >= 0, index < entry.count, [1, 3, 4, 6, 8, 9, 13, 16, 17, 18].contains(entry.type) else {
            return nil
        }
        let size = Self.sizes[entry.type]
        return entry.value?.number(at: index * size, length: size, bigEndian: isBigEndian)
    }

    private func number(at offset: Int, _ length: Int) -> Int? {
        block.number(at: offset, length: length, bigEndian: isBigEndian)
    }
}
