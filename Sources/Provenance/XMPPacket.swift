/// The statement that goes into every output: made by a machine, by which system, when, and by which program.
///
/// It never holds a prompt, a subject or a job id. Fields: IPTC Photo Metadata 2025.1, XMP part 1 (ISO 16684-1).
package struct XMPPacket: Sendable, Hashable {
    /// Terms of the IPTC vocabulary `digitalsourcetype` that Darkroom uses.
    package enum SourceType: String, Sendable, Codable, CaseIterable {
        /// Made from words alone.
        case trainedAlgorithmicMedia
        /// Made with the help of a person's pictures.
        case compositeWithTrainedAlgorithmicMedia

        /// The address that stands for the term.
        package var address: String { "http://cv.iptc.org/newscodes/digitalsourcetype/" + rawValue }

        /// The term for an output made with that many references.
        package init(references: Int) {
            self = references > 0 ? .compositeWithTrainedAlgorithmicMedia : .trainedAlgorithmicMedia
        }
    }

    /// Fields longer than this are cut, so that a packet always fits one JPEG segment.
    package static let fieldLimit = 200

    package let sourceType: SourceType
    /// The model service and model, as people know it.
    package let aiSystem: String
    /// The version that the service answered with; nil when it names none.
    package let aiSystemVersion: String?
    /// Darkroom's own version.
    package let generatorVersion: String
    /// Time of creation, RFC 3339 in UTC.
    package let created: String
    /// A fresh random UUID; it identifies the file and leads to no person and no job.
    package let documentID: String
    /// Whether the simulator made the picture and no model did.
    package let isSimulated: Bool
    /// Whether the packet forbids data mining, the training of models among it (PLUS-LDF XMP 1.0.1, Data Mining).
    package let isProtected: Bool

    package init(
        sourceType: SourceType, aiSystem: String, aiSystemVersion: String?, generatorVersion: String, created: String,
        documentID: String, isSimulated: Bool, isProtected: Bool = false
    ) {
        self.sourceType = sourceType
        self.aiSystem = aiSystem
        self.aiSystemVersion = aiSystemVersion
        self.generatorVersion = generatorVersion
        self.created = created
        self.documentID = documentID
        self.isSimulated = isSimulated
        self.isProtected = isProtected
    }

    /// The packet as UTF-8 text, without the `<?xpacket` wrapper: the HEIF loader of libvips knows a packet only so.
    package var text: String {
        var lines = [
            #"<x:xmpmeta xmlns:x="adobe:ns:meta/">"#,
            #"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#,
            #"<rdf:Description rdf:about="""#,
            #" xmlns:xmp="http://ns.adobe.com/xap/1.0/""#,
            #" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/""#,
            #" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/""#,
            #" xmlns:darkroom="urn:darkroom:xmp:1""#,
        ]
        if isProtected { lines.append(#" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/""#) }
        for (name, value) in fields { lines.append(" \(name)=\"\(Self.escaped(value))\"") }
        return lines.joined(separator: "\n") + "/>\n</rdf:RDF>\n</x:xmpmeta>\n"
    }

    /// The term of the PLUS vocabulary that allows none.
    private static let noMining = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"

    private var fields: [(String, String)] {
        var fields = [
            ("xmp:CreatorTool", "Darkroom \(generatorVersion)"),
            ("xmp:CreateDate", created),
            ("xmpMM:DocumentID", "uuid:\(documentID)"),
            ("Iptc4xmpExt:DigitalSourceType", sourceType.address),
            ("Iptc4xmpExt:AISystemUsed", aiSystem),
        ]
        if let aiSystemVersion { fields.append(("Iptc4xmpExt:AISystemVersionUsed", aiSystemVersion)) }
        if isProtected { fields.append(("plus:DataMining", Self.noMining)) }
        if isSimulated { fields.append(("darkroom:Simulated", "True")) }
        return fields
    }

    /// Text fit for an attribute: what XML 1.0 has no place for is left out, what would end the attribute is escaped.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(fieldLimit) {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\t", "\n", "\r": result += " "
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
