/// Walks the segments of a JPEG file (ITU-T T.81 annex B) from SOI to EOI and looks behind it.
func walkJPEG(_ file: ByteView, into survey: inout Survey) {
    var walk = JPEGWalk(file: file)
    walk.run(into: &survey)
}

struct JPEGWalk {
    let file: ByteView
    /// What a decoder needs, in file order: tables, frame and scans, each with its marker.
    private(set) var pixelParts: [ByteView] = []
    private var offset = 2
    private var hasFrame = false
    private var hasScan = false

    init(file: ByteView) { self.file = file }

    mutating func run(into survey: inout Survey) {
        while !survey.isFull, let marker = nextMarker(into: &survey) {
            survey.work += 1
            switch marker {
            case 0xD9: return end(into: &survey)
            case 0x01, 0xD0...0xD8: survey.damaged("marker out of place", at: offset - 2)
            default:
                guard let length = file.big16(at: offset), length >= 2,
                    let segment = file.part(at: offset - 2, length: length + 2)
                else { return survey.damaged("segment reaches over the end", at: offset) }
                offset += length
                note(marker, JPEGSegment(marker: marker, whole: segment), into: &survey)
                if marker == 0xDA { skipEntropy(into: &survey) }
            }
        }
        survey.damaged("no end of image", at: file.count)
    }

    /// Steps behind the next marker; bytes in between that belong to nothing are damage.
    private mutating func nextMarker(into survey: inout Survey) -> UInt8? {
        let from = offset
        while let found = file.firstIndex(of: 0xFF, from: offset) {
            offset = found + 1
            while file[offset] == 0xFF { offset += 1 }
            guard let marker = file[offset] else { break }
            offset += 1
            guard marker != 0 else { continue }
            survey.work += offset - from
            if found != from { survey.damaged("stray bytes", at: from) }
            return marker
        }
        survey.work += file.count - from
        return nil
    }

    /// Entropy-coded data ends at the first marker that is neither a stuffed byte nor a restart.
    private mutating func skipEntropy(into survey: inout Survey) {
        let from = offset
        var end = file.count
        while let found = file.firstIndex(of: 0xFF, from: offset) {
            var next = found + 1
            while file[next] == 0xFF { next += 1 }
            guard let marker = file[next] else { break }
            guard marker == 0 || (0xD0...0xD7).contains(marker) else {
                end = found
                break
            }
            offset = next + 1
        }
        offset = end
        survey.work += end - from
        if let data = file.part(at: from, length: end - from) { pixelParts.append(data) }
    }

    private mutating func end(into survey: inout Survey) {
        if !hasFrame || !hasScan { survey.damaged("no picture before the end of image", at: offset) }
        let trailer = file.rest(from: offset)
        guard trailer.count > 0 else { return }
        survey.find(.trailingData, trailer, label: "after EOI")
        var from = 0
        while let found = trailer.firstIndex(of: 0xFF, from: from) {
            if trailer.matches([0xFF, 0xD8, 0xFF], at: found) {
                survey.find(.secondImage, trailer.rest(from: found), label: "SOI")
                break
            }
            from = found + 1
        }
        survey.work += trailer.count
    }

    private mutating func note(_ marker: UInt8, _ segment: JPEGSegment, into survey: inout Survey) {
        if segment.isForPixels { pixelParts.append(segment.whole) }
        switch marker {
        case 0xC4, 0xDB, 0xDD:
            if !segment.isWellFormedTable { survey.damaged("malformed \(segment.label)", at: segment.whole.start) }
        case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
            frame(segment, into: &survey)
            survey.isProgressive = marker & 3 == 2
        case 0xDA:
            guard let components = segment.body[0], segment.body.count == 4 + 2 * Int(components), hasFrame
            else { return survey.damaged("malformed SOS", at: segment.whole.start) }
            hasScan = true
        default: segment.note(into: &survey)
        }
    }

    private mutating func frame(_ segment: JPEGSegment, into survey: inout Survey) {
        let body = segment.body
        guard !hasFrame, let height = body.big16(at: 1), let width = body.big16(at: 3), let components = body[5],
            body.count == 6 + 3 * Int(components), width > 0, height > 0
        else { return survey.damaged("malformed or second frame header", at: segment.whole.start) }
        hasFrame = true
        survey.size(width, height)
    }
}
