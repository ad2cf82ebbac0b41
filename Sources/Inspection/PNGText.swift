/// A text chunk: a keyword, and text that may be compressed or hold a whole metadata block as hexadecimal digits.
struct PNGText {
    let name: String
    let chunk: ByteView
    let data: ByteView

    /// Keywords are at most 79 bytes (PNG 3, 11.3.3).
    private var keyword: String {
        let end = data.firstIndex(of: 0, from: 0) ?? data.count
        guard end <= 79, let part = data.part(at: 0, length: end) else { return "" }
        return String(decoding: part.slice, as: UTF8.self)
    }

    func note(into survey: inout Survey) {
        let keyword = keyword
        if keyword == "XML:com.adobe.xmp" {
            survey.find(.xmp, chunk, label: name)
            if let packet = packet(after: keyword) { survey.packet(packet) }
        } else if let profile = profile(keyword) {
            survey.find(.text, chunk, label: name)
            survey.find(profile, chunk, label: name)
        } else if ["Comment", "Description"].contains(keyword) {
            survey.find(.comment, chunk, label: name)
        } else {
            survey.find(.text, chunk, label: name)
        }
    }

    /// ImageMagick's way to carry blocks for which PNG had no chunk.
    private func profile(_ keyword: String) -> MetadataKind? {
        let prefix = "Raw profile type "
        guard keyword.hasPrefix(prefix) else { return nil }
        switch keyword.dropFirst(prefix.count).lowercased() {
        case "exif", "app1": return .exif
        case "xmp": return .xmp
        case "iptc": return .iptc
        case "8bim": return .photoshop
        case "icc", "icm": return .iccProfile
        default: return .unknownSegment
        }
    }

    /// The text of an uncompressed iTXt chunk; nil where it is compressed or in another chunk.
    private func packet(after keyword: String) -> ByteView? {
        let flags = keyword.utf8.count + 1
        guard name == "iTXt", data[flags] == 0, let language = data.firstIndex(of: 0, from: flags + 2),
            let translated = data.firstIndex(of: 0, from: language + 1)
        else { return nil }
        return data.rest(from: translated + 1)
    }
}
