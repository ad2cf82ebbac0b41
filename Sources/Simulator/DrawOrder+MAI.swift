import Documents
import Domain
import HTTPServer
import Inspection

/// Microsoft MAI: generations as JSON, edits as a form.
extension DrawOrder {
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
        let (fields, files) = try form(request, pictures: ["image"])
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

    /// The references of a form, in order.
    static func pictures(
        _ files: [MultipartForm.Part], names: [String], most: Int, _ formats: [Container]
    ) throws(ContractFault) -> [Reference] {
        for file in files where !names.contains(file.name) { throw .unknown(file.name) }
        guard (1...most).contains(files.count) else {
            throw ContractFault("1 to \(most) images", parameter: "image")
        }
        var pictures: [Reference] = []
        for file in files { pictures.append(try Reference(part: file, taking: formats)) }
        return pictures
    }
}
