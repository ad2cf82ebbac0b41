import Inspection

/// An XMP item of an AVIF file: entries in the item lists, and the text in a `mdat` box of its own at the end
/// (ISO/IEC 23008-12, annex A; XMP part 3, 1.1.4).
///
/// The lists grow, so that everything behind them moves, and each place that the file states is moved along.
func markAVIF(_ bytes: [UInt8], _ text: [UInt8]) throws(ProvenanceError) -> [UInt8] {
    let file = ByteView(bytes)
    let boxes = ISOBox.list(in: file).boxes
    guard let meta = boxes.first(where: { $0.name == "meta" }), boxes.allSatisfy({ !$0.isOpenEnded }) else {
        throw unusable("no list of items, or a box without an end")
    }
    let lists = try ItemLists(meta)
    // Offsets have a fixed width, so that the lists' own lengths do not depend on them.
    let draft = try lists.marked(movedBy: 0, packetAt: 0, packetLength: text.count)
    let growth = draft.count - meta.whole.count
    let metaEnd = meta.whole.start + meta.whole.count
    let whole = try lists.marked(
        movedBy: growth, packetAt: bytes.count + growth + 8, packetLength: text.count, from: metaEnd)
    guard let packet = isoBox("mdat", text) else { throw .tooLong }
    return bytes[..<meta.whole.start] + whole + bytes[metaEnd...] + packet
}

private func unusable(_ what: String) -> ProvenanceError { .unclean([.damaged(what)]) }

/// The lists of a `meta` box, and the same with one item more.
private struct ItemLists {
    private let meta: ISOBox
    private let parts: [ISOBox]
    private let places: ItemLocations
    private let primary: Int
    private let id: Int

    init(_ meta: ISOBox) throws(ProvenanceError) {
        self.meta = meta
        parts = ISOBox.list(in: meta.content.rest(from: 4)).boxes
        let names = parts.map(\.name)
        guard let place = parts.first(where: { $0.name == "iloc" }), let places = ItemLocations(place.content),
            let pitm = parts.first(where: { $0.name == "pitm" })?.content,
            let primary = pitm[0] == 0 ? pitm.big16(at: 4) : pitm.big32(at: 4),
            let list = parts.first(where: { $0.name == "iinf" }), Set(names).count == names.count
        else { throw unusable("incomplete lists of items") }
        self.places = places
        self.primary = primary
        let head = list.content[0] == 0 ? 6 : 8
        let listed = ISOBox.list(in: list.content.rest(from: head)).boxes.compactMap { entry in
            entry.content[0] == 3 ? entry.content.big32(at: 4) : entry.content.big16(at: 4)
        }
        id = (listed + places.entries.map(\.id) + [primary]).reduce(0, max) + 1
        guard id <= 0xFFFF else { throw unusable("no number left for an item") }
    }

    /// The `meta` box with the item in it; what the file states to lie at or behind `from` lies `growth` later.
    func marked(
        movedBy growth: Int, packetAt offset: Int, packetLength: Int, from: Int = .max
    ) throws(ProvenanceError) -> [UInt8] {
        var content = Array(meta.content.slice.prefix(4))
        var hasLinks = false
        for part in parts {
            var changed: [UInt8]? = Array(part.whole.slice)
            switch part.name {
            case "iloc":
                let moved = try moved(part, by: growth, from: from)
                changed = isoBox("iloc", moved + (try entry(at: offset, length: packetLength)))
            case "iinf":
                changed = isoBox("iinf", counted(part.content, at: 4, size: part.content[0] == 0 ? 2 : 4) + item)
            case "iref":
                hasLinks = true
                changed = isoBox("iref", Array(part.content.slice) + link(size: part.content[0] == 0 ? 2 : 4))
            default: break
            }
            guard let changed else { throw .tooLong }
            content += changed
        }
        if !hasLinks, let links = isoBox("iref", [0, 0, 0, 0] + link(size: 2)) { content += links }
        guard let whole = isoBox("meta", content) else { throw .tooLong }
        return whole
    }

    /// An entry of version 2 whose flag says that the item is not for show.
    private var item: [UInt8] {
        isoBox("infe", [2, 0, 0, 1] + big(id, 2) + [0, 0] + Array("mime\0application/rdf+xml\0".utf8)) ?? []
    }

    /// "Describes the primary item."
    private func link(size: Int) -> [UInt8] { isoBox("cdsc", big(id, size) + [0, 1] + big(primary, size)) ?? [] }

    /// The content of a list with one more in its count.
    private func counted(_ content: ByteView, at offset: Int, size: Int) -> [UInt8] {
        var bytes = Array(content.slice)
        let count = content.number(at: offset, length: size, bigEndian: true) ?? 0
        bytes.replaceSubrange(offset..<min(offset + size, bytes.count), with: big(count + 1, size))
        return bytes
    }

    /// The table of places with every place moved that has to be: at the base where all of an item moves, else piece
    /// by piece.
    private func moved(_ box: ISOBox, by growth: Int, from: Int) throws(ProvenanceError) -> [UInt8] {
        var bytes = counted(box.content, at: 6, size: places.idSize)
        func write(_ value: Int, _ size: Int, at place: Int) throws(ProvenanceError) {
            guard size == 8 || (size == 4 && value <= 0xFFFF_FFFF) else { throw .tooLong }
            let at = place - box.content.start
            bytes.replaceSubrange(at..<at + size, with: big(value, size))
        }
        for entry in places.entries where entry.method == 0 {
            let moving = entry.extents.filter { $0.offset >= from }
            guard !moving.isEmpty else { continue }
            if places.baseSize > 0, moving.count == entry.extents.count {
                try write(entry.base + growth, places.baseSize, at: entry.baseStatedAt)
            } else {
                for extent in moving {
                    try write(extent.offset - entry.base + growth, places.offsetSize, at: extent.statedAt)
                }
            }
        }
        return bytes
    }

    private func entry(at offset: Int, length: Int) throws(ProvenanceError) -> [UInt8] {
        let hasBase = places.baseSize > 0
        let width = hasBase ? places.baseSize : places.offsetSize
        guard width == 8 || (width == 4 && offset <= 0xFFFF_FFFF), places.lengthSize > 0 else { throw .tooLong }
        let method: [UInt8] = places.version == 0 ? [] : [0, 0]
        return big(id, places.idSize) + method + [0, 0] + big(hasBase ? offset : 0, places.baseSize) + [0, 1]
            + big(0, places.indexSize) + big(hasBase ? 0 : offset, places.offsetSize) + big(length, places.lengthSize)
    }
}
