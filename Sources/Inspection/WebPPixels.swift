/// A WebP file cut down to the chunks that pixels need; not a byte of the coded picture changes.
///
/// libvips 8.14 writes an EXIF block into every WebP file, even when told to strip and when there was none (its
/// `webpsave` makes one up), so a WebP file of ours always needs this before it meets a gate. Nil when the bytes are no
/// WebP file, are damaged, or show more than one frame.
package func pixelsOnly(webp bytes: [UInt8]) -> [UInt8]? {
    guard let report = try? inspect(bytes), report.container == .webp, report.damage == nil,
        report.frames == 1,
        let width = report.width, let height = report.height
    else { return nil }
    let file = ByteView(bytes)
    var kept: [UInt8] = []
    var hasAlpha = false
    var offset = 12
    while let name = file.fourCharacters(at: offset), let length = file.little32(at: offset + 4),
        let chunk = file.part(at: offset, length: 8 + length + length % 2)
    {
        if name == "VP8 " || name == "VP8L" || name == "ALPH" { kept += chunk.slice }
        hasAlpha = hasAlpha || name == "ALPH"
        offset += chunk.count
    }
    // Lossless pictures bring their own alpha; only the separate plane of a lossy one has to be announced.
    let header = Array("VP8X".utf8) + [10, 0, 0, 0, 0x10, 0, 0, 0] + little24(width - 1) + little24(height - 1)
    let body = Array("WEBP".utf8) + (hasAlpha ? header : []) + kept
    guard body.count <= 0xFFFF_FFF6 else { return nil }
    let size = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
    let result = Array("RIFF".utf8) + size + body
    guard let check = try? inspect(result), check.violations(through: .reference).isEmpty else { return nil }
    return result
}

private func little24(_ value: Int) -> [UInt8] { (0..<3).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
