import Domain

/// HEIF and AVIF: ISO/IEC 14496-12 (boxes) and 23008-12 (items and their properties).
extension Outline {
    /// Boxes of one level that are looked at, and how deep.
    private static let mostBoxes = 4_096

    mutating func readBoxes(_ bytes: RawSpan) {
        var items = Items()
        // What stands behind the last box of a file is no part of a picture.
        for box in boxes(bytes, 0..<bytes.byteCount, mayEndEarly: true) {
            switch box.name {
            case "meta":
                metadata += box.content.count
                readMeta(bytes, box.content.dropFirst(4), into: &items)
            case "moov":
                metadata += box.content.count
                readMovie(bytes, box.content)
            case "uuid": metadata += box.content.count
            default: break
            }
            guard !isTooMuch else { return }
        }
        metadata += items.types.reduce(0) { sum, item in
            Items.pictures.contains(item.value) ? sum : sum + (items.lengths[item.key] ?? 0)
        }
        pieces += items.count
        let own = items.properties[items.primary] ?? []
        colour = own.lazy.compactMap { items.colours[$0] }.first
        size = own.lazy.compactMap { items.sizes[$0] }.first
    }

    /// What the lists in a `meta` box say.
    private struct Items {
        static let pictures: Set<String> = ["hvc1", "hev1", "av01", "grid", "iden", "iovl", "tmap"]
        var primary = 0
        var count = 0
        var types: [Int: String] = [:]
        var lengths: [Int: Int] = [:]
        /// Indices of properties from 1.
        var properties: [Int: [Int]] = [:]
        var colours: [Int: CodedColour] = [:]
        var sizes: [Int: PixelSize] = [:]
    }

    private struct Box {
        let name: String
        let content: Range<Int>
    }

    /// The boxes of one level, up to the first that does not fit, which is damage.
    private mutating func boxes(_ bytes: RawSpan, _ range: Range<Int>, mayEndEarly: Bool = false) -> [Box] {
        var found: [Box] = []
        var place = range.lowerBound
        while found.count < Self.mostBoxes, place + 8 <= range.upperBound, let short = bytes.big32(at: place) {
            var head = 8
            var length = short
            if short == 1, let long = bytes.number(at: place + 8, length: 8, bigEndian: true) {
                head = 16
                length = long
            }
            if short == 0 { length = range.upperBound - place }
            let letters = (4..<8).map { bytes.byte(at: place + $0) ?? 0 }
            guard length >= head, length <= range.upperBound - place,
                letters.allSatisfy({ (0x20...0x7E).contains($0) })
            else { break }
            let name = String(decoding: letters, as: UTF8.self)
            found.append(Box(name: name, content: place + head..<place + length))
            place += length
        }
        pieces += found.count
        if !mayEndEarly, place != range.upperBound { isBroken = true }
        return found
    }

    private mutating func readMeta(_ bytes: RawSpan, _ range: Range<Int>, into items: inout Items) {
        for box in boxes(bytes, range) {
            let start = box.content.lowerBound
            let version = bytes.byte(at: start) ?? 0
            switch box.name {
            case "pitm": items.primary = bytes.number(at: start + 4, length: version == 0 ? 2 : 4, bigEndian: true) ?? 0
            case "iinf":
                readEntries(bytes, box.content, isLong: version > 0, into: &items)
            case "iref": readReferences(bytes, box.content)
            case "iloc": readPlaces(bytes, start, version: Int(version), into: &items)
            case "iprp":
                for part in boxes(bytes, box.content) {
                    if part.name == "ipco" { readProperties(bytes, part.content, into: &items) }
                    if part.name == "ipma" { readLinks(bytes, part.content.lowerBound, into: &items) }
                }
            default: break
            }
        }
    }

    private mutating func readEntries(_ bytes: RawSpan, _ range: Range<Int>, isLong: Bool, into items: inout Items) {
        let entries = boxes(bytes, range.dropFirst(isLong ? 8 : 6))
        let count = bytes.number(at: range.lowerBound + 4, length: isLong ? 4 : 2, bigEndian: true)
        if count != entries.count { isBroken = true }
        for entry in entries where entry.name == "infe" {
            readEntry(bytes, entry.content.lowerBound, into: &items)
        }
    }

