import Documents
import Domain
import HTTPServer
import Inspection

/// Google Gemini, `generateContent`: prompt and pictures as parts of one JSON body.
extension DrawOrder {
    /// Largest picture inside a request in bytes.
    private static let mostInline = 7_000_000

    /// Contract, section 3. Names are taken in snake and in camel case, as protocol buffers read JSON.
    static func gemini(_ request: IncomingRequest, model: String) throws(ContractFault) -> DrawOrder {
        guard let able = GeminiModel(model) else {
            throw ContractFault("models/\(model) is not found for API version \(version(request))", .modelNotFound)
        }
        let members = try check(try members(request), bodyFields, in: "")
        let (prompt, pictures) = try read(turns: members["contents"]?.array ?? [])
        guard pictures.count <= able.references else {
            throw ContractFault("too many images", parameter: "contents")
        }
        if let words = members["systemInstruction"] { _ = try read(parts: words["parts"]?.array ?? []) }
        let config = try check(members["generationConfig"]?.members ?? [], configFields, in: "generation_config")
        let modalities = config["responseModalities"]?.array?.map { $0.string ?? "" }
        guard modalities?.contains("IMAGE") ?? true, modalities?.allSatisfy(["TEXT", "IMAGE"].contains) ?? true else {
            throw ContractFault("responseModalities must have IMAGE", parameter: "responseModalities")
        }
        guard config["thinkingConfig"] == nil || able.thinks else {
            throw ContractFault("thinkingConfig is not supported", parameter: "thinkingConfig")
        }
        guard config.whole("candidateCount") ?? 1 == 1 else {
            throw ContractFault("Multiple candidates is not enabled for models/\(model)", parameter: "candidateCount")
        }
        var order = DrawOrder(
            .gemini, model: model, prompt: prompt,
            size: try size(config["imageConfig"]?.members ?? [], able, like: pictures.last?.size))
        order.references = pictures
        order.seed = config.whole("seed")
        // Without a word about it these models answer with both.
        order.wantsText = modalities?.contains("TEXT") ?? true
        return order
    }

    private static let bodyFields: [String: Field] = [
        "contents": .list, "generationConfig": .object(nil), "safetySettings": .list, "store": .flag,
        "systemInstruction": .object(["role", "parts"]),
    ]

    /// What a model that draws takes; what only models of text have, such as tools and schemas, is refused.
    private static let configFields: [String: Field] = [
        "responseModalities": .list, "imageConfig": .object(nil),
        "thinkingConfig": .object(["thinkingLevel", "thinkingBudget", "includeThoughts", "thinking_level"]),
        "temperature": .number(0...2), "topP": .number(0...1), "topK": .number(1...1000),
        "candidateCount": .whole(1...8),
        "seed": .whole(Int(Int32.min)...Int(Int32.max)), "maxOutputTokens": .whole(1...1_000_000),
        "stopSequences": .list, "presencePenalty": .number(-2...2), "frequencyPenalty": .number(-2...2),
    ]

    private static func version(_ request: IncomingRequest) -> String {
        request.path.hasPrefix("/v1beta/") ? "v1beta" : "v1"
    }

    /// As `Field.check`, in the words of the service; gives the members under their names in camel case.
    private static func check(
        _ members: [JSONValue.Member], _ table: [String: Field], in place: String
    ) throws(ContractFault) -> [JSONValue.Member] {
        if let member = members.first(where: { table[$0.camelCased] == nil }) {
            let end = place.isEmpty ? "" : " at '\(place)'"
            throw ContractFault(
                "Invalid JSON payload received. Unknown name \"\(member.key)\"\(end): Cannot find field.",
                parameter: member.key)
        }
        try Field.check(members.camelCased, table)
        return members.camelCased
    }

