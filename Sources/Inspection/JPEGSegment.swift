/// One marker segment of a JPEG file and what is known about its content.
struct JPEGSegment {
    let marker: UInt8
    /// With marker and length.
    let whole: ByteView
    /// Without them.
    var body: ByteView { whole.rest(from: 4) }

    /// The marker's name in ITU-T T.81.
    var label: String {
        switch marker {
        case 0xE0...0xEF: "APP\(marker - 0xE0)"
        case 0xFE: "COM"
        case 0xC4: "DHT"
        case 0xDB: "DQT"
        case 0xDD: "DRI"
        case 0xCC: "DAC"
        case 0xDC: "DNL"
        default: "marker " + String(marker, radix: 16, uppercase: true)
        }
    }

    /// Whether a decoder needs it whatever the colours are: tables, restart interval, frame and scan headers.
    var isForPixels: Bool {
        switch marker {
        case 0xC0...0xC7, 0xC9...0xCB, 0xCD...0xCF, 0xDA, 0xDB, 0xDD: true
        default: false
        }
    }

    /// Whether a table segment is exactly filled by its tables: slack would be a place to hide something.
    var isWellFormedTable: Bool {
        if marker == 0xDD { return body.count == 2 }
        var at = 0
        while let head = body[at] {
            if marker == 0xDB {
                at += 1 + (head >> 4 == 0 ? 64 : 128)
            } else {
                guard let counts = body.part(at: at + 1, length: 16) else { return false }
                at += 17 + counts.slice.reduce(0) { $0 + Int($1) }
            }
        }
        return at == body.count && at > 0
    }

    /// Notes what the segment holds. JFIF without thumbnail and Adobe pass; everything else is a finding.
    func note(into survey: inout Survey) {
        switch marker {
        case 0xE0: noteJFIF(into: &survey)
        case 0xE1: noteAPP1(into: &survey)
        case 0xE2 where body.matches("ICC_PROFILE\0", at: 0): survey.find(.iccProfile, whole, label: label)
        case 0xE2 where body.matches("MPF\0", at: 0): survey.find(.mpf, whole, label: label)
        // A JUMBF box in pieces (ISO/IEC 19566-5 annex D): C2PA manifests come this way.
        case 0xEB where body.matches("JP", at: 0) && body.matches("jumb", at: 12):
            survey.find(.c2pa, whole, label: label)
        case 0xED where body.matches("Photoshop 3.0\0", at: 0):
            survey.find(.photoshop, whole, label: label)
            notePhotoshop(body.rest(from: 14), label: label, into: &survey)
        // Tells decoders the colour transform, so pixels need it; it has room for nothing else.
        case 0xEE where body.matches("Adobe", at: 0) && body.count == 12: break
        case 0xFE: survey.find(.comment, whole, label: label)
        default: survey.find(.unknownSegment, whole, label: label)
        }
    }

    private func noteJFIF(into survey: inout Survey) {
        if body.matches("JFXX\0", at: 0) {
            survey.find(.jfxx, whole, label: label)
            return survey.find(.thumbnail, whole, label: label)
        }
        guard body.matches("JFIF\0", at: 0), let across = body[12], let down = body[13] else {
            return survey.find(.unknownSegment, whole, label: label)
        }
        let pixels = Int(across) * Int(down)
        if pixels > 0 { survey.find(.thumbnail, whole, label: label) }
        if body.count != 14 + 3 * pixels { survey.find(.unknownSegment, whole, label: label) }
        if !isNeutralDensity { survey.find(.resolution, whole, label: label) }
    }

    /// No density, the customary 72 to the inch, or one to the millimetre as libvips writes it for "none".
    private var isNeutralDensity: Bool {
        guard let unit = body[7], let across = body.big16(at: 8), let down = body.big16(at: 10) else { return false }
        switch unit {
        case 0: return across == down
        case 1: return across == down && (across == 72 || across == 25)
        default: return across == down && across == 10
        }
    }

    private func noteAPP1(into survey: inout Survey) {
        let xmp = "http://ns.adobe.com/xap/1.0/\0"
        if body.matches("Exif\0", at: 0) {
            survey.exif(body.rest(from: 6), at: whole, label: label)
        } else if body.matches(xmp, at: 0) {
            survey.find(.xmp, whole, label: label)
            survey.packet(body.rest(from: xmp.utf8.count))
        } else if body.matches("http://ns.adobe.com/xmp/extension/\0", at: 0) {
            survey.find(.extendedXMP, whole, label: label)
        } else {
            survey.find(.unknownSegment, whole, label: label)
        }
    }
}

/// Walks Photoshop image resources: signature, number, padded name, padded data.
func notePhotoshop(_ block: ByteView, label: String, into survey: inout Survey) {
    var offset = 0
    while block.matches("8BIM", at: offset), let number = block.big16(at: offset + 4), let name = block[offset + 6] {
        survey.work += 1
        let sizeAt = offset + 6 + (Int(name) + 2) / 2 * 2
        guard let size = block.big32(at: sizeAt), let data = block.part(at: sizeAt + 4, length: size) else { return }
        switch number {
        case 0x0404: survey.find(.iptc, data, label: label)
        case 0x0409, 0x040C: survey.find(.thumbnail, data, label: label)
        case 0x040F: survey.find(.iccProfile, data, label: label)
        case 0x0422, 0x0423: survey.exif(data, at: data, label: label)
        case 0x0424:
            survey.find(.xmp, data, label: label)
            survey.packet(data)
        default: break
        }
        offset = sizeAt + 4 + (size + 1) / 2 * 2
    }
}
