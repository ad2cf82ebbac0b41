/// Notes taken during one walk.
struct Survey {
    /// More findings than this are damage: no camera writes so many, and a report has to stay small.
    static let findingLimit = 4_096

    private(set) var findings: [Finding] = []
    private(set) var damage: String?
    var width: Int?
    var height: Int?
    var orientation = 1
    /// Where several blocks state an orientation the first one counts, as for decoders.
    var hasOrientation = false
    var frames = 1
    var hasAlpha = false
    var isProgressive = false
    var packets: [Range<Int>] = []
    var work = 0
    /// How many bytes may still be unpacked from compressed text in this file.
    var unpackLimit = 1 << 20

    mutating func find(_ kind: MetadataKind, at offset: Int, length: Int, label: String) {
        guard !isFull else { return }
        if findings.count == Self.findingLimit - 1 { damaged("too many metadata segments", at: offset) }
        findings.append(Finding(kind: kind, offset: offset, length: length, label: label))
    }

    mutating func find(_ kind: MetadataKind, _ view: ByteView, label: String) {
        find(kind, at: view.start, length: view.count, label: label)
    }

    /// Notes the first break only: what follows from it says little.
    mutating func damaged(_ what: String, at offset: Int) {
        if damage == nil { damage = "\(what) at byte \(offset)" }
    }

    mutating func size(_ width: Int, _ height: Int) {
        self.width = width
        self.height = height
    }

    mutating func packet(_ view: ByteView) {
        guard packets.count < 64 else { return }
        packets.append(view.start..<view.start + view.count)
    }

    /// Whether the walk may stop: there is damage of a kind that makes the rest uninteresting.
    var isFull: Bool { findings.count >= Self.findingLimit }

    func report(_ container: Container) -> PictureReport {
        PictureReport(
            container: container, width: width, height: height, orientation: orientation, frames: frames,
            hasAlpha: hasAlpha, isProgressive: isProgressive, findings: findings.sorted { $0.offset < $1.offset },
            damage: damage,
            packets: packets, work: work)
    }
}
