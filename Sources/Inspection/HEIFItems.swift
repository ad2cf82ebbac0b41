/// The item lists of a HEIF or AVIF file's `meta` box, read into tables (ISO/IEC 14496-12, 8.11; 23008-12).
struct HEIFItems {
    /// A run of bytes that belongs to an item.
    struct Extent {
        /// 0 in the file, 1 in the `idat` box; others are not followed.
        let method: Int
        let offset: Int
        let length: Int
    }

    struct Item {
        let type: String
        /// The `infe` box.
        let entry: ByteView
        let name: ByteView
        /// MIME type of a `mime` item.
        let contentType: ByteView
        let isProtected: Bool
    }

    struct Link {
        let type: String
        let from: Int
        let to: [Int]
        let box: ByteView
    }

    /// More items than this are not read: a large photograph of 512-pixel tiles has a few hundred.
    static let itemLimit = 4_096
    /// More pieces, links and properties of items than this are not read.
    static let tableLimit = 1 << 16

    private(set) var primary: Int?
    private(set) var items: [Int: Item] = [:]
    private(set) var order: [Int] = []
    private(set) var places: [Int: [Extent]] = [:]
    private(set) var links: [Link] = []
    private(set) var properties: [ISOBox] = []
    /// Indices into `properties`, from 0.
    private(set) var associations: [Int: [Int]] = [:]
    /// Where `idat` lies; nil when there is none.
    private(set) var store: ByteView?

    /// Reads all tables of a `meta` box; what does not belong in there is noted at once.
    init(_ meta: ISOBox, into survey: inout Survey) {
        var seen: Set<String> = []
        for part in survey.boxes(in: meta.content.rest(from: 4)) {
            if !seen.insert(part.name).inserted { survey.damaged("repeated \(part.name)", at: part.whole.start) }
            let content = part.content
            switch part.name {
            case "hdlr": Self.handler(part, into: &survey)
            case "pitm": primary = content[0] == 0 ? content.big16(at: 4) : content.big32(at: 4)
            case "iloc": locate(content, into: &survey)
            case "iinf":
                for entry in survey.boxes(in: content.rest(from: content[0] == 0 ? 6 : 8)) {
                    list(entry, into: &survey)
                }
            case "iref": refer(content, into: &survey)
            case "iprp": describe(part, into: &survey)
            case "idat": store = content
            // One reference that says "in this very file".
            case "dinf" where part.whole.count == 36: break
            default: survey.commonBox(part)
            }
        }
    }

    /// All bytes of an item in one view; nil where it is in several pieces or lies elsewhere.
    func content(of id: Int, in file: ByteView) -> ByteView? {
        guard let extents = places[id], extents.count == 1, let only = extents.first else { return nil }
        return view(of: only, in: file)
    }

    func view(of extent: Extent, in file: ByteView) -> ByteView? {
        switch extent.method {
        case 0:
            extent.length == 0 ? file.rest(from: extent.offset) : file.part(at: extent.offset, length: extent.length)
        case 1: store?.part(at: extent.offset, length: extent.length)
        default: nil
        }
    }

    /// A handler is for pictures; its name is text for people, which writers leave empty.
    private static func handler(_ box: ISOBox, into survey: inout Survey) {
        let content = box.content
        let name = content.rest(from: 24)
        let isKnown = name.isZero || name.matches("libavif\0", at: 0) && name.count == 8
        if !content.matches("pict", at: 8) || content.count < 25 || !isKnown {
            survey.find(.text, box.whole, label: box.name)
        }
    }

