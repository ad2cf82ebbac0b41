/// The table that says where the items of a HEIF or AVIF file lie (`iloc`; ISO/IEC 14496-12, 8.11.3).
package struct ItemLocations: Sendable {
    package struct Extent: Sendable {
        /// From the start of the file, or of `idat`: the base is added.
        package let offset: Int
        package let length: Int
        /// Where the table itself states this extent's offset, in bytes from the start of the file.
        package let statedAt: Int
    }

    package struct Entry: Sendable {
        package let id: Int
        /// 0 in the file, 1 in `idat`, 2 in another item.
        package let method: Int
        /// Added to each extent's offset.
        package let base: Int
        /// Where the table itself states the base, in bytes from the start of the file.
        package let baseStatedAt: Int
        package let extents: [Extent]
    }

    /// Most items and extents that are read.
    package static let limit = 1 << 16

    package let version: Int
    /// Bytes of one offset, length, base and index: 0, 4 or 8.
    package let offsetSize: Int
    package let lengthSize: Int
    package let baseSize: Int
    package let indexSize: Int
    package let entries: [Entry]
    /// Extents of all entries.
    package let extents: Int
    /// Where the table ends in the content of its box.
    package let end: Int

    /// Bytes of one item number.
    package var idSize: Int { version == 2 ? 4 : 2 }

    /// Reads the content of an `iloc` box; nil when it is malformed or larger than `limit`.
    package init?(_ content: ByteView) {
        guard let version = content[0], version < 3, let sizes = content[4], let more = content[5] else { return nil }
        self.version = Int(version)
        offsetSize = Int(sizes >> 4)
        lengthSize = Int(sizes & 15)
        baseSize = Int(more >> 4)
        indexSize = version == 0 ? 0 : Int(more & 15)
        let widths = [offsetSize, lengthSize, baseSize, indexSize]
        guard widths.allSatisfy({ [0, 4, 8].contains($0) }) else { return nil }
        let statedSize = offsetSize + lengthSize + indexSize
        var reader = NumberReader(content, at: 6)
        let idSize = version == 2 ? 4 : 2
        guard let count = reader.next(idSize), count <= Self.limit else { return nil }
        var entries: [Entry] = []
        var total = 0
        for _ in 0..<count {
            guard let id = reader.next(idSize), let method = version == 0 ? 0 : reader.next(2), reader.next(2) != nil
            else { return nil }
            let baseAt = reader.offset
            guard let base = reader.next(baseSize), let extentCount = reader.next(2) else { return nil }
            total += extentCount
            // Where an extent states nothing, two of them are the same one, and any number takes no bytes.
            guard total <= Self.limit, extentCount < 2 || statedSize > 0 else { return nil }
            var extents: [Extent] = []
            for _ in 0..<extentCount {
                guard reader.next(indexSize) != nil else { return nil }
                let statedAt = content.start + reader.offset
                guard let offset = reader.next(offsetSize), let length = reader.next(lengthSize) else { return nil }
                let (sum, isOver) = base.addingReportingOverflow(offset)
                guard !isOver else { return nil }
                extents.append(Extent(offset: sum, length: length, statedAt: statedAt))
            }
            entries.append(
                Entry(
                    id: id, method: method & 15, base: base, baseStatedAt: content.start + baseAt, extents: extents))
        }
        self.entries = entries
        extents = total
        end = reader.offset
    }
}