    private func readEntry(_ bytes: RawSpan, _ start: Int, into items: inout Items) {
        let wide = bytes.byte(at: start) == 3 ? 4 : 2
        items.count += 1
        guard let id = bytes.number(at: start + 4, length: wide, bigEndian: true), items.types.count < Self.mostBoxes
        else { return }
        items.types[id] = String(decoding: (0..<4).map { bytes.byte(at: start + 6 + wide + $0) ?? 0 }, as: UTF8.self)
    }

    private mutating func readReferences(_ bytes: RawSpan, _ range: Range<Int>) {
        let wide = bytes.byte(at: range.lowerBound) == 0 ? 2 : 4
        for box in boxes(bytes, range.dropFirst(4)) {
            let count = bytes.big16(at: box.content.lowerBound + wide)
            if box.content.count != wide + 2 + (count ?? 0) * wide { isBroken = true }
        }
    }

    private mutating func readProperties(_ bytes: RawSpan, _ range: Range<Int>, into items: inout Items) {
        for (index, property) in boxes(bytes, range).enumerated() {
            let start = property.content.lowerBound
            if property.name == "ispe", let width = bytes.big32(at: start + 4), let height = bytes.big32(at: start + 8)
            {
                items.sizes[index + 1] = PixelSize(width: width, height: height)
            }
            guard property.name == "colr" else { continue }
            if bytes.says("nclx", at: start), let primaries = bytes.big16(at: start + 4),
                let transfer = bytes.big16(at: start + 6)
            {
                items.colours[index + 1] = CodedColour(primaries: primaries, transfer: transfer)
            } else {
                profile = max(profile, property.content.count)
            }
        }
    }

    private func readLinks(_ bytes: RawSpan, _ start: Int, into items: inout Items) {
        let isWide = bytes.byte(at: start).map { $0 > 0 } ?? false
        let hasLongIndices = (bytes.byte(at: start + 3) ?? 0) & 1 == 1
        var place = start + 8
        for _ in 0..<min(bytes.big32(at: start + 4) ?? 0, Self.mostBoxes) {
            guard let id = bytes.number(at: place, length: isWide ? 4 : 2, bigEndian: true),
                let count = bytes.byte(at: place + (isWide ? 4 : 2))
            else { return }
            place += isWide ? 5 : 3
            for _ in 0..<count {
                let index = hasLongIndices ? bytes.big16(at: place) : bytes.byte(at: place).map(Int.init)
                place += hasLongIndices ? 2 : 1
                // The highest bit says whether a reader must know the property.
                if let index { items.properties[id, default: []].append(index & (hasLongIndices ? 0x7FFF : 0x7F)) }
            }
        }
    }

    private func readPlaces(_ bytes: RawSpan, _ start: Int, version: Int, into items: inout Items) {
        guard version < 3, let sizes = bytes.byte(at: start + 4), let more = bytes.byte(at: start + 5) else { return }
        let idLength = version == 2 ? 4 : 2
        let (offset, length, base) = (Int(sizes >> 4), Int(sizes & 15), Int(more >> 4))
        let index = version == 0 ? 0 : Int(more & 15)
        guard let count = bytes.number(at: start + 6, length: idLength, bigEndian: true) else { return }
        var place = start + 6 + idLength
        for _ in 0..<min(count, Self.mostBoxes) {
            guard let id = bytes.number(at: place, length: idLength, bigEndian: true) else { return }
            place += idLength + (version == 0 ? 0 : 2) + 2 + base
            guard let extents = bytes.big16(at: place) else { return }
            place += 2
            let each = index + offset + length
            for extent in 0..<(each > 0 ? extents : 0) {
                let field = place + extent * each + index + offset
                guard let bytesOfExtent = bytes.number(at: field, length: length, bigEndian: true) else { return }
                items.lengths[id, default: 0] &+= min(bytesOfExtent, bytes.byteCount)
            }
            place += extents * each
        }
    }

    /// Frames of an image sequence: the samples of its first track.
    private mutating func readMovie(_ bytes: RawSpan, _ range: Range<Int>) {
        var level = [Box(name: "moov", content: range)]
        for name in ["trak", "mdia", "minf", "stbl", "stsz"] {
            level = level.flatMap { boxes(bytes, $0.content) }.filter { $0.name == name }
        }
        guard let table = level.first, let count = bytes.big32(at: table.content.lowerBound + 8) else { return }
        frames = max(1, count)
    }
}
