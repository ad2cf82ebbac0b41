/// Walks the chunks of a WebP file (RFC 9649) and looks behind the end that its header states.
func walkWebP(_ file: ByteView, into survey: inout Survey) {
    var walk = WebPWalk(file: file)
    walk.run(into: &survey)
}

private struct WebPWalk {
    let file: ByteView
    /// Flags of the VP8X chunk; nil in a simple file.
    private var flags: UInt8?
    private var seen: Set<String> = []
    private var frames = 0

    init(file: ByteView) { self.file = file }

    mutating func run(into survey: inout Survey) {
        let stated = (file.little32(at: 4) ?? 0) + 8
        if stated % 2 == 1 { survey.damaged("odd RIFF size", at: 4) }
        if stated > file.count { survey.damaged("RIFF size reaches over the end", at: 4) }
        let end = min(stated, file.count)
        var offset = 12
        while !survey.isFull, offset < end {
            guard let length = file.little32(at: offset + 4), length <= end - offset - 8,
                let data = file.part(at: offset + 8, length: length)
            else {
                survey.damaged("chunk reaches over the end", at: offset)
                break
            }
            let chunk = file.rest(from: offset).part(at: 0, length: min(8 + length + length % 2, end - offset))
            survey.work += 1
            note(file.fourCharacters(at: offset) ?? "????", chunk ?? data, data, into: &survey)
            if length % 2 == 1, file[offset + 8 + length] != 0 { survey.damaged("padding is not zero", at: offset) }
            offset += 8 + length + length % 2
        }
        finish(into: &survey)
        survey.trailer(file.rest(from: max(end, 12)), label: "after RIFF")
    }

    private func finish(into survey: inout Survey) {
        survey.frames = max(1, frames)
        if !seen.contains("VP8 "), !seen.contains("VP8L"), frames == 0 { survey.damaged("no picture", at: 12) }
        if seen.contains("ALPH"), seen.contains("VP8L") { survey.damaged("ALPH beside VP8L", at: 12) }
        guard let flags else { return }
        // An announced block that is missing, or one that is not announced, is how half-removed metadata looks.
        for (bit, name) in [(UInt8(0x20), "ICCP"), (0x08, "EXIF"), (0x04, "XMP "), (0x02, "ANIM")]
        where (flags & bit != 0) != seen.contains(name) {
            survey.damaged("VP8X and \(name) disagree", at: 20)
        }
        if flags & 0xC1 != 0 { survey.damaged("reserved flags in VP8X", at: 20) }
    }

    private mutating func note(_ name: String, _ chunk: ByteView, _ data: ByteView, into survey: inout Survey) {
        let isFirst = seen.insert(name).inserted
        switch name {
        case "VP8X":
            guard isFirst, seen.count == 1 else { return survey.damaged("VP8X out of place", at: chunk.start) }
            extended(data, into: &survey)
        case "VP8 ", "VP8L":
            guard isFirst, !(seen.contains("VP8 ") && seen.contains("VP8L")) else {
                return survey.find(.secondImage, chunk, label: name)
            }
            bitstream(name, data, into: &survey)
        case "ALPH":
            if !isFirst || flags == nil { survey.find(.unknownSegment, chunk, label: name) }
            survey.hasAlpha = true
        case "EXIF": survey.exif(data, at: chunk, label: name)
        case "XMP ":
            survey.find(.xmp, chunk, label: name)
            survey.packet(data)
        case "ICCP": survey.find(.iccProfile, chunk, label: name)
        case "ANIM", "ANMF":
            frames += name == "ANMF" ? 1 : 0
            survey.find(.animation, chunk, label: name)
        case "C2PA": survey.find(.c2pa, chunk, label: name)
        default: survey.find(.unknownSegment, chunk, label: name)
        }
    }

    private mutating func extended(_ data: ByteView, into survey: inout Survey) {
        guard data.count == 10, let found = data[0], let width = data.little24(at: 4), let height = data.little24(at: 7)
        else { return survey.damaged("malformed VP8X", at: data.start) }
        if data.little24(at: 1) != 0 { survey.damaged("reserved bytes in VP8X", at: data.start) }
        flags = found
        survey.hasAlpha = found & 0x10 != 0
        survey.size(width + 1, height + 1)
    }

    private func bitstream(_ name: String, _ data: ByteView, into survey: inout Survey) {
        let size: (Int, Int)?
        if name == "VP8L" {
            size = data.little32(at: 1).flatMap { bits in
                data[0] == 0x2F && bits >> 29 == 0 ? ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) : nil
            }
            if let bits = data.little32(at: 1), bits >> 28 & 1 == 1 { survey.hasAlpha = true }
        } else {
            let starts = data.matches([0x9D, 0x01, 0x2A], at: 3) && (data[0] ?? 1) & 1 == 0
            size = data.little16(at: 6).flatMap { width in
                data.little16(at: 8).flatMap { starts ? (width & 0x3FFF, $0 & 0x3FFF) : nil }
            }
        }
        guard let (width, height) = size, width > 0, height > 0 else {
            return survey.damaged("malformed \(name)", at: data.start)
        }
        if flags == nil {
            survey.size(width, height)
        } else if survey.width != width || survey.height != height {
            survey.damaged("VP8X and picture differ in size", at: data.start)
        }
    }
}
