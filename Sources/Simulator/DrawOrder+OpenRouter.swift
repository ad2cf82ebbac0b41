import Documents
import Domain
import HTTPServer
import Inspection

/// OpenRouter's Image API: flat fields, references as data URLs.
extension DrawOrder {
    private static let routing = [
        "order", "only", "ignore", "sort", "allow_fallbacks", "options", "data_collection", "zdr",
    ]

    /// Contract, section 3. What could be asked for and is not drawn here, such as JPEG, is refused.
    static func openRouter(_ request: IncomingRequest) throws(ContractFault) -> DrawOrder {
        let members = try members(request)
        let ratios = PixelTable.ratios.map(\.name) + ["auto"]
        try Field.check(
            members,
            [
                "model": .text(most: 128), "prompt": .prompt, "n": .whole(1...10), "aspect_ratio": .words(ratios),
                "resolution": .words(["512", "1K", "2K", "4K"]), "size": .text(most: 16),
                "quality": .words(["auto", "low", "medium", "high"]),
                "background": .words(["auto", "opaque", "transparent"]), "output_format": .words(["png"]),
                "seed": .whole(0...Int(Int32.max)), "input_references": .list, "provider": .object(routing),
            ])
        let model = try members.required("model")
        let maker = model.split(separator: "/").first.map(String.init) ?? ""
        guard ["microsoft", "openai", "google"].contains(maker), model.utf8.count > maker.utf8.count + 1 else {
            throw ContractFault("No endpoints found for \(model)", .modelNotFound)
        }
        var order = DrawOrder(
            .openRouter, model: model, prompt: try members.required("prompt"), size: try size(members, maker))
        order.count = members.whole("n") ?? 1
        guard order.count == 1 || maker == "openai" else {
            throw ContractFault("n is not supported by this model", parameter: "n")
        }
        let references = members["input_references"]?.array ?? []
        guard references.count <= Contract.openRouter.mostReferences else {
            throw ContractFault("too many references", parameter: "input_references")
        }
        for reference in references {
            guard reference["type"]?.string == "image_url", reference.members?.count == 2,
                let url = reference["image_url"]?["url"]?.string
            else { throw ContractFault("a reference is an image_url", parameter: "input_references") }
            order.references.append(
                try Reference(dataURL: url, taking: [.png, .jpeg, .webp], named: "input_references"))
        }
        return order
    }

    private static func size(_ members: [JSONValue.Member], _ maker: String) throws(ContractFault) -> PixelSize {
        let ratio = members["aspect_ratio"]?.string
        let tier = members["resolution"]?.string
        let byWords = PixelTable.size(ratio == "auto" ? "1:1" : ratio ?? "1:1", tier ?? "1K")
        guard let text = members["size"]?.string else { return byWords ?? PixelSize(width: 1024, height: 1024) }
        if let size = PixelTable.size(ratio ?? "1:1", text) {
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
