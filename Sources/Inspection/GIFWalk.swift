/// Walks the blocks of a GIF file (GIF89a) and looks behind its trailer.
func walkGIF(_ file: ByteView, into survey: inout Survey) {
    var walk = GIFWalk(file: file)
    walk.run(into: &survey)
}

private struct GIFWalk {
    let file: ByteView
    private var offset = 13
    private var frames = 0

    init(file: ByteView) { self.file = file }

    mutating func run(into survey: inout Survey) {
        guard let width = file.little16(at: 6), let height = file.little16(at: 8), let flags = file[10] else {
            return survey.damaged("malformed screen descriptor", at: 6)
        }
        survey.size(width, height)
        if width == 0 || height == 0 { survey.damaged("malformed screen descriptor", at: 6) }
        skipTable(flags)
        while !survey.isFull, let kind = file[offset] {
            survey.work += 1
            switch kind {
            case 0x3B:
                offset += 1
                return finish(into: &survey)
            case 0x2C: image(into: &survey)
            case 0x21: extend(into: &survey)
            default: return survey.damaged("no block begins like this", at: offset)
            }
            if offset > file.count { return survey.damaged("block reaches over the end", at: file.count) }
        }
        survey.frames = max(1, frames)
        survey.damaged("no trailer", at: file.count)
    }

    private func finish(into survey: inout Survey) {
        survey.frames = max(1, frames)
        if frames == 0 { survey.damaged("no picture", at: offset) }
        survey.trailer(file.rest(from: offset), label: "after the trailer")
    }

    /// Steps over a colour table when the flags announce one.
    private mutating func skipTable(_ flags: UInt8) {
        if flags & 0x80 != 0 { offset += 3 << (Int(flags & 7) + 1) }
    }

    private mutating func image(into survey: inout Survey) {
        frames += 1
        let start = offset
        guard let flags = file[offset + 9] else {
            offset = file.count + 1
            return
        }
        offset += 10
        skipTable(flags)
        // The least code size, then the coded pixels.
        offset += 1
        skipParts(into: &survey)
        let length = min(offset, file.count) - start
        if frames == 2 { survey.find(.animation, at: start, length: length, label: "image") }
    }

    /// Steps behind a chain of parts, each led by its length, to the empty one that ends it.
    private mutating func skipParts(into survey: inout Survey) {
        while let length = file[offset] {
            survey.work += 1
            offset += 1 + Int(length)
            if length == 0 { return }
        }
        offset = file.count + 1
    }

    private mutating func extend(into survey: inout Survey) {
        let start = offset
        let label = file[offset + 1]
        let head = file.rest(from: offset + 2)
        offset += 2
        skipParts(into: &survey)
        guard let block = file.part(at: start, length: offset - start) else { return }
        switch label {
        case 0xF9 where head[0] == 4 && block.count == 8:
            if (head[1] ?? 0) & 1 == 1 { survey.hasAlpha = true }
        case 0xFE: survey.find(.comment, block, label: "comment")
        case 0x01: survey.find(.text, block, label: "plain text")
        case 0xFF where head[0] == 11: application(block, into: &survey)
        default: survey.find(.unknownSegment, block, label: "extension")
        }
    }

    /// An application extension: a name of eight letters and three bytes, then parts.
    private func application(_ block: ByteView, into survey: inout Survey) {
        if block.matches("XMP DataXMP", at: 3) {
            survey.find(.xmp, block, label: "XMP Data")
            // The packet stands there as it is; 258 bytes behind it lead any reader of parts to the end.
            if let text = block.part(at: 14, length: block.count - 14 - 258) { survey.packet(text) }
        } else if block.matches("ICCRGBG1012", at: 3) {
            survey.find(.iccProfile, block, label: "ICCRGBG1")
        } else if block.matches("C2PA_GIF", at: 3) {
            survey.find(.c2pa, block, label: "C2PA_GIF")
        } else if block.matches("NETSCAPE2.0", at: 3) || block.matches("ANIMEXTS1.0", at: 3) {
            survey.find(.animation, block, label: "loop")
        } else {
            survey.find(.unknownSegment, block, label: "application")
        }
    }
}