    /// The words of the caller's turns and the pictures of all turns: a model is shown what it drew before.
    private static func read(turns: [JSONValue]) throws(ContractFault) -> (String, [Reference]) {
        guard !turns.isEmpty else { throw ContractFault("contents is not specified", parameter: "contents") }
        var prompt: [String] = []
        var pictures: [Reference] = []
        var role = "user"
        for turn in turns {
            guard let members = turn.members else {
                throw ContractFault("a content is an object", parameter: "contents")
            }
            try Field.check(members.withoutNulls, ["role": .words(["user", "model"]), "parts": .list])
            role = members["role"]?.string ?? "user"
            let (words, shown) = try read(parts: members["parts"]?.array ?? [])
            if role == "user" { prompt += words }
            pictures += shown
        }
        guard role == "user" else {
            throw ContractFault("Please ensure that the last turn is one of role user", parameter: "contents")
        }
        guard !prompt.isEmpty else { throw ContractFault("a text is required", parameter: "contents") }
        return (prompt.joined(separator: "\n"), pictures)
    }

    private static func read(parts: [JSONValue]) throws(ContractFault) -> ([String], [Reference]) {
        var words: [String] = []
        var pictures: [Reference] = []
        for part in parts {
            guard let members = part.members?.camelCased else {
                throw ContractFault("a part is an object", parameter: "parts")
            }
            let content = members.filter { !["thought", "thoughtSignature"].contains($0.key) }
            guard content.count == 1 else { throw ContractFault("a part has one member", parameter: "parts") }
            // What the model thought comes back with its turn, and is no part of what is asked.
            if members["thought"]?.bool == true { continue }
            if let text = members["text"]?.string {
                words.append(text)
                continue
            }
            guard let data = members["inlineData"]?.members?.camelCased else { throw .unknown(content[0].key) }
            try Field.check(data, ["mimeType": .text(most: 64), "data": .text(most: 100_000_000)])
            guard let bytes = data["data"]?.string.flatMap(Reference.bytes(ofBase64:)), bytes.count <= mostInline else {
                throw ContractFault("the data is no base64 of at most 7 MB", parameter: "inline_data")
            }
            pictures.append(
                try Reference(
                    bytes, type: data["mimeType"]?.string, taking: [.png, .jpeg, .webp, .heif], named: "inline_data"))
        }
        return (words, pictures)
    }

    /// Without a ratio an edit follows its last picture.
    private static func size(
        _ config: [JSONValue.Member], _ able: GeminiModel, like given: PixelSize?
    ) throws(ContractFault) -> PixelSize {
        var table: [String: Field] = ["aspectRatio": .words(able.ratios)]
        if !able.tiers.isEmpty { table["imageSize"] = .words(able.tiers) }
        let config = try check(config, table, in: "generation_config.image_config")
        let tier = config["imageSize"]?.string ?? "1K"
        let ratio = config["aspectRatio"]?.string ?? given.map { PixelTable.nearest($0, among: able.ratios) } ?? "1:1"
        return PixelTable.size(ratio, tier) ?? PixelSize(width: 1024, height: 1024)
    }
}

/// What one of Google's models takes: the Gemini contract, sections 1 and 3.
struct GeminiModel {
    static let names = [
        "gemini-nano-banana-2.1", "gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image",
        "gemini-2.5-flash-image",
    ]

    /// Values of `imageSize`; empty where the model takes none.
    let tiers: [String]
    let ratios: [String]
    let references: Int
    let thinks: Bool

    init?(_ name: String) {
        guard Self.names.contains(name) else { return nil }
        tiers =
            switch name {
            case "gemini-3.1-flash-image": ["512", "1K", "2K", "4K"]
            case "gemini-3.1-flash-lite-image": ["1K"]
            case "gemini-2.5-flash-image": []
            default: ["1K", "2K", "4K"]
            }
        let isWide = name == "gemini-3.1-flash-image" || name == "gemini-nano-banana-2.1"
        ratios = PixelTable.ratios.map(\.name) + (isWide ? PixelTable.wideRatios.map(\.name) : [])
        references = name == "gemini-2.5-flash-image" ? 3 : Contract.gemini.mostReferences
        thinks = name == "gemini-nano-banana-2.1"
    }
}

extension [JSONValue.Member] {
    /// The members under the names that JSON has for the fields of protocol buffers, without those that are `null`.
    var camelCased: Self { withoutNulls.map { .init(key: $0.camelCased, value: $0.value) } }
}

extension JSONValue.Member {
    fileprivate var camelCased: String {
        let words = key.split(separator: "_").map(String.init)
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