    private mutating func list(_ box: ISOBox, into survey: inout Survey) {
        let entry = box.content
        guard box.name == "infe", let version = entry[0], version == 2 || version == 3 else {
            return survey.find(.unknownSegment, box.whole, label: box.name)
        }
        let wide = version == 3 ? 4 : 2
        guard let id = entry.number(at: 4, length: wide, bigEndian: true),
            let type = entry.fourCharacters(at: 6 + wide),
            let nameEnd = entry.firstIndex(of: 0, from: 10 + wide)
        else { return survey.damaged("malformed infe", at: box.whole.start) }
        guard items.count < Self.itemLimit else { return survey.damaged("too many items", at: box.whole.start) }
        guard items[id] == nil else { return survey.damaged("repeated item", at: box.whole.start) }
        let name = entry.part(at: 10 + wide, length: nameEnd - 10 - wide) ?? entry.rest(from: entry.count)
        let rest = entry.rest(from: nameEnd + 1)
        items[id] = Item(
            type: type, entry: box.whole, name: name, contentType: rest,
            isProtected: entry.big16(at: 4 + wide) != 0)
        order.append(id)
        let hasMore = type == "mime" || type == "uri "
        if !hasMore, rest.count > 0 { survey.find(.unknownSegment, box.whole, label: box.name) }
    }

    /// Reads where items lie.
    private mutating func locate(_ content: ByteView, into survey: inout Survey) {
        guard let table = ItemLocations(content) else { return survey.damaged("malformed iloc", at: content.start) }
        survey.work += table.entries.count + table.extents
        for entry in table.entries {
            if places[entry.id] != nil { survey.damaged("repeated place of an item", at: content.start) }
            places[entry.id] = entry.extents.map { extent in
                Extent(method: entry.method, offset: extent.offset, length: extent.length)
            }
        }
        if table.end < content.count { survey.find(.unknownSegment, content, label: "iloc") }
    }

    private mutating func refer(_ content: ByteView, into survey: inout Survey) {
        let wide = content[0] == 0 ? 2 : 4
        var known = 0
        for box in survey.boxes(in: content.rest(from: 4)) {
            guard let from = box.content.number(at: 0, length: wide, bigEndian: true),
                let count = box.content.big16(at: wide), box.content.count == wide + 2 + count * wide
            else { return survey.damaged("malformed iref", at: box.whole.start) }
            known += count
            survey.work += count
            guard known <= Self.tableLimit else { return survey.damaged("too many links", at: box.whole.start) }
            let to = (0..<count).compactMap {
                box.content.number(at: wide + 2 + $0 * wide, length: wide, bigEndian: true)
            }
            links.append(Link(type: box.name, from: from, to: to, box: box.whole))
        }
    }

    private mutating func describe(_ box: ISOBox, into survey: inout Survey) {
        for list in survey.boxes(in: box.content) {
            switch list.name {
            case "ipco": properties += survey.boxes(in: list.content)
            case "ipma": associate(list.content, into: &survey)
            default: survey.commonBox(list)
            }
        }
    }

    private mutating func associate(_ content: ByteView, into survey: inout Survey) {
        var reader = NumberReader(content, at: 4)
        let isWide = (content[3] ?? 0) & 1 == 1
        guard let version = content[0], let count = reader.next(4) else {
            return survey.damaged("malformed ipma", at: content.start)
        }
        for _ in 0..<min(count, Self.itemLimit) {
            guard let id = reader.next(version == 0 ? 2 : 4), let indices = reader.next(1) else {
                return survey.damaged("malformed ipma", at: content.start)
            }
            if associations[id] != nil { survey.damaged("repeated properties of an item", at: content.start) }
            let isFirst = associations.updateValue(associations[id] ?? [], forKey: id) == nil
            for _ in 0..<indices {
                guard let index = reader.next(isWide ? 2 : 1) else {
                    return survey.damaged("malformed ipma", at: content.start)
                }
                survey.work += 1
                // The highest bit says whether the property is essential.
                let number = index & (isWide ? 0x7FFF : 0x7F)
                if isFirst, number > 0 { associations[id]?.append(number - 1) }
            }
        }
        if reader.offset < content.count { survey.find(.unknownSegment, content, label: "ipma") }
    }
}

/// Reads big-endian numbers one after the other.
struct NumberReader {
    private let view: ByteView
    private(set) var offset: Int

    init(_ view: ByteView, at offset: Int) {
        self.view = view
        self.offset = offset
    }

    /// The next number of `length` bytes, 0 for no bytes; nil at the end and above 2^63 - 1.
    mutating func next(_ length: Int) -> Int? {
        guard length > 0 else { return 0 }
        defer { offset += length }
        return view.number(at: offset, length: length, bigEndian: true)
    }
}
