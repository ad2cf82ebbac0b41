/// The directories of an EXIF block (CIPA DC-008).
///
/// Offsets may point anywhere and in circles: each directory is read once, and at most 16 of them.
struct EXIFWalk {
    private enum Directory: String {
        case primary = "IFD0"
        case further = "IFD1"
        case exif = "ExifIFD"
        case gps = "GPS"
        case other = "SubIFD"
    }

    private static let directoryLimit = 16
    /// What each tag says of people, places and devices; those that are not here describe the exposure.
    static let kinds: [Int: MetadataKind] = [
        0x010E: .comment, 0x0132: .time, 0x013B: .creator, 0x8298: .creator, 0x02BC: .xmp, 0x83BB: .iptc,
        0x8649: .photoshop, 0x8773: .iccProfile, 0x9003: .time, 0x9004: .time, 0x927C: .makerNote, 0x9286: .comment,
        0x9C9B: .comment, 0x9C9C: .comment, 0x9C9D: .creator, 0x9C9E: .comment, 0x9C9F: .comment, 0xA430: .creator,
        0xA431: .serialNumber, 0xA435: .serialNumber, 0xC62F: .serialNumber, 0xC634: .makerNote, 0xCD41: .c2pa,
    ]

    private let structure: TIFFStructure
    private var waiting: [(Directory, Int)] = []
    private var seen: Set<Int> = []

    /// Nil when the block has no TIFF header.
    init?(_ block: ByteView) {
        let body = block.matches("Exif\0\0", at: 0) ? block.rest(from: 6) : block
        guard let structure = TIFFStructure(body) else { return nil }
        self.structure = structure
    }

    mutating func run(into survey: inout Survey) {
        guard let first = structure.first else { return }
        waiting = [(.primary, first)]
        while let (directory, offset) = waiting.popLast(), seen.count < Self.directoryLimit {
            guard seen.insert(offset).inserted else { continue }
            read(directory, at: offset, into: &survey)
        }
    }

    private mutating func read(_ kind: Directory, at offset: Int, into survey: inout Survey) {
        guard let directory = structure.directory(at: offset) else {
            if kind == .gps { survey.find(.gps, structure.block, label: kind.rawValue) }
            return
        }
        if kind == .gps, directory.count > 0 { survey.find(.gps, directory.place, label: kind.rawValue) }
        for index in 0..<directory.count {
            guard let entry = structure.entry(index, of: directory) else { return }
            survey.work += 1
            note(entry, in: kind, into: &survey)
        }
        if kind == .primary || kind == .further, let next = directory.next { waiting.append((.further, next)) }
    }

    private mutating func note(_ entry: TIFFStructure.Entry, in kind: Directory, into survey: inout Survey) {
        guard kind != .gps else { return }
        let number = structure.number(0, of: entry)
        switch (kind, entry.tag) {
        case (_, 0x8769): waiting.append((.exif, number ?? -1))
        case (_, 0x8825): waiting.append((.gps, number ?? -1))
        case (_, 0x014A): (0..<min(entry.count, 8)).forEach { follow($0, of: entry) }
        case (.primary, 0x0112):
            if let number, (1...8).contains(number), !survey.hasOrientation { survey.orientation = number }
            survey.hasOrientation = true
            survey.find(.orientation, entry.place, label: kind.rawValue)
        case (.further, 0x0201), (.further, 0x0111), (.other, 0x0201), (.other, 0x0111):
            survey.find(.thumbnail, entry.value ?? entry.place, label: kind.rawValue)
        default:
            guard let found = Self.kinds[entry.tag] else { return }
            survey.find(found, entry.value ?? entry.place, label: kind.rawValue)
            if found == .xmp, let value = entry.value { survey.packet(value) }
        }
    }

    private mutating func follow(_ index: Int, of entry: TIFFStructure.Entry) {
        if let offset = structure.number(index, of: entry) { waiting.append((.other, offset)) }
    }
}

extension Survey {
    /// Notes an EXIF block and what lies in it.
    mutating func exif(_ block: ByteView, at place: ByteView, label: String) {
        find(.exif, place, label: label)
        guard var walk = EXIFWalk(block) else { return }
        walk.run(into: &self)
    }
}
