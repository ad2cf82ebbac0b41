/// Reads the size, where that is simple, of containers that are only ever decoded and never passed on.
func glance(at file: ByteView, _ container: Container, into survey: inout Survey) {
    survey.work += 1
    switch container {
    case .gif:
        if let width = file.little16(at: 6), let height = file.little16(at: 8) { survey.size(width, height) }
    case .tiff:
        guard var walk = EXIFWalk(file) else { return }
        walk.run(into: &survey)
        survey.width = walk.width
        survey.height = walk.height
    case .heif, .avif:
        glanceHEIF(file, into: &survey)
    case .jpeg, .png, .webp, .jxl: break
    }
}

/// The largest of the sizes that a HEIF file lists for its items (ISO/IEC 23008-12, `ispe`).
private func glanceHEIF(_ file: ByteView, into survey: inout Survey) {
    guard let meta = box("meta", in: file, into: &survey),
        let items = box("iprp", in: meta.rest(from: 4), into: &survey),
        let properties = box("ipco", in: items, into: &survey)
    else { return }
    eachBox(in: properties, into: &survey) { name, content, survey in
        guard name == "ispe", let width = content.big32(at: 4), let height = content.big32(at: 8),
            width <= 0x7FFF_FFFF, height <= 0x7FFF_FFFF
        else { return true }
        if width * height > (survey.width ?? 0) * (survey.height ?? 0) {
            survey.size(width, height)
        }
        return true
    }
}

private func box(_ wanted: String, in view: ByteView, into survey: inout Survey) -> ByteView? {
    var found: ByteView?
    eachBox(in: view, into: &survey) { name, content, _ in
        if name == wanted { found = content }
        return found == nil
    }
    return found
}

/// Goes through the boxes of one level, at most 1,024, until `visit` says false.
private func eachBox(
    in view: ByteView, into survey: inout Survey, visit: (String, ByteView, inout Survey) -> Bool
) {
    var offset = 0
    for _ in 0..<1_024 {
        guard let size = view.big32(at: offset), let name = view.fourCharacters(at: offset + 4) else { return }
        let length = size == 0 ? view.count - offset : size
        guard length >= 8, let content = view.part(at: offset + 8, length: length - 8) else { return }
        survey.work += 1
        guard visit(name, content, &survey) else { return }
        offset += length
    }
}
