import Inspection

/// What a picture says of its own origin, ours or anyone's.
package struct Marks: Sendable, Hashable {
    /// The term of the IPTC vocabulary, without its address: `trainedAlgorithmicMedia`; at most 256 bytes.
    package var digitalSourceType: String?
    /// The system that made the picture, as stated; at most 256 bytes.
    package var aiSystem: String?
    /// The program that wrote the file, as stated; at most 256 bytes.
    package var creatorTool: String?
    /// Whether it says that Darkroom's simulator made it.
    package var isSimulated = false
    /// The term of the PLUS vocabulary on data mining, without its address: `DMI-PROHIBITED`; at most 256 bytes.
    package var dataMining: String?
    /// Whether there is a C2PA manifest; it is not verified.
    package var hasC2PA = false
    /// Whether an image generator left its prompt or workflow in a field of its own.
    package var hasGeneratorText = false
    /// XMP packets that could be read.
    package var packets = 0

    package init() {}

    /// Whether they are as Darkroom writes them. Anybody can write them: a signature is not built yet.
    package var areOurs: Bool {
        creatorTool?.hasPrefix("Darkroom ") == true
            && digitalSourceType.flatMap(XMPPacket.SourceType.init(rawValue:)) != nil
    }

    /// Whether they say that some machine made the picture, without being ours.
    package var areForeign: Bool { !areOurs && (digitalSourceType != nil || aiSystem != nil || hasForeign) }

    /// Marks that no output of ours carries.
    package var hasForeign: Bool { hasC2PA || hasGeneratorText }
}

/// Reads the marks of a picture file; empty for anything that can not be read.
///
/// The packet is scanned for the fields in question, not parsed as RDF: foreign packets are written in several ways,
/// and a field that is stated in none of them is simply not found.
package func readMarks(of bytes: [UInt8]) -> Marks {
    var marks = Marks()
    guard let report = try? inspect(bytes) else { return marks }
    marks.hasC2PA = report.kinds.contains(.c2pa)
    marks.hasGeneratorText = report.kinds.contains(.generatorText)
    for range in report.packets {
        guard range.count <= 1 << 20 else { continue }
        marks.packets += 1
        let packet = PacketScan(packet: bytes[range])
        if marks.digitalSourceType == nil {
            marks.digitalSourceType = packet.value(of: "DigitalSourceType").map(lastPart)
        }
        if marks.creatorTool == nil { marks.creatorTool = packet.value(of: "CreatorTool") }
        if marks.dataMining == nil { marks.dataMining = packet.value(of: "DataMining").map(lastPart) }
        if marks.aiSystem == nil { marks.aiSystem = packet.value(of: "AISystemUsed") }
        if packet.value(of: "darkroom:Simulated") == "True" { marks.isSimulated = true }
    }
    return marks
}

/// The term that an address of a vocabulary stands for.
private func lastPart(_ address: String) -> String { address.split(separator: "/").last.map(String.init) ?? address }

/// Looks for one field in a packet, as attribute, as element, or as a resource.
private struct PacketScan {
    private static let valueLimit = 256
    let packet: ArraySlice<UInt8>

    func value(of field: String) -> String? {
        let name = Array(field.utf8)
        var from = packet.startIndex
        while let end = end(of: name, from: from) {
            if let value = value(at: end) { return value }
            from = end
        }
        return nil
    }

    /// Where the first occurrence of `name` at or after `from` ends; it has to begin a name or follow a prefix.
    private func end(of name: [UInt8], from: Int) -> Int? {
        guard let first = name.first else { return nil }
        var rest = packet[from...]
        while let at = rest.firstIndex(of: first) {
            let before = at > packet.startIndex ? packet[at - 1] : 0x20
            if [0x20, 0x0A, 0x0D, 0x09, 0x3A, 0x3C].contains(before), packet[at...].starts(with: name) {
                return at + name.count
            }
            rest = packet[(at + 1)...]
        }
        return nil
    }

    private func value(at end: Int) -> String? {
        let rest = packet[end...].prefix(2 * Self.valueLimit)
        let trimmed = rest.drop { $0 == 0x20 || $0 == 0x0A }
        switch trimmed.first {
        case 0x3D: return quoted(trimmed.dropFirst().drop { $0 == 0x20 })
        case 0x3E: return text(trimmed.dropFirst(), until: 0x3C)
        case 0x72 where trimmed.starts(with: Array("rdf:resource=".utf8)): return quoted(trimmed.dropFirst(13))
        default: return nil
        }
    }

    private func quoted(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let quote = bytes.first, quote == 0x22 || quote == 0x27 else { return nil }
        return text(bytes.dropFirst(), until: quote)
    }

    private func text(_ bytes: ArraySlice<UInt8>, until end: UInt8) -> String? {
        guard let stop = bytes.prefix(Self.valueLimit + 1).firstIndex(of: end), stop > bytes.startIndex else {
            return nil
        }
        return unescaped(String(decoding: bytes[bytes.startIndex..<stop], as: UTF8.self))
    }

    private func unescaped(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        let entities: [(String, Character)] = [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
        ]
        while let next = rest.first {
            if next == "&", let (entity, character) = entities.first(where: { rest.hasPrefix($0.0) }) {
                result.append(character)
                rest = rest.dropFirst(entity.count)
            } else {
                result.append(next)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
