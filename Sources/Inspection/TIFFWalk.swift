/// Walks the directories of a TIFF file (TIFF 6.0, BigTIFF) and looks at what lies between and behind its parts.
func walkTIFF(_ file: ByteView, into survey: inout Survey) {
    guard let structure = TIFFStructure(file) else { return survey.damaged("malformed header", at: 0) }
    var walk = TIFFWalk(structure)
    walk.run(into: &survey)
}

private struct TIFFWalk {
    private enum Directory: String {
        case page = "IFD"
        case below = "SubIFD"
        case exif = "ExifIFD"
        case gps = "GPS"
        case interoperability = "InteropIFD"
    }

    /// More directories than this are not read: pages of a long scan.
    private static let directoryLimit = 1_024
    /// Tags that say how the pixels are stored.
    private static let pixelTags: Set<Int> = [
        0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0107, 0x010A, 0x0111, 0x0115, 0x0116, 0x0117, 0x0118,
        0x0119, 0x011C, 0x0128, 0x013D, 0x013E, 0x013F, 0x0140, 0x0142, 0x0143, 0x0144, 0x0145, 0x0152, 0x0153, 0x0154,
        0x0155, 0x015B, 0x0200, 0x0201, 0x0202, 0x0203, 0x0205, 0x0206, 0x0207, 0x0208, 0x0209, 0x0211, 0x0212, 0x0213,
        0x0214,
    ]
    private static let kinds: [Int: MetadataKind] = EXIFWalk.kinds.merging([
        0x010D: .comment, 0x010F: .text, 0x0110: .text, 0x011D: .comment, 0x0131: .text, 0x013C: .creator,
    ]) { first, _ in first }

    private let structure: TIFFStructure
    private let file: ByteView
    private var waiting: [(Directory, Int)] = []
    private var seen: Set<Int> = []
    private var covered = Coverage()
    /// Entries that a file of this length can hold; directories that overlap would take more.
    private var entriesLeft: Int
    /// Strips and tiles that a file of this length can name.
    private var piecesLeft: Int
    private var pages = 0
    private var isCoverable = true

    init(_ structure: TIFFStructure) {
        self.structure = structure
        file = structure.block
        entriesLeft = structure.block.count / 12 + 16
        piecesLeft = min(structure.block.count / 2, Coverage.limit)
    }

    mutating func run(into survey: inout Survey) {
        guard let first = structure.first else { return survey.damaged("no directory", at: 4) }
        covered.add(0, structure.headerLength)
        waiting = [(.page, first)]
        while !survey.isFull, let (directory, offset) = waiting.popLast() {
            guard seen.insert(offset).inserted else {
                survey.damaged("directories in a circle", at: offset)
                continue
            }
            guard seen.count <= Self.directoryLimit else {
                survey.damaged("too many directories", at: offset)
                break
            }
            read(directory, at: offset, into: &survey)
        }
        survey.frames = max(1, pages)
        if pages == 0 { survey.damaged("no picture", at: 0) }
        checkCoverage(into: &survey)
    }

    private mutating func read(_ kind: Directory, at offset: Int, into survey: inout Survey) {
        guard let directory = structure.directory(at: offset), directory.count <= entriesLeft else {
            if kind == .gps { survey.find(.gps, file, label: kind.rawValue) }
            return survey.damaged("directory reaches over the end", at: min(max(offset, 0), file.count))
        }
        entriesLeft -= directory.count
        survey.work += directory.count
        covered.add(directory.place)
        if kind == .exif { survey.find(.exif, directory.place, label: kind.rawValue) }
        if kind == .gps { survey.find(.gps, directory.place, label: kind.rawValue) }
        var picture = Picture()
        for index in 0..<directory.count {
            guard let entry = structure.entry(index, of: directory) else { return }
            guard let value = entry.value else {
                survey.damaged("value reaches over the end", at: entry.place.start)
                continue
            }
            if entry.isOutside { covered.add(value) }
            note(entry, value, in: kind, &picture, into: &survey)
        }
        if kind == .page || kind == .below {
            finish(picture, kind, directory, into: &survey)
            if let next = directory.next { waiting.append((kind, next)) }
        }
    }

    // MARK: entries

    /// What one directory says of its pixels.
    private struct Picture {
        var width: Int?
        var height: Int?
        var subtype = 0
        var resolution: [[Int]] = []
        var resolutionUnit = 2
        var places: [TIFFStructure.Entry] = []
        var lengths: [TIFFStructure.Entry] = []
    }

