/// Reads what is simple to read of containers that are only ever decoded and never passed on: the size, and for
/// those that cameras write (HEIF, TIFF) the metadata.
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
        var walk = HEIFWalk(file)
        walk.run(into: &survey)
    case .jpeg, .png, .webp, .jxl: break
    }
}
