/// The directories of a TIFF structure, as EXIF blocks and TIFF files have them (CIPA DC-008, TIFF 6.0).
///
/// Offsets may point anywhere and in circles: each directory is read once, and at most 16 of them.
struct EXIFWalk {
    private enum Directory: String {
        case primary = "IFD0"
        case further = "IFD1"
        case exif = "ExifIFD"
        case gps = "GPS"
    }

    private static let directoryLimit = 16
    private static let valueSizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4]
    private static let kinds: [Int: MetadataKind] = [
        0x010E: .comment, 0x0132: .time, 0x013B: .creator, 0x8298: .creator, 0x02BC: .xmp, 0x83BB: .iptc,
        0x8649: .photoshop, 0x8773: .iccProfile, 0x9003: .time, 0x9004: .time, 0x927C: .makerNote, 0x9286: .comment,
        0x9C9B: .comment, 0x9C9C: .comment, 0x9C9D: .creator, 0x9C9E: .comment, 0x9C9F: .comment, 0xA430: .creator,
        0xA431: .serialNumber, 0xA435: .serialNumber, 0xC62F: .serialNumber,
    ]

    private let block: ByteView
    private let bigEndian: Bool
    private var waiting: [(Directory, Int)] = []
    private var seen: Set<Int> = []
    /// Size as the first directory gives it: meaningful in a TIFF file, not in an EXIF block.
    private(set) var width: Int?
    private(set) var height: Int?

    /// Nil when the block has no TIFF header.
    init?(_ block: ByteView) {
        let body = block.matches("Exif\0\0", at: 0) ? block.rest(from: 6) : block
        if body.matches([0x49, 0x49, 0x2A, 0x00], at: 0) {
            bigEndian = false
        } else if body.matches([0x4D, 0x4D, 0x00, 0x2A], at: 0) {
            bigEndian = true
        } else {
            return nil
        }
        self.block = body
    }

    mutating func run(into survey: inout Survey) {
        guard let first = number(at: 4, 4) else { return }
        waiting = [(.primary, first)]
        while let (directory, offset) = waiting.popLast(), seen.count < Self.directoryLimit {
            guard seen.insert(offset).inserted else { continue }
            read(directory, at: offset, into: &survey)
        }
    }

    private mutating func read(_ directory: Directory, at offset: Int, into survey: inout Survey) {
        guard let entries = number(at: offset, 2) else {
            if directory == .gps { survey.find(.gps, block, label: directory.rawValue) }
            return
        }
        if directory == .gps, entries > 0 {
            survey.find(.gps, at: block.start + offset, length: 2 + 12 * entries, label: directory.rawValue)
        }
        for index in 0..<entries {
            guard let entry = block.part(at: offset + 2 + 12 * index, length: 12) else { return }
            survey.work += 1
            note(entry, in: directory, into: &survey)
        }
        if directory == .primary, let next = number(at: offset + 2 + 12 * entries, 4), next != 0 {
            waiting.append((.further, next))
        }
    }

    private mutating func note(_ entry: ByteView, in directory: Directory, into survey: inout Survey) {
        guard directory != .gps, let tag = entry.number(at: 0, length: 2, bigEndian: bigEndian) else { return }
        let short = entry.number(at: 8, length: 2, bigEndian: bigEndian) ?? 0
        let long = entry.number(at: 8, length: 4, bigEndian: bigEndian) ?? 0
        let isShort = entry.number(at: 2, length: 2, bigEndian: bigEndian) == 3
        switch (directory, tag) {
        case (_, 0x8769): waiting.append((.exif, long))
        case (_, 0x8825): waiting.append((.gps, long))
        case (.primary, 0x0100): width = isShort ? short : long
        case (.primary, 0x0101): height = isShort ? short : long
        case (.primary, 0x0112):
            if (1...8).contains(short), !survey.hasOrientation { survey.orientation = short }
            survey.hasOrientation = true
            survey.find(.orientation, entry, label: directory.rawValue)
        case (.further, 0x0201), (.further, 0x0111):
            survey.find(.thumbnail, at: block.start + long, length: 0, label: directory.rawValue)
        default:
            guard let kind = Self.kinds[tag] else { return }
            let place = value(of: entry)
            survey.find(kind, place ?? entry, label: directory.rawValue)
            if kind == .xmp, let place { survey.packet(place) }
        }
    }

    /// Where an entry's value lies; nil when it reaches outside the block.
    private func value(of entry: ByteView) -> ByteView? {
        guard let type = entry.number(at: 2, length: 2, bigEndian: bigEndian), Self.valueSizes.indices.contains(type),
            let count = entry.number(at: 4, length: 4, bigEndian: bigEndian)
        else { return nil }
        let length = count * Self.valueSizes[type]
        if length <= 4 { return entry.part(at: 8, length: length) }
        return entry.number(at: 8, length: 4, bigEndian: bigEndian).flatMap { block.part(at: $0, length: length) }
    }

    private func number(at offset: Int, _ length: Int) -> Int? {
        block.number(at: offset, length: length, bigEndian: bigEndian)
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