    private mutating func note(
        _ entry: TIFFStructure.Entry, _ value: ByteView, in kind: Directory, _ picture: inout Picture,
        into survey: inout Survey
    ) {
        let number = structure.number(0, of: entry)
        switch entry.tag {
        case 0x8769: waiting.append((.exif, number ?? -1))
        case 0x8825: waiting.append((.gps, number ?? -1))
        case 0xA005: waiting.append((.interoperability, number ?? -1))
        case 0x014A:
            for index in 0..<min(entry.count, 16) { waiting.append((.below, structure.number(index, of: entry) ?? -1)) }
        case _ where kind == .gps || kind == .interoperability: break
        case 0x0112:
            guard let number, number != 1 else { return }
            if (1...8).contains(number), !survey.hasOrientation { survey.orientation = number }
            survey.hasOrientation = true
            survey.find(.orientation, entry.place, label: kind.rawValue)
        case 0x011A, 0x011B: picture.resolution.append(parts(of: entry))
        case _ where kind == .exif || !Self.pixelTags.contains(entry.tag):
            let found = Self.kinds[entry.tag]
            guard found != nil || kind != .exif else { return }
            survey.find(found ?? .unknownSegment, value, label: kind.rawValue)
            if found == .xmp { survey.packet(value) }
            if found == .photoshop { notePhotoshop(value, label: kind.rawValue, into: &survey) }
        default: pixels(entry, number, &picture)
        }
    }

    private func pixels(_ entry: TIFFStructure.Entry, _ number: Int?, _ picture: inout Picture) {
        switch entry.tag {
        case 0x00FE: picture.subtype = number ?? 0
        case 0x0100: picture.width = number
        case 0x0101: picture.height = number
        case 0x0111, 0x0144, 0x0201: picture.places.append(entry)
        case 0x0117, 0x0145, 0x0202: picture.lengths.append(entry)
        case 0x0128: picture.resolutionUnit = number ?? 0
        default: break
        }
    }

    /// Numerator and denominator of a RATIONAL.
    private func parts(of entry: TIFFStructure.Entry) -> [Int] {
        guard entry.type == 5, entry.count == 1, let value = entry.value else { return [] }
        return [0, 4].compactMap { value.number(at: $0, length: 4, bigEndian: structure.isBigEndian) }
    }

    // MARK: pictures

    private mutating func finish(
        _ picture: Picture, _ kind: Directory, _ directory: TIFFStructure.Directory, into survey: inout Survey
    ) {
        cover(picture)
        if !isNeutral(picture) { survey.find(.resolution, directory.place, label: kind.rawValue) }
        // Reduced picture, page of several, transparency mask.
        if picture.subtype & 1 == 1 {
            return survey.find(.thumbnail, directory.place, label: kind.rawValue)
        }
        if kind == .below || picture.subtype & 4 == 4 {
            return survey.find(.secondImage, directory.place, label: kind.rawValue)
        }
        pages += 1
        if pages > 1 { return survey.find(.secondImage, directory.place, label: kind.rawValue) }
        if let width = picture.width, let height = picture.height, width > 0, height > 0, width <= 0x7FFF_FFFF,
            height <= 0x7FFF_FFFF
        {
            survey.size(width, height)
        } else {
            survey.damaged("no size", at: directory.place.start)
        }
    }

    /// No resolution, the customary 72 to the inch, or one to the millimetre as libvips writes it for "none".
    private func isNeutral(_ picture: Picture) -> Bool {
        picture.resolution.allSatisfy { parts in
            guard parts.count == 2, parts[1] > 0 else { return false }
            switch picture.resolutionUnit {
            case 1: return parts[0] == parts[1]
            case 2: return parts[0] == 72 * parts[1]
            default: return parts[0] == 10 * parts[1]
            }
        }
    }

    private mutating func cover(_ picture: Picture) {
        // Strips or tiles are named in one entry, their lengths in another; both lists have the same order.
        for (place, length) in zip(picture.places, picture.lengths) {
            let count = min(place.count, length.count)
            guard count <= piecesLeft else {
                isCoverable = false
                return
            }
            piecesLeft -= count
            for index in 0..<count {
                guard let offset = structure.number(index, of: place), let bytes = structure.number(index, of: length),
                    let view = file.part(at: offset, length: bytes)
                else {
                    isCoverable = false
                    return
                }
                covered.add(view)
            }
        }
    }

    private mutating func checkCoverage(into survey: inout Survey) {
        if covered.isOverfull || !isCoverable { return survey.damaged("pixels reach over the end", at: file.count) }
        covered.settle()
        for gap in covered.gaps(in: 0..<file.count) {
            guard let view = file.part(at: gap.lowerBound, length: gap.count) else { continue }
            survey.work += gap.count
            // Parts begin at even places, those of BigTIFF at multiples of eight.
            if gap.count < 8, view.isZero { continue }
            if gap.upperBound == file.count {
                survey.trailer(view, label: "after the last part")
            } else {
                survey.find(.unknownSegment, view, label: "gap")
            }
        }
    }
}
