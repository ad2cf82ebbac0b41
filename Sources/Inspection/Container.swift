package import Domain

/// The kind of picture file, told from its content and never from its name.
package enum Container: String, Sendable, Codable, CaseIterable {
    case jpeg, png, webp, gif, heif, avif, tiff, jxl

    /// The format under which Darkroom writes or sends this container; nil for those it only reads.
    package var format: PictureFormat? { PictureFormat(rawValue: rawValue) }
}

/// Tells a container by its signature; nil when the bytes begin like no picture known here.
///
/// Sources: ITU-T T.81, PNG 3, RFC 9649, GIF89a, ISO/IEC 14496-12, TIFF 6.0 and BigTIFF, ISO/IEC 18181-2.
package func identify(_ bytes: [UInt8]) -> Container? {
    let view = ByteView(bytes)
    if view.matches([0xFF, 0xD8, 0xFF], at: 0) { return .jpeg }
    if view.matches(pngSignature, at: 0) { return .png }
    if view.matches("RIFF", at: 0), view.matches("WEBP", at: 8) { return .webp }
    if view.matches("GIF87a", at: 0) || view.matches("GIF89a", at: 0) { return .gif }
    if TIFFStructure(view) != nil { return .tiff }
    if view.matches([0xFF, 0x0A], at: 0) { return .jxl }
    if view.matches([0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A], at: 0) { return .jxl }
    return view.matches("ftyp", at: 4) ? identifyBrand(view) : nil
}

let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

/// Reads the brands of an ISO base media file; at most 64 compatible brands are looked at.
private func identifyBrand(_ view: ByteView) -> Container? {
    guard let size = view.big32(at: 0), size >= 16 else { return nil }
    var brands: [String] = []
    for offset in [8] + stride(from: 16, to: min(size, 16 + 64 * 4), by: 4) {
        guard let brand = view.fourCharacters(at: offset) else { break }
        brands.append(brand)
    }
    if brands.contains(where: { $0 == "avif" || $0 == "avis" }) { return .avif }
    let heif: Set<String> = ["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"]
    return brands.contains(where: heif.contains) ? .heif : nil
}
