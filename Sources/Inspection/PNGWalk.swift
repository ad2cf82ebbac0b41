/// Walks the chunks of a PNG file (PNG 3) with their checksums and looks behind the last one.
///
/// The coded pixels are stepped over: nothing about metadata hangs on their checksum, every decoder compares it, and
/// it is all that a walk of a large picture would take time for.
func walkPNG(_ file: ByteView, sumsPixels: Bool, into survey: inout Survey) {
    var walk = PNGWalk(file: file, sumsPixels: sumsPixels)
    walk.run(into: &survey)
}

private struct PNGWalk {
    let file: ByteView
    let sumsPixels: Bool
    private var offset = 8
    private var previous = ""
    private var seen: Set<String> = []

    init(file: ByteView, sumsPixels: Bool) {
        self.file = file
        self.sumsPixels = sumsPixels
    }

    mutating func run(into survey: inout Survey) {
        while !survey.isFull, offset < file.count {
            guard let length = file.big32(at: offset), let chunk = file.part(at: offset, length: length + 12),
                let data = chunk.part(at: 8, length: length)
            else { return survey.damaged("chunk reaches over the end", at: offset) }
            let name = chunk.fourCharacters(at: 4) ?? "????"
            survey.work += 1
            check(name, chunk, into: &survey)
            note(name, chunk, data, into: &survey)
            seen.insert(name)
            previous = name
            offset += chunk.count
            if name == "IEND" { return end(into: &survey) }
        }
        survey.damaged("no IEND", at: file.count)
    }

    private func end(into survey: inout Survey) {
        if !seen.contains("IDAT") { survey.damaged("no IDAT", at: offset) }
        survey.trailer(file.rest(from: offset), label: "after IEND")
    }

    private func check(_ name: String, _ chunk: ByteView, into survey: inout Survey) {
        if !name.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }) {
            survey.damaged("chunk without a name", at: chunk.start)
        }
        if name != "IDAT" || sumsPixels { checkSum(chunk, into: &survey) }
        if seen.isEmpty != (name == "IHDR") { survey.damaged("IHDR out of place", at: chunk.start) }
        if name == "IDAT", seen.contains("IDAT"), previous != "IDAT" {
            survey.damaged("IDAT interrupted", at: chunk.start)
        }
        let once: Set<String> = ["PLTE", "tRNS", "sRGB", "gAMA", "cHRM", "pHYs"]
        if once.contains(name), seen.contains(name) { survey.damaged("repeated chunk", at: chunk.start) }
    }

    private func checkSum(_ chunk: ByteView, into survey: inout Survey) {
        survey.work += chunk.count
        let covered = chunk.rest(from: 4).part(at: 0, length: chunk.count - 8)
        let sum = covered.map { Int(CRC32.checksum(of: $0.slice)) }
        if sum != chunk.big32(at: chunk.count - 4) { survey.damaged("wrong checksum in a chunk", at: chunk.start) }
    }

    private func note(_ name: String, _ chunk: ByteView, _ data: ByteView, into survey: inout Survey) {
        func fits(_ condition: Bool) {
            if !condition { survey.damaged("malformed \(name)", at: chunk.start) }
        }
        switch name {
        case "IHDR": header(data, into: &survey)
        case "PLTE": fits(data.count % 3 == 0 && (3...768).contains(data.count))
        case "tRNS":
            fits((1...256).contains(data.count))
            survey.hasAlpha = true
        case "IDAT": break
        case "IEND": fits(data.count == 0)
        case "sRGB": fits(data.count == 1 && (data[0] ?? 9) < 4)
        case "gAMA": fits(data.count == 4)
        case "cHRM": fits(data.count == 32)
        case "pHYs" where Self.isNeutralDensity(data): break
        case "pHYs": survey.find(.resolution, chunk, label: name)
        case "acTL":
            survey.frames = max(1, data.big32(at: 0) ?? 1)
            survey.find(.animation, chunk, label: name)
        case "fcTL", "fdAT": survey.find(.animation, chunk, label: name)
        case "eXIf": survey.exif(data, at: chunk, label: name)
        case "tIME": survey.find(.time, chunk, label: name)
        case "iCCP": survey.find(.iccProfile, chunk, label: name)
        case "caBX": survey.find(.c2pa, chunk, label: name)
        case "tEXt", "zTXt", "iTXt": PNGText(name: name, chunk: chunk, data: data).note(into: &survey)
        default: survey.find(.unknownSegment, chunk, label: name)
        }
    }

    /// The customary 72 to the inch, or one to the millimetre as libvips writes it when it knows of no resolution.
    private static func isNeutralDensity(_ data: ByteView) -> Bool {
        guard data.count == 9, let across = data.big32(at: 0), across == data.big32(at: 4), data[8] == 1 else {
            return false
        }
        return across == 1000 || across == 2835
    }

    private func header(_ data: ByteView, into survey: inout Survey) {
        guard data.count == 13, let width = data.big32(at: 0), let height = data.big32(at: 4), let colour = data[9],
            width > 0, height > 0, width <= 0x7FFF_FFFF, height <= 0x7FFF_FFFF
        else { return survey.damaged("malformed IHDR", at: data.start) }
        survey.size(width, height)
        survey.hasAlpha = colour & 4 != 0
        survey.isProgressive = data[12] == 1
    }
}
