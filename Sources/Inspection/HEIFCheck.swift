/// Tells which items of a HEIF or AVIF file make up its picture; everything else is a finding.
struct HEIFCheck {
    private static let alphaTypes = [
        "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:avc:2015:auxid:1",
    ]
    /// Names are text for people; libavif gives its items these.
    private static let plainNames: Set<String> = ["", "Color", "Alpha", "Exif", "XMP"]
    private static let pictureTypes: Set<String> = ["av01", "hvc1", "hev1", "avc1", "jpeg", "grid", "iden", "iovl"]
    /// Blocks of EXIF whose directories are read: items may share one place, and would be read over and over.
    private static let blockLimit = 2

    let items: HEIFItems
    let file: ByteView
    /// Contents of the `mdat` boxes; nil where other things than items may lie in them.
    let stores: [ByteView]?
    private let thumbnails: Set<Int>
    private let companions: Set<Int>

    init(items: HEIFItems, file: ByteView, stores: [ByteView]?) {
        self.items = items
        self.file = file
        self.stores = stores
        thumbnails = Set(items.links.filter { $0.type == "thmb" }.map(\.from))
        companions = Set(items.links.filter { $0.type == "auxl" }.map(\.from))
    }

    func run(into survey: inout Survey) {
        let pictures = pictures()
        if items.primary.flatMap({ items.items[$0] }) == nil { survey.damaged("no primary item", at: 0) }
        var blocks = 0
        for id in items.order {
            guard let item = items.items[id] else { continue }
            survey.work += 1
            if item.isProtected { survey.damaged("protected item", at: item.entry.start) }
            if !Self.plainNames.contains(String(decoding: item.name.slice.prefix(6), as: UTF8.self)) {
                survey.find(.text, item.entry, label: "infe")
            }
            if pictures.contains(id), Self.pictureTypes.contains(item.type) {
                picture(id, item, into: &survey)
            } else {
                other(id, item, blocks: &blocks, into: &survey)
            }
        }
        for property in items.properties { note(property, into: &survey) }
        size(into: &survey)
        // The decoder turns the picture by its own properties and pays no heed to what EXIF says.
        survey.orientation = 1
        checkCoverage(into: &survey)
    }

    // MARK: which items are the picture

    /// The primary item, what it is put together of, and its alpha plane.
    private func pictures() -> Set<Int> {
        guard let primary = items.primary else { return [] }
        let alphas = items.links.filter { $0.type == "auxl" && isAlpha($0.from) }
        let parts = Dictionary(grouping: items.links.filter { $0.type == "dimg" }, by: \.from)
        var needed: Set<Int> = []
        var waiting = [primary] + alphas.filter { $0.to == [primary] }.map(\.from)
        while let id = waiting.popLast() {
            guard needed.insert(id).inserted else { continue }
            for link in parts[id] ?? [] { waiting += link.to }
        }
        // A grid may also have its alpha tile by tile.
        for alpha in alphas where alpha.to.allSatisfy(needed.contains) { needed.insert(alpha.from) }
        return needed
    }

    private func isAlpha(_ id: Int) -> Bool {
        properties(of: id).contains { property in
            property.name == "auxC"
                && Self.alphaTypes.contains {
                    property.content.matches($0 + "\0", at: 4) && property.content.count == 5 + $0.utf8.count
                }
        }
    }

    private func properties(of id: Int) -> [ISOBox] {
        (items.associations[id] ?? []).compactMap {
            items.properties.indices.contains($0) ? items.properties[$0] : nil
        }
    }

    private func picture(_ id: Int, _ item: HEIFItems.Item, into survey: inout Survey) {
        if id != items.primary, isAlpha(id) { survey.hasAlpha = true }
        guard item.type == "av01" else { return }
        // Only what lies in one piece can be stepped through.
        guard let stream = items.content(of: id, in: file), stream.count > 0 else {
            return survey.find(.unknownSegment, item.entry, label: item.type)
        }
        AV1Units.check(stream, into: &survey)
    }

