/// Walks the boxes of a HEIF or AVIF file (ISO/IEC 14496-12, 23008-12, AVIF 1.1) and looks behind the last one.
func walkHEIF(_ file: ByteView, into survey: inout Survey) {
    var walk = HEIFWalk(file: file)
    walk.run(into: &survey)
}

private struct HEIFWalk {
    let file: ByteView
    private var meta: ISOBox?
    private var stores: [ByteView] = []
    private var isSequence = false

    init(file: ByteView) { self.file = file }

    mutating func run(into survey: inout Survey) {
        let (boxes, rest) = ISOBox.list(in: file)
        survey.work += boxes.count
        for (index, box) in boxes.enumerated() { note(box, isFirst: index == 0, into: &survey) }
        if boxes.isEmpty || (rest.count > 0 && (meta == nil || stores.isEmpty)) {
            survey.damaged("box reaches over the end", at: rest.start)
        } else {
            survey.trailer(rest, label: "after the last box")
        }
        guard let meta else {
            if !isSequence { survey.damaged("no item list", at: 0) }
            return
        }
        let check = HEIFCheck(items: HEIFItems(meta, into: &survey), file: file, stores: isSequence ? nil : stores)
        check.run(into: &survey)
    }

    private mutating func note(_ box: ISOBox, isFirst: Bool, into survey: inout Survey) {
        switch box.name {
        case "ftyp":
            let brands = stride(from: 0, to: box.content.count, by: 4).filter { $0 != 4 }
            let isPlain = brands.allSatisfy { box.content.fourCharacters(at: $0) != nil }
            if !isFirst || !isPlain || brands.count > 16 { survey.find(.unknownSegment, box.whole, label: box.name) }
        case "meta":
            if meta != nil { survey.damaged("repeated meta", at: box.whole.start) }
            meta = meta ?? box
        case "mdat": stores.append(box.content)
        case "moov":
            isSequence = true
            survey.find(.animation, box.whole, label: box.name)
            survey.frames = max(survey.frames, Self.samples(in: box, into: &survey))
        default: survey.commonBox(box)
        }
    }

    /// Samples of the longest track; at least 1.
    private static func samples(in movie: ISOBox, into survey: inout Survey) -> Int {
        var level = [movie]
        for name in ["trak", "mdia", "minf", "stbl", "stsz"] {
            var next: [ISOBox] = []
            for box in level {
                let inner = ISOBox.list(in: box.content).boxes
                survey.work += inner.count
                next += inner.filter { $0.name == name }
            }
            level = next
        }
        return level.reduce(1) { max($0, $1.content.big32(at: 8) ?? 1) }
    }
}
