/// A text chunk: a keyword, and text that may be compressed or hold a whole metadata block as hexadecimal digits.
struct PNGText {
    let name: String
    let chunk: ByteView
    let data: ByteView

    /// Under which image generators note prompts, seeds, models and whole workflows.
    private static let generatorKeywords: Set<String> = [
        "parameters", "prompt", "negative_prompt", "workflow", "dream", "sd-metadata", "invokeai_metadata",
        "invokeai_graph", "invokeai_workflow", "generation_data", "generation_metadata", "fooocus_scheme", "aigc",
        "ai_metadata", "postprocessing", "extras",
    ]

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
            if profile == .exif { noteProfile(after: keyword, into: &survey) }
        } else if ["Comment", "Description"].contains(keyword) {
            survey.find(.comment, chunk, label: name)
        } else if Self.generatorKeywords.contains(keyword.lowercased()) {
            survey.find(.generatorText, chunk, label: name)
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

    /// Notes what lies in an EXIF block that is written as hexadecimal digits, compressed or not.
    ///
    /// Orientation is not taken from there, since decoders do not look there either.
    private func noteProfile(after keyword: String, into survey: inout Survey) {
        let start = keyword.utf8.count + 1
        var text = data.rest(from: start)
        if name == "zTXt" {
            let limit = min(survey.unpackLimit, 64 * data.count)
            text = ByteView(inflate(data.rest(from: start + 1), limit: limit))
            survey.unpackLimit -= text.count
        }
        survey.work += text.count
        // A line with the profile's name, a line with its length, then lines of digits.
        guard let name = text.firstIndex(of: 0x0A, from: 1), let length = text.firstIndex(of: 0x0A, from: name + 1),
            var walk = EXIFWalk(ByteView(Self.bytes(of: text.rest(from: length))))
        else { return }
        var inner = Survey()
        walk.run(into: &inner)
        for kind in Set(inner.findings.map(\.kind)).sorted(by: { $0.rawValue < $1.rawValue }) {
            survey.find(kind, chunk, label: self.name)
        }
        survey.work += inner.work
    }

    private static func bytes(of digits: ByteView) -> [UInt8] {
        let values = digits.slice.lazy.compactMap { digit -> UInt8? in
            switch digit {
            case 0x30...0x39: digit - 0x30
            case 0x61...0x66: digit - 0x61 + 10
            case 0x41...0x46: digit - 0x41 + 10
            default: nil
            }
        }
        var result: [UInt8] = []
        var high: UInt8?
        for value in values {
            if let first = high {
                result.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return result
    }
}
