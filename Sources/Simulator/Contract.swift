import Documents
import Domain
import Providers

/// The two contracts: which fields they know, which sizes they draw, how they answer.
enum Contract: Sendable {
    case mai, openAI

    func fields(isEdit: Bool) -> Set<String> {
        switch self {
        case .mai:
            isEdit
                ? ["model", "prompt", "auto_aspect_ratio", "web_grounding", "background"]
                : ["model", "prompt", "width", "height", "auto_aspect_ratio", "web_grounding", "background"]
        case .openAI:
            ["model", "prompt", "n", "size", "quality", "background", "output_format", "moderation"]
        }
    }

    var fileParts: Set<String> { self == .mai ? ["image"] : ["image", "image[]", "mask"] }
    var mostReferences: Int { self == .mai ? 5 : 16 }
    var requestIDHeader: String { self == .mai ? "x-ms-request-id" : "x-request-id" }

    func size(_ fields: [String: String]) throws(ContractFault) -> PixelSize {
        switch self {
        case .mai:
            guard let width = Int(fields["width"] ?? "1024"), let height = Int(fields["height"] ?? "1024"),
                width >= 768, height >= 768, width <= 4096, height <= 4096, width * height <= 4_194_304
            else {
                throw ContractFault(
                    "unsupported_request_value", "width and height are out of range", parameter: "width")
            }
            return PixelSize(width: width / 16 * 16, height: height / 16 * 16)
        case .openAI:
            let text = fields["size"] ?? "1024x1024"
            guard text != "auto" else { return PixelSize(width: 1024, height: 1024) }
            guard case .box(let size)? = OutputSize(text), Capability.simulated.sizes.allow(size) else {
                throw ContractFault("invalid_value", "this size is not supported", parameter: "size")
            }
            return size
        }
    }

    /// The answer's body, written around the base64 of the pictures.
    func body(_ order: DrawOrder, _ pictures: [[UInt8]]) -> [UInt8] {
        let tokens = (order.size.pixels + 1023) / 1024 * pictures.count
        let text = order.prompt.utf8.count / 4 + 1
        let seen = 1024 * order.references.count
        var body = Array(#"{"created":0,"model":"darkroom-simulator","size":"\#(order.size)","data":["#.utf8)
        for (index, picture) in pictures.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += Array(#"{"b64_json":""#.utf8)
            body += Base64.encode(picture)
            body += Array(#""}"#.utf8)
        }
        let usage =
            self == .mai
            ? #"{"num_output_tokens":\#(tokens),"num_input_text_tokens":\#(text),"num_input_image_tokens":\#(seen)}"#
            : #"{"input_tokens":\#(text + seen),"input_tokens_details":{"text_tokens":\#(text),"image_tokens":\#(seen)},"#
                + #""output_tokens":\#(tokens)}"#
        return body + Array("],\"usage\":\(usage)}".utf8)
    }
}
