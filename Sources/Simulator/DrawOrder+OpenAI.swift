import Documents
import Domain
import HTTPServer
import Inspection

/// OpenAI and Azure OpenAI: generations as JSON, edits as a form, or as JSON with data URLs.
extension DrawOrder {
    /// Contract, sections 3 to 5 and 13.
    static func openAI(_ request: IncomingRequest, _ resource: Resource) throws(ContractFault) -> DrawOrder {
        let contract = resource.contract
        try contract.checkVersion(request)
        guard resource.form == .edits else {
            let members = try members(request).withoutNulls
            return try openAI(resource, members, isForm: false)
        }
        let formats: [Container] = contract == .azure ? [.png, .jpeg] : [.png, .jpeg, .webp]
        if request.headers["content-type"]?.hasPrefix("application/json") == true {
            return try jsonEdit(resource, try members(request).withoutNulls, formats)
        }
        let (fields, files) = try form(request, pictures: ["image", "image[]", "mask"])
        var order = try openAI(resource, fields, isForm: true)
        let masks = files.filter { $0.name == "mask" }
        order.references = try pictures(
            files.filter { $0.name != "mask" }, names: ["image", "image[]"], most: contract.mostReferences, formats)
        guard masks.count <= 1 else { throw ContractFault("one mask at most", parameter: "mask") }
        if let mask = masks.first {
            order.mask = try Reference(part: mask, taking: [.png])
        }
        try order.checkMask()
        return order
    }

    private static func jsonEdit(
        _ resource: Resource, _ members: [JSONValue.Member], _ formats: [Container]
    ) throws(ContractFault) -> DrawOrder {
        let most = resource.contract.mostReferences
        var order = try openAI(resource, members.filter { !["images", "mask"].contains($0.key) }, isForm: false)
        func picture(_ value: JSONValue, _ name: String, _ formats: [Container]) throws(ContractFault) -> Reference {
            guard value.members?.count == 1, let url = value["image_url"]?.string, url.utf8.count <= 20_971_520 else {
                throw ContractFault("images are data URLs of at most 20,971,520 characters", parameter: name)
            }
            return try Reference(dataURL: url, taking: formats, named: name)
        }
        let images = members["images"]?.array ?? []
        guard (1...most).contains(images.count) else {
            throw ContractFault("1 to \(most) images", parameter: "images")
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
        _ resource: Resource, _ members: [JSONValue.Member], isForm: Bool
    ) throws(ContractFault) -> DrawOrder {
        let contract = resource.contract
        // On the classic path of Azure the deployment stands in the path, and the body need not repeat it.
        let model: String
        if let named = resource.model { model = named } else { model = try members.required("model") }
        guard contract == .azure || model.hasPrefix("gpt-image-2") else {
            throw ContractFault("The model '\(model)' does not exist.", parameter: "model", .modelNotFound)
        }
        try checkUnbuilt(members, isAzure: contract == .azure)
        try Field.check(members, table(contract, model), isForm: isForm)
        let prompt = try members.required("prompt")
        guard prompt.count <= 32_000 else { throw ContractFault("the prompt is too long", parameter: "prompt") }
        var order = DrawOrder(contract, model: model, prompt: prompt, size: try pixels(members["size"]?.string))
        order.count = members.whole("n") ?? 1
        order.quality = members["quality"]?.string
        order.background = members["background"]?.string
        order.endUser = ["safety_identifier", "user"].lazy.compactMap { members[$0]?.string }.first { !$0.isEmpty }
        try order.readFormat(members)
        return order
    }

    private static func table(_ contract: Contract, _ model: String) -> [String: Field] {
        // What a deployment's model is, its name does not say.
        let isFirst = contract == .openAI && (model == "gpt-image-2" || model.hasPrefix("gpt-image-2-"))
        let isNewest = contract == .azure || model.hasPrefix("gpt-image-2.6")
        var table: [String: Field] = [
            "model": .text(most: 128), "prompt": .prompt, "n": .whole(1...10), "size": .text(most: 16),
            "quality": .words(["auto", "low", "medium", "high"] + (isFirst ? [] : ["xhigh", "max"])),
            "background": .words(["auto", "opaque", "transparent"]), "moderation": .words(["auto", "low"]),
            "output_format": .words(contract == .azure ? ["png", "jpeg"] : ["png", "jpeg", "webp"]),
            "output_compression": .whole(0...100), "user": .text(least: 0, most: 512),
            "safety_identifier": .text(least: 0, most: 128),
            "stream": .flag, "partial_images": .whole(0...0),
        ]
        if isNewest { table["complexity"] = .words(["low", "medium", "high"]) }
        return table
    }

    /// What the service has and this simulator does not draw, with a sentence that says so.
    private static func checkUnbuilt(_ members: [JSONValue.Member], isAzure: Bool) throws(ContractFault) {
        func isTrue(_ value: JSONValue?) -> Bool { value?.bool == true || value?.string == "true" }
        if isTrue(members["stream"]) {
            throw ContractFault(
                "The simulator does not stream: leave 'stream' out, or set it to false.", parameter: "stream",
                code: "unsupported_value")
        }
        if !isAzure, let format = members["output_format"]?.string, ["gif", "svg"].contains(format) {
            throw ContractFault(
                "The simulator draws png, jpeg and webp, not \(format).", parameter: "output_format",
                code: "unsupported_value")
        }
        if members["input_fidelity"] != nil {
            throw ContractFault(
                "This model takes no 'input_fidelity'.", parameter: "input_fidelity",
                code: "invalid_input_fidelity_model")
        }
    }

    /// Reads the file format, and what hangs on it.
    mutating func readFormat(_ members: [JSONValue.Member]) throws(ContractFault) {
        format = members["output_format"]?.string.flatMap { PictureFormat(rawValue: $0) } ?? .png
        let asked = members.whole("output_compression")
        compression = asked ?? 100
        // OpenRouter passes over what a format does not have.
        guard contract != .openRouter else { return }
        guard format != .png || asked ?? 100 == 100 else {
            throw ContractFault("Compression is for jpeg and webp.", parameter: "output_compression")
        }
        guard format != .jpeg || background != "transparent" else {
            throw ContractFault("Transparent background needs png or webp.", parameter: "background")
        }
    }

    /// Contract, section 4.
    static func pixels(_ text: String?) throws(ContractFault) -> PixelSize {
        guard let text, text != "auto" else { return PixelSize(width: 1024, height: 1024) }
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard sides.count == 2, sides.allSatisfy({ (16...3840).contains($0) && $0 % 16 == 0 }),
            (655_360...8_294_400).contains(sides[0] * sides[1]), max(sides[0], sides[1]) <= 3 * min(sides[0], sides[1])
        else {
            throw ContractFault("Invalid size '\(text)'.", parameter: "size")
        }
        return PixelSize(width: sides[0], height: sides[1])
    }
}
