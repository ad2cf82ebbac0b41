/// Looks through the item lists of a HEIF or AVIF file (ISO/IEC 23008-12, 14496-12) for size and metadata.
///
/// Enough to say what a reference carried. It is no full walk, so these containers never pass a gate.
struct HEIFWalk {
    /// More items than this are not looked at: a large photograph of 512-pixel tiles has a few hundred.
    private static let itemLimit = 4_096
    private static let blockLimit = 2
    private static let provenance: [UInt8] = [
        0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
    ]

    private let file: ByteView
    private var blocks = 0
    private var places: [Int: ByteView] = [:]

    init(_ file: ByteView) { self.file = file }

    mutating func run(into survey: inout Survey) {
        for box in boxes(in: file, into: &survey) {
            if box.name == "meta" { meta(box.content.rest(from: 4), into: &survey) }
            if box.name == "uuid", box.content.matches(Self.provenance, at: 0) {
                survey.find(.c2pa, box.content, label: box.name)
            }
        }
        // The decoder turns the picture by its own properties and pays no heed to what EXIF says.
        survey.orientation = 1
    }

    private mutating func meta(_ content: ByteView, into survey: inout Survey) {
        let parts = boxes(in: content, into: &survey)
        for part in parts where part.name == "iloc" { locate(part.content, into: &survey) }
        for part in parts {
            switch part.name {
            case "iinf":
                let head = part.content[0] == 0 ? 6 : 8
                for item in boxes(in: part.content.rest(from: head), into: &survey) where item.name == "infe" {
                    note(item.content, into: &survey)
                }
            case "iprp":
                for list in boxes(in: part.content, into: &survey) where list.name == "ipco" {
                    for property in boxes(in: list.content, into: &survey) { note(property, into: &survey) }
                }
            case "iref":
                for link in boxes(in: part.content.rest(from: 4), into: &survey) {
                    if link.name == "thmb" { survey.find(.thumbnail, link.content, label: link.name) }
                    if link.name == "auxl" { survey.find(.secondImage, link.content, label: link.name) }
                }
            default: break
            }
        }
    }

    private func note(_ property: Box, into survey: inout Survey) {
        let content = property.content
        if property.name == "colr", content.matches("prof", at: 0) || content.matches("rICC", at: 0) {
            survey.find(.iccProfile, content, label: property.name)
        }
        guard property.name == "ispe", let width = content.big32(at: 4), let height = content.big32(at: 8),
            width <= 0x7FFF_FFFF, height <= 0x7FFF_FFFF
        else { return }
        // Tiles and thumbnails have sizes too; the picture is the largest.
        if width * height > (survey.width ?? 0) * (survey.height ?? 0) { survey.size(width, height) }
    }

    private mutating func note(_ item: ByteView, into survey: inout Survey) {
        guard let version = item[0], version == 2 || version == 3 else { return }
        let wide = version == 3 ? 4 : 2
        guard let id = item.number(at: 4, length: wide, bigEndian: true), let type = item.fourCharacters(at: 6 + wide)
        else { return }
        let place = places[id] ?? item
        switch type {
        // Items may share one place: without a limit a small file would be read over and over.
        case "Exif" where blocks < Self.blockLimit:
            blocks += 1
            let skip = place.big32(at: 0) ?? 0
            survey.exif(place.rest(from: 4 + skip), at: place, label: type)
        case "mime":
            let name = item.firstIndex(of: 0, from: 10 + wide) ?? item.count
            let isXMP = item.matches("application/rdf+xml", at: name + 1)
            survey.find(isXMP ? .xmp : .unknownSegment, place, label: type)
            if isXMP { survey.packet(place) }
        case "uri ": survey.find(.unknownSegment, place, label: type)
        case "Exif": survey.find(.exif, place, label: type)
        default: break
        }
    }

    /// Reads where items lie in the file; only those in one piece, which metadata is.
    private mutating func locate(_ content: ByteView, into survey: inout Survey) {
        guard let version = content[0], version < 3, let sizes = content[4], let more = content[5] else { return }
        var reader = FieldReader(view: content, offset: 6)
        let indexSize = version == 0 ? 0 : Int(more & 15)
        guard let count = reader.next(version == 2 ? 4 : 2) else { return }
        for _ in 0..<min(count, Self.itemLimit) {
            survey.work += 1
            guard let id = reader.next(version == 2 ? 4 : 2), let method = version == 0 ? 0 : reader.next(2),
                reader.next(2) != nil, let base = reader.next(Int(more >> 4)), let extents = reader.next(2)
            else { return }
            // Extents that take no room could be claimed without end.
            guard extents <= 1 || sizes != 0 else { return }
            for extent in 0..<extents {
                guard reader.next(indexSize) != nil, let offset = reader.next(Int(sizes >> 4)),
                    let length = reader.next(Int(sizes & 15))
                else { return }
                survey.work += 1
                if method & 15 == 0, extents == 1, extent == 0 {
                    places[id] = file.part(at: base + offset, length: length)
                }
            }
        }
    }

    private struct Box {
        let name: String
        let content: ByteView
    }

    /// The boxes of one level, up to the first that does not fit.
    private func boxes(in view: ByteView, into survey: inout Survey) -> [Box] {
        var found: [Box] = []
        var offset = 0
        while found.count < Self.itemLimit, let size = view.big32(at: offset),
            let name = view.fourCharacters(at: offset + 4)
        {
            let length = size == 0 ? view.count - offset : size
            guard length >= 8, let content = view.part(at: offset + 8, length: length - 8) else { break }
            survey.work += 1
            found.append(Box(name: name, content: content))
            offset += length
        }
        return found
    }
}

/// Reads numbers of 0, 4 or 8 (and 2) bytes one after the other.
private struct FieldReader {
    let view: ByteView
    var offset: Int

    /// The next number; nil at the end, and for numbers that no file here can reach (over 32 bits).
    mutating func next(_ length: Int) -> Int? {
        defer { offset += length }
        switch length {
        case 0: return 0
        case 2, 4: return view.number(at: offset, length: length, bigEndian: true)
        case 8: return view.big32(at: offset) == 0 ? view.big32(at: offset + 4) : nil
        default: return nil
        }
    }
}
