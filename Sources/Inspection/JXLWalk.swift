/// Walks a JPEG XL file, naked or in boxes (ISO/IEC 18181-2), and its codestream frame by frame.
func walkJXL(_ file: ByteView, into survey: inout Survey) {
    guard !file.matches([0xFF, 0x0A], at: 0) else { return walkCodestream(file, isNaked: true, into: &survey) }
    var walk = JXLWalk(file: file)
    walk.run(into: &survey)
}

private struct JXLWalk {
    let file: ByteView
    private var whole: ByteView?
    private var parts: [ByteView] = []
    private var isFinished = false
    private var seen: Set<String> = []

    init(file: ByteView) { self.file = file }

    mutating func run(into survey: inout Survey) {
        let (boxes, rest) = ISOBox.list(in: file)
        survey.work += boxes.count
        for (index, box) in boxes.enumerated() where !survey.isFull { note(box, at: index, into: &survey) }
        let hasPicture = whole != nil || isFinished
        if hasPicture {
            survey.trailer(rest, label: "after the last box")
        } else if rest.count > 0 {
            survey.damaged("box reaches over the end", at: rest.start)
        }
        if let whole {
            if !parts.isEmpty { survey.damaged("codestream whole and in parts", at: whole.start) }
            walkCodestream(whole, isNaked: false, into: &survey)
        } else if !parts.isEmpty {
            if !isFinished { survey.damaged("codestream has no last part", at: file.count) }
            // Offsets count in the codestream then; it is put together only to be stepped through.
            var bytes: [UInt8] = []
            bytes.reserveCapacity(parts.reduce(0) { $0 + $1.count })
            for part in parts { bytes += part.slice }
            walkCodestream(ByteView(bytes), isNaked: false, into: &survey)
        } else {
            survey.damaged("no codestream", at: 0)
        }
    }

    private mutating func note(_ box: ISOBox, at index: Int, into survey: inout Survey) {
        let isFirst = seen.insert(box.name).inserted
        let content = box.content
        switch box.name {
        case "JXL ":
            if index != 0 || box.whole.count != 12 { survey.damaged("signature out of place", at: box.whole.start) }
        case "ftyp":
            let isPlain = content.matches("jxl ", at: 0) && content.matches("jxl ", at: 8) && content.count == 12
            if index != 1 || !isPlain { survey.find(.unknownSegment, box.whole, label: box.name) }
        case "jxll":
            if !isFirst || content.count != 1 { survey.find(.unknownSegment, box.whole, label: box.name) }
        case "jxlc":
            if whole != nil { survey.find(.secondImage, box.whole, label: box.name) }
            whole = whole ?? content
        case "jxlp":
            guard let number = content.big32(at: 0), number & 0x7FFF_FFFF == parts.count, !isFinished else {
                return survey.damaged("codestream part out of order", at: box.whole.start)
            }
            isFinished = number >> 31 == 1
            parts.append(content.rest(from: 4))
        case "Exif": survey.exif(content.rest(from: 4 + (content.big32(at: 0) ?? 0)), at: box.whole, label: box.name)
        case "xml ":
            survey.find(.xmp, box.whole, label: box.name)
            survey.packet(content)
        // A box packed by Brotli, which is not unpacked here; its first four bytes name what it is.
        case "brob": survey.find(Self.packed(content), box.whole, label: box.name)
        case "jumb" where !isManifest(content): survey.find(.unknownSegment, box.whole, label: box.name)
        // What it takes to make the JPEG again that this once was, with all that it carried.
        case "jbrd": survey.find(.unknownSegment, box.whole, label: box.name)
        case "jxli": survey.find(.animation, box.whole, label: box.name)
        default: survey.commonBox(box)
        }
    }

    private static func packed(_ content: ByteView) -> MetadataKind {
        switch content.fourCharacters(at: 0) {
        case "Exif": .exif
        case "xml ": .xmp
        case "jumb": .c2pa
        default: .unknownSegment
        }
    }

    /// Whether a JUMBF box describes itself as a C2PA store: `jumd` and the type `c2pa` in its UUID.
    private func isManifest(_ content: ByteView) -> Bool {
        content.matches("jumd", at: 4) && content.matches("c2pa", at: 8)
    }
}

/// Steps through a codestream: its head, then one frame after the other.
private func walkCodestream(_ stream: ByteView, isNaked: Bool, into survey: inout Survey) {
    guard stream.matches([0xFF, 0x0A], at: 0) else { return survey.damaged("malformed codestream", at: stream.start) }
    var bits = JXLBits(stream, at: 2)
    let header = JXLHeader(&bits)
    guard !bits.isOver, header.width > 0, header.height > 0, header.width <= 0x7FFF_FFFF else {
        return survey.damaged("malformed codestream", at: stream.start)
    }
    survey.size(header.width, header.height)
    survey.hasAlpha = header.hasAlpha
    survey.orientation = header.orientation
    survey.hasOrientation = true
    if header.orientation != 1 { survey.find(.orientation, at: stream.start, length: bits.byte, label: "header") }
    if header.hasPreview { survey.find(.thumbnail, at: stream.start, length: bits.byte, label: "preview") }
    if header.hasAnimation { survey.find(.animation, at: stream.start, length: bits.byte, label: "header") }
    if header.hasNames { survey.find(.text, at: stream.start, length: bits.byte, label: "channel name") }
    if header.hasExtensions { survey.find(.unknownSegment, at: stream.start, length: bits.byte, label: "extension") }
    // A profile is coded, and so is all behind it out of sight; the same goes for the frame of a preview.
    if header.hasProfile { return survey.find(.iccProfile, stream, label: "header") }
    if header.hasPreview { return }
    if !bits.align() { survey.damaged("padding is not zero", at: stream.start + bits.byte) }
    walkFrames(stream, header, from: bits.byte, isNaked: isNaked, into: &survey)
}

private func walkFrames(
    _ stream: ByteView, _ header: JXLHeader, from first: Int, isNaked: Bool, into survey: inout Survey
) {
    var offset = first
    var shown = 0
    while !survey.isFull {
        var bits = JXLBits(stream, at: offset)
        let frame = JXLFrame(&bits, of: header)
        survey.work += bits.byte - offset
        let place = stream.rest(from: offset)
        if bits.isOver || frame.isMalformed { return survey.damaged("malformed frame", at: place.start) }
        if frame.hasName { survey.find(.text, place, label: "frame name") }
        if frame.hasExtensions { survey.find(.unknownSegment, place, label: "extension") }
        shown += frame.isShown ? 1 : 0
        if header.hasAnimation { survey.frames = max(1, shown) }
        guard let end = frame.end else { return survey.find(.unknownSegment, place, label: "frame of unknown length") }
        guard end <= stream.count else { return survey.damaged("frame reaches over the end", at: place.start) }
        offset = end
        if frame.isLast { break }
    }
    survey.trailer(stream.rest(from: offset), label: isNaked ? "after the last frame" : "in jxlc")
}
