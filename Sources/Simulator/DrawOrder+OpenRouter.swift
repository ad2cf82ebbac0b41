import Documents
import Domain
import HTTPServer
import Inspection

/// OpenRouter's Image API: flat fields, references as data URLs.
extension DrawOrder {
    /// The makers whose models draw there; of another one no model is known.
    static let makers: Set<String> = [
        "microsoft", "openai", "google", "black-forest-labs", "bytedance-seed", "ideogram", "krea", "qwen", "recraft",
        "reve", "sourceful", "stabilityai", "tencent", "x-ai",
    ]

    private static let routing = [
        "order", "only", "ignore", "sort", "allow_fallbacks", "options", "data_collection", "zdr",
    ]

    /// As the official client names them.
    static let ratios = [
        "1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "2.35:1", "3:2", "3:4", "4:1", "4:3", "4:5", "5:2", "5:4", "5:7",
        "7:5",
        "8:1", "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto",
    ]

    private static let table: [String: Field] = [
        "model": .text(most: 128), "prompt": .prompt, "n": .whole(1...10), "aspect_ratio": .words(ratios),
        "resolution": .words(["512", "768", "1K", "1.5K", "2K", "4K"]), "size": .text(most: 16),
        "quality": .words(["auto", "low", "medium", "high", "xhigh", "max"]),
        "background": .words(["auto", "opaque", "transparent"]), "output_format": .words(["png", "jpeg", "webp"]),
        "output_compression": .whole(0...100), "seed": .whole(0...Int(Int32.max)), "input_references": .list,
        "provider": .object(routing), "user": .text(most: 256), "session_id": .text(most: 256), "stream": .flag,
        "trace": .object(nil),
    ]

    /// Contract, section 3.
    static func openRouter(_ request: IncomingRequest) throws(ContractFault) -> DrawOrder {
        let members = try members(request)
        if members["output_format"]?.string == "svg" {
            throw ContractFault("The simulator draws png, jpeg and webp, not svg.", parameter: "output_format")
        }
        try Field.check(members, table)
        let model = try members.required("model")
        let maker = model.split(separator: "/").first.map(String.init) ?? ""
        guard makers.contains(maker), model.utf8.count > maker.utf8.count + 1 else {
            throw ContractFault("No endpoints found for \(model)", .modelNotFound)
        }
        // Only OpenAI's models stream there; for others the field is passed over.
        if maker == "openai", members["stream"]?.bool == true {
            throw ContractFault(
                "The simulator does not stream: leave 'stream' out, or set it to false.", parameter: "stream")
        }
        var order = DrawOrder(
            .openRouter, model: model, prompt: try members.required("prompt"), size: try size(members, maker))
        order.count = members.whole("n") ?? 1
        order.seed = members.whole("seed")
        try order.readFormat(members)
        guard order.count == 1 || maker == "openai" else {
            throw ContractFault("n is not supported by this model", parameter: "n")
        }
        order.references = try references(members["input_references"]?.array ?? [])
        return order
    }

    private static func references(_ list: [JSONValue]) throws(ContractFault) -> [Reference] {
        guard list.count <= Contract.openRouter.mostReferences else {
            throw ContractFault("too many references", parameter: "input_references")
        }
        var references: [Reference] = []
        for one in list {
            guard one["type"]?.string == "image_url", one.members?.count == 2,
                let url = one["image_url"]?["url"]?.string
            else { throw ContractFault("a reference is an image_url", parameter: "input_references") }
            references.append(try Reference(dataURL: url, taking: [.png, .jpeg, .webp], named: "input_references"))
        }
        return references
    }

    private static func size(_ members: [JSONValue.Member], _ maker: String) throws(ContractFault) -> PixelSize {
        let ratio = members["aspect_ratio"]?.string
        let tier = members["resolution"]?.string
        let byWords = PixelTable.size(ratio == "auto" ? "1:1" : ratio ?? "1:1", tier ?? "1K")
        guard let text = members["size"]?.string else { return byWords ?? PixelSize(width: 1024, height: 1024) }
        if let size = PixelTable.size(ratio == "auto" ? "1:1" : ratio ?? "1:1", text) {
            guard tier == nil || tier == text else {
                throw ContractFault("size contradicts resolution", parameter: "size")
            }
            return size
        }
        let size: PixelSize
        if maker == "openai" {
            size = try pixels(text)
        } else {
            let sides = text.split(separator: "x", omittingEmptySubsequences: false).compactMap { Int($0) }
            guard sides.count == 2, sides.allSatisfy({ (256...6336).contains($0) }) else {
                throw ContractFault("Invalid size", parameter: "size")
            }
            size = floored(PixelSize(width: sides[0], height: sides[1]))
        }
        guard tier == nil && ratio == nil || size == byWords else {
            throw ContractFault("size contradicts aspect_ratio or resolution", parameter: "size")
        }
        return size
    }
}
