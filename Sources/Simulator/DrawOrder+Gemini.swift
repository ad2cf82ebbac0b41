import Documents
import Domain
import HTTPServer
import Inspection
import Providers

/// Google Gemini, `generateContent`: prompt and pictures as parts of one JSON body.
extension DrawOrder {
    /// Tiers of `imageSize`; empty where the model takes none.
    private static let tiers: [String: [String]] = [
        "gemini-nano-banana-2.1": ["1K", "2K", "4K"], "gemini-3-pro-image": ["1K", "2K", "4K"],
        "gemini-3.1-flash-image": ["512", "1K", "2K", "4K"], "gemini-3.1-flash-lite-image": ["1K"],
        "gemini-2.5-flash-image": [],
    ]

    /// Largest picture inside a request in bytes.
    private static let mostInline = 7_000_000

    /// Contract, section 3. Names are taken in snake and in camel case.
    static func gemini(_ request: IncomingRequest, model: String) throws(ContractFault) -> DrawOrder {
        guard let tiers = tiers[model] else {
            throw ContractFault("models/\(model) is not found", .modelNotFound)
        }
        let members = try members(request)
        try Field.check(
            members,
            ["contents": .list, "generationConfig": .object(settings), "safetySettings": .list, "store": .flag])
        let contents = members["contents"]?.array ?? []
        guard contents.count == 1, let content = contents[0].members else {
            throw ContractFault("one content is expected", parameter: "contents")
        }
        try Field.check(content, ["role": .words(["user"]), "parts": .list])
        let (prompt, pictures) = try read(parts: content["parts"]?.array ?? [])
        guard pictures.count <= (tiers.isEmpty ? 3 : Contract.gemini.mostReferences) else {
            throw ContractFault("too many images", parameter: "contents")
        }
        let config = members["generationConfig"]?.members ?? []
        let modalities = config["responseModalities"]?.array?.compactMap(\.string) ?? []
        guard modalities.contains("IMAGE"), modalities.allSatisfy(["TEXT", "IMAGE"].contains) else {
            throw ContractFault("responseModalities must have IMAGE", parameter: "responseModalities")
        }
        guard config["thinkingConfig"] == nil || model == "gemini-nano-banana-2.1" else {
            throw ContractFault("thinkingConfig is not supported", parameter: "thinkingConfig")
        }
        var order = DrawOrder(
            .gemini, model: model, prompt: prompt,
            size: try size(config["imageConfig"]?.members ?? [], tiers, like: pictures.last?.size))
        order.references = pictures
        order.wantsText = modalities.contains("TEXT")
        return order
    }

    private static let settings = ["responseModalities", "imageConfig", "thinkingConfig"]

    private static func read(parts: [JSONValue]) throws(ContractFault) -> (String, [Reference]) {
        var prompt: [String] = []
        var pictures: [Reference] = []
        for part in parts {
            guard let members = part.members, members.count == 1 else {
                throw ContractFault("a part has one member", parameter: "parts")
            }
            if let text = part["text"]?.string {
                prompt.append(text)
                continue
            }
            guard let data = (part["inline_data"] ?? part["inlineData"])?.members else {
                throw .unknown(members[0].key)
            }
            try Field.check(
                data, ["mime_type": .text(most: 64), "mimeType": .text(most: 64), "data": .text(most: 100_000_000)])
            guard let bytes = data["data"]?.string.flatMap(Base64.decode), bytes.count <= mostInline else {
                throw ContractFault("the data is no base64 of at most 7 MB", parameter: "inline_data")
            }
            pictures.append(
                try Reference(
                    bytes, type: (data["mime_type"] ?? data["mimeType"])?.string, taking: [.png, .jpeg, .webp, .heif],
                    named: "inline_data"))
        }
        guard !prompt.isEmpty else { throw ContractFault("a text is required", parameter: "contents") }
        return (prompt.joined(separator: "\n"), pictures)
    }

    /// Without a ratio an edit follows its last picture.
    private static func size(
        _ config: [JSONValue.Member], _ tiers: [String], like given: PixelSize?
    ) throws(ContractFault) -> PixelSize {
        var table: [String: Field] = ["aspectRatio": .words(PixelTable.ratios.map(\.name))]
        if !tiers.isEmpty { table["imageSize"] = .words(tiers) }
        try Field.check(config, table)
        let tier = config["imageSize"]?.string ?? "1K"
        let ratio = config["aspectRatio"]?.string ?? given.map(PixelTable.nearest) ?? "1:1"
        return PixelTable.size(ratio, tier) ?? PixelSize(width: 1024, height: 1024)
    }
}

/// The pixels of a ratio and a tier: the Gemini contract, section 3.1.
enum PixelTable {
    static let ratios: [(name: String, width: Int, height: Int)] = {
        let wide = [
            ("3:2", 1264, 848), ("4:3", 1200, 896), ("5:4", 1152, 928), ("16:9", 1376, 768), ("21:9", 1584, 672),
        ]
        let tall = wide.filter { $0.0 != "21:9" }.map { name, width, height in
            (name.split(separator: ":").reversed().joined(separator: ":"), height, width)
        }
        return [("1:1", 1024, 1024)] + wide + tall
    }()

    static func size(_ ratio: String, _ tier: String) -> PixelSize? {
        let doubled: Int? = ["512": 1, "1K": 2, "2K": 4, "4K": 8][tier]
        guard let doubled, let row = ratios.first(where: { $0.name == ratio }) else { return nil }
        return PixelSize(width: row.width * doubled / 2, height: row.height * doubled / 2)
    }

    static func nearest(_ size: PixelSize) -> String {
        func bend(_ row: (name: String, width: Int, height: Int)) -> Double {
            let both = Double(row.width) / Double(row.height) / (Double(size.width) / Double(max(1, size.height)))
            return max(both, 1 / both)
        }
        return ratios.min { bend($0) < bend($1) }?.name ?? "1:1"
    }
}