    private func other(_ id: Int, _ item: HEIFItems.Item, blocks: inout Int, into survey: inout Survey) {
        let place = items.content(of: id, in: file) ?? item.entry
        switch item.type {
        case "Exif" where blocks < Self.blockLimit:
            blocks += 1
            let skip = place.big32(at: 0) ?? 0
            survey.exif(place.rest(from: 4 + skip), at: place, label: item.type)
        case "Exif": survey.find(.exif, place, label: item.type)
        case "mime" where item.contentType.matches("application/rdf+xml\0", at: 0):
            survey.find(.xmp, place, label: item.type)
            // A content encoding behind the type would mean that the text can not be read as it stands.
            if item.contentType.count <= 21, place.start != item.entry.start { survey.packet(place) }
            if item.contentType.count > 21 { survey.find(.unknownSegment, item.entry, label: item.type) }
        case "mime" where item.contentType.matches("application/c2pa", at: 0): survey.find(.c2pa, place, label: "mime")
        case _ where thumbnails.contains(id): survey.find(.thumbnail, place, label: "thmb")
        case _ where companions.contains(id): survey.find(.secondImage, place, label: "auxl")
        case _ where Self.pictureTypes.contains(item.type) || item.type == "tmap":
            survey.find(.secondImage, place, label: item.type)
        default: survey.find(.unknownSegment, place, label: item.type)
        }
    }

    // MARK: properties

    private func note(_ property: ISOBox, into survey: inout Survey) {
        let content = property.content
        survey.work += 1
        var isPlain = true
        switch property.name {
        case "ispe": isPlain = content.count == 12
        case "pixi": isPlain = content.count == 5 + Int(content[4] ?? 0)
        case "pasp", "clli": isPlain = content.count == (property.name == "pasp" ? 8 : 4)
        case "irot", "imir", "a1op": isPlain = content.count == 1
        case "lsel": isPlain = content.count == 2
        case "clap": isPlain = content.count == 32
        case "mdcv": isPlain = content.count == 24
        case "a1lx": isPlain = content.count == ((content[0] ?? 0) & 1 == 1 ? 13 : 7)
        case "av1C": configuration(content, into: &survey)
        case "hvcC", "avcC": break
        case "auxC":
            isPlain = Self.alphaTypes.contains { content.matches($0 + "\0", at: 4) }
            if !isPlain { return survey.find(.secondImage, property.whole, label: property.name) }
        case "colr" where content.matches("nclx", at: 0): isPlain = content.count == 11
        case "colr" where content.matches("prof", at: 0) || content.matches("rICC", at: 0):
            survey.find(.iccProfile, property.whole, label: property.name)
        case "udes": survey.find(.comment, property.whole, label: property.name)
        default: isPlain = false
        }
        if !isPlain { survey.find(.unknownSegment, property.whole, label: property.name) }
    }

    /// An AV1 configuration may hold units of its own; a sequence header is the only one of use.
    private func configuration(_ content: ByteView, into survey: inout Survey) {
        if content.count < 4 { survey.damaged("malformed av1C", at: content.start) }
        AV1Units.check(content.rest(from: 4), into: &survey)
    }

    /// The size of the primary item; where none is stated, the largest there is.
    private func size(into survey: inout Survey) {
        func sizes(_ boxes: [ISOBox]) -> [(Int, Int)] {
            boxes.filter { $0.name == "ispe" }.compactMap { box in
                guard let width = box.content.big32(at: 4), let height = box.content.big32(at: 8), width > 0,
                    height > 0,
                    width <= 0x7FFF_FFFF, height <= 0x7FFF_FFFF
                else { return nil }
                return (width, height)
            }
        }
        let own = items.primary.flatMap { sizes(properties(of: $0)).first }
        guard let size = own ?? sizes(items.properties).max(by: { $0.0 * $0.1 < $1.0 * $1.1 }) else { return }
        survey.size(size.0, size.1)
    }

    // MARK: what belongs to no item

    private func checkCoverage(into survey: inout Survey) {
        guard let stores else { return }
        var covered = Coverage()
        for (id, extents) in items.places {
            guard items.items[id] != nil else { continue }
            for extent in extents {
                guard let view = items.view(of: extent, in: file) else {
                    survey.damaged("item reaches over the end", at: 0)
                    continue
                }
                covered.add(view)
                survey.work += 1
            }
        }
        if covered.isOverfull { survey.damaged("too many pieces", at: 0) }
        covered.settle()
        for store in stores + (items.store.map { [$0] } ?? []) {
            for gap in covered.gaps(in: store.start..<store.start + store.count) {
                survey.find(.unknownSegment, at: gap.lowerBound, length: gap.count, label: "mdat")
            }
        }
    }
}
