import Documents
import Domain
import HTTPServer
import Inspection

/// Microsoft MAI, OpenAI and Azure OpenAI: generations as JSON, edits as a form, or as JSON with data URLs.
extension DrawOrder {
    // MARK: Microsoft MAI

    /// Contract, sections 3 and 4. Stricter than the service in one thing: `size` and `n`, which it ignores, are refused.
    static func mai(_ request: IncomingRequest, isEdit: Bool) throws(ContractFault) -> DrawOrder {
        let table: [String: Field] = [
            "model": .text(most: 128), "prompt": .prompt, "width": .whole(768...4096), "height": .whole(768...4096),
            "auto_aspect_ratio": .flag, "web_grounding": .flag, "background": .words(["transparent", "opaque"]),
        ]
        guard isEdit else {
            let members = try members(request)
            try Field.check(members, table)
            let size = PixelSize(width: members.whole("width") ?? 1024, height: members.whole("height") ?? 1024)
            guard size.pixels <= 4_194_304 else {
                throw ContractFault("width and height are too large", parameter: "width")
            }
            return DrawOrder(
                .mai, model: try members.required("model"), prompt: try members.required("prompt"), size: floored(size))
        }
        let (fields, files) = try form(request)
        try Field.check(fields, table.filter { !["width", "height"].contains($0.key) }, isForm: true)
        let pictures = try pictures(files, names: ["image"], most: Contract.mai.mostReferences, [.png, .jpeg])
        // The service keeps the first reference's ratio at about a megapixel.
        let given = pictures.first?.size ?? PixelSize(width: 1024, height: 1024)
        let scale = (1_048_576.0 / Double(max(1, given.pixels))).squareRoot()
        let kept = PixelSize(
            width: min(4096, max(768, Int(Double(given.width) * scale))),
            height: min(4096, max(768, Int(Double(given.height) * scale))))
        var order = DrawOrder(
            .mai, model: try fields.required("model"), prompt: try fields.required("prompt"), size: floored(kept))
        order.references = pictures
        return order
    }

    private static func pictures(
        _ files: [MultipartForm.Part], names: [String], most: Int, _ formats: [Container]
    ) throws(ContractFault) -> [Reference] {
        for file in files where !names.contains(file.name) { throw .unknown(file.name) }
        guard (1...most).contains(files.count) else {
            throw ContractFault("1 to \(most) images", parameter: "image")
        }
        var pictures: [Reference] = []
        for file in files {
            pictures.append(try Reference(file.content, type: file.contentType, taking: formats, named: file.name))
        }
        return pictures
    }

    // MARK: OpenAI and Azure OpenAI

    /// Contract, sections 3 to 5 and 13. What could be asked for and is not drawn here, such as JPEG, is refused.
    static func openAI(
        _ request: IncomingRequest, isEdit: Bool, isAzure: Bool
    ) throws(ContractFault) -> DrawOrder {
        let contract: Contract = isAzure ? .azure : .openAI
        guard isEdit else {
            let members = try members(request)
            return try openAI(contract, members, isForm: false)
        }
        let formats: [Container] = isAzure ? [.png, .jpeg] : [.png, .jpeg, .webp]
        if request.headers["content-type"]?.hasPrefix("application/json") == true {
            return try jsonEdit(contract, try members(request), formats)
        }
        let (fields, files) = try form(request)
        var order = try openAI(contract, fields, isForm: true)
        let masks = files.filter { $0.name == "mask" }
        order.references = try pictures(
            files.filter { $0.name != "mask" }, names: ["image", "image[]"], most: contract.mostReferences, formats)
        guard masks.count <= 1 else { throw ContractFault("one mask at most", parameter: "mask") }
        if let mask = masks.first {
            order.mask = try Reference(mask.content, type: mask.contentType, taking: [.png], named: "mask")
        }
        try order.checkMask()
        return order
    }

    private static func jsonEdit(
        _ contract: Contract, _ members: [JSONValue.Member], _ formats: [Container]
    ) throws(ContractFault) -> DrawOrder {
        var order = try openAI(contract, members.filter { !["images", "mask"].contains($0.key) }, isForm: false)
        func picture(_ value: JSONValue, _ name: String, _ formats: [Container]) throws(ContractFault) -> Reference {
            guard value.members?.count == 1, let url = value["image_url"]?.string, url.utf8.count <= 20_971_520 else {
                throw ContractFault("images are data URLs of at most 20,971,520 characters", parameter: name)
            }
            return try Reference(dataURL: url, taking: formats, named: name)
        }
        let images = members["images"]?.array ?? []
        guard (1...contract.mostReferences).contains(images.count) else {
            throw ContractFault("1 to \(contract.mostReferences) images", parameter: "images")
        }
        for image in images { order.references.append(try picture(image, "images", formats)) }
        if let mask = members["mask"] { order.mask = try picture(mask, "mask", [.png]) }
        try order.checkMask()
        return order
    }

    private func checkMask() throws(ContractFault) {
        guard let mask else { return }
        guard mask.hasAlpha, mask.size == references.first?.size, mask.bytes.count < 4_000_000 else {
            throw ContractFault("the mask is no PNG with alpha, as large as the first image", parameter: "mask")
        }
    }

    private static func openAI(
        _ contract: Contract, _ members: [JSONValue.Member], isForm: Bool
    ) throws(ContractFault) -> DrawOrder {
        let model = try members.required("model")
        guard contract == .azure || model.hasPrefix("gpt-image-2") else {
            throw ContractFault("The model does not exist", parameter: "model", .modelNotFound)
        }
        // What a deployment's model is, its name does not say.
        let isFirst = contract == .openAI && (model == "gpt-image-2" || model.hasPrefix("gpt-image-2-"))
        let isNewest = contract == .azure || model.hasPrefix("gpt-image-2.6")
        var table: [String: Field] = [
            "model": .text(most: 128), "prompt": .prompt, "n": .whole(1...10), "size": .text(most: 16),
            "quality": .words(["auto", "low", "medium", "high"] + (isFirst ? [] : ["xhigh", "max"])),
            "background": .words(["auto", "opaque", "transparent"]), "moderation": .words(["auto", "low"]),
            "output_format": .words(["png"]), "user": .text(most: 512), "safety_identifier": .text(most: 128),
        ]
        if isNewest { table["complexity"] = .words(["low", "medium", "high"]) }
        try Field.check(members, table, isForm: isForm)
        let prompt = try members.required("prompt")
        guard prompt.count <= 32_000 else { throw ContractFault("the prompt is too long", parameter: "prompt") }
        var order = DrawOrder(contract, model: model, prompt: prompt, size: try pixels(members["size"]?.string))
        order.count = members.whole("n") ?? 1
        return order
    }

    /// Contract, section 4.
    static func pixels(_ text: String?) throws(ContractFault) -> PixelSize {
        guard let text, text != "auto" else { return PixelSize(width: 1024, height: 1024) }
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard sides.count == 2, sides.allSatisfy({ (16...3840).contains($0) && $0 % 16 == 0 }),
            (655_360...8_294_400).contains(sides[0] * sides[1]), max(sides[0], sides[1]) <= 3 * min(sides[0], sides[1])
        else { throw ContractFault("Invalid size", parameter: "size") }
        return PixelSize(width: sides[0], height: sides[1])
    }
}
