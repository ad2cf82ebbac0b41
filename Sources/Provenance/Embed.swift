import Inspection

/// Puts `packet` into a clean PNG, JPEG, WebP, AVIF or JPEG XL file; not a byte of the coded picture changes.
///
/// What goes in has to pass the output gate without a packet, and what comes out passes it with exactly one.
package func embed(_ packet: XMPPacket, into bytes: [UInt8]) throws(ProvenanceError) -> [UInt8] {
    guard let report = try? inspect(bytes) else { throw .unsupported(nil) }
    let text = Array(packet.text.utf8)
    let before = report.violations(through: .output(allowingXMP: 0))
    guard [.png, .jpeg, .webp, .avif, .jxl].contains(report.container) else {
        throw .unsupported(report.container)
    }
    guard before.isEmpty else { throw .unclean(before) }
    let marked =
        switch report.container {
        case .png: markPNG(bytes, text)
        case .jpeg: try markJPEG(bytes, text)
        case .webp: try markWebP(bytes, text, report)
        case .avif: try markAVIF(bytes, text)
        case .jxl: try markJXL(bytes, text)
        case .gif, .heif, .tiff: throw ProvenanceError.unsupported(report.container)
        }
    guard let check = try? inspect(marked) else { throw .unsupported(nil) }
    let after = check.violations(through: .output(allowingXMP: 1))
    guard after.isEmpty else { throw .unclean(after) }
    return marked
}

/// An uncompressed iTXt chunk right behind IHDR (XMP part 3, 1.1.5).
private func markPNG(_ bytes: [UInt8], _ text: [UInt8]) -> [UInt8] {
    let data = Array("iTXtXML:com.adobe.xmp\0\0\0\0\0".utf8) + text
    let chunk = big(data.count - 4, 4) + data + big(Int(CRC32.checksum(of: data[...])), 4)
    let headerEnd = 8 + 12 + 13
    return bytes[..<headerEnd] + chunk + bytes[headerEnd...]
}

/// An APP1 segment behind SOI and APP0 (XMP part 3, 1.1.3).
private func markJPEG(_ bytes: [UInt8], _ text: [UInt8]) throws(ProvenanceError) -> [UInt8] {
    let body = Array("http://ns.adobe.com/xap/1.0/\0".utf8) + text
    guard body.count + 2 <= 0xFFFF else { throw .tooLong }
    let view = ByteView(bytes)
    var place = 2
    if view.matches([0xFF, 0xE0], at: 2), let length = view.big16(at: 4) { place = 4 + length }
    guard place <= bytes.count else { throw .unclean([.damaged("APP0 reaches over the end")]) }
    return bytes[..<place] + [0xFF, 0xE1] + big(body.count + 2, 2) + body + bytes[place...]
}

/// An XMP chunk at the end, and a VP8X header that announces it (RFC 9649, 2.7).
private func markWebP(_ bytes: [UInt8], _ text: [UInt8], _ report: PictureReport) throws(ProvenanceError) -> [UInt8] {
    guard let width = report.width, let height = report.height, (1...1 << 24).contains(width),
        (1...1 << 24).contains(height)
    else { throw .unclean([.damaged("no size")]) }
    let isExtended = ByteView(bytes).matches("VP8X", at: 12)
    let flags: UInt8 = 0x04 | (report.hasAlpha ? 0x10 : 0)
    let header = Array("VP8X".utf8) + little(10, 4) + [flags, 0, 0, 0] + little(width - 1, 3) + little(height - 1, 3)
    let pictures = bytes[(isExtended ? 30 : 12)...]
    let chunk = Array("XMP ".utf8) + little(text.count, 4) + text + (text.count % 2 == 1 ? [0] : [])
    let length = 4 + header.count + pictures.count + chunk.count
    guard length <= 0xFFFF_FFF6 else { throw .tooLong }
    return Array("RIFF".utf8) + little(length, 4) + Array("WEBP".utf8) + header + pictures + chunk
}
