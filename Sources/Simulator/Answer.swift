import Documents
import Domain
import HTTPServer
import Providers

/// The base64 of one drawn picture, which many answers may share.
struct DrawnPicture: Sendable {
    let text: SharedBytes

    init(_ picture: [UInt8]) { text = SharedBytes(Base64.encode(picture)) }

    init(text: [UInt8]) { self.text = SharedBytes(text) }
}

/// A successful answer as its contract writes it, around pictures that are not copied into it.
struct Answer: Sendable {
    let order: DrawOrder
    var pictures: [DrawnPicture]
    var hasUsage = true
    /// Gemini's name for the request.
    let id: String

    /// An interim picture, as Gemini may send beside the result: one grey pixel.
    private static let draft =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNoaGgAAAMEAYFL09IQAAAAAElFTkSuQmCC"

    var pieces: [Reply.Piece] {
        var pieces: [Reply.Piece] = []
        func add(_ text: String) { pieces.append(.bytes(Array(text.utf8))) }
        add(opening)
        for (index, picture) in pictures.enumerated() {
            add((index > 0 ? "," : "") + before)
            pieces.append(.shared(picture.text))
            add(after)
        }
        add(closing)
        return pieces
    }

    private var opening: String {
        switch order.contract {
        case .mai: #"{"created":0,"model":"darkroom-simulator","size":"\#(order.size)","data":["#
        case .openAI, .azure:
            #"{"created":0,"background":"opaque","output_format":"png","quality":"high","size":"\#(order.size)","data":["#
        case .gemini:
            #"{"candidates":[{"content":{"role":"model","parts":[{"thought":true,"inlineData":{"mimeType":"image/png","#
                + #""data":"\#(Self.draft)"}},"# + (order.wantsText ? #"{"text":"Here is the picture."},"# : "")
        case .openRouter: #"{"created":0,"data":["#
        }
    }

    private var before: String {
        order.contract == .gemini ? #"{"inlineData":{"mimeType":"image/png","data":""# : #"{"b64_json":""#
    }

    private var after: String {
        switch order.contract {
        case .mai, .openAI, .azure: #""}"#
        case .gemini: #""},"thoughtSignature":"c2ln"}"#
        case .openRouter: #"","media_type":"image/png"}"#
        }
    }

    private var closing: String {
        let usage = hasUsage ? usage.map { ",\"\($0.key)\":\($0.value.compact)" } ?? "" : ""
        guard order.contract == .gemini else { return "]\(usage)}" }
        return #"]},"finishReason":"STOP","index":0}]\#(usage),"modelVersion":"\#(order.model)","responseId":"\#(id)"}"#
    }

    /// Micro-dollars of a request, as OpenRouter books it: thirty-eight a token.
    static func cost(of order: DrawOrder, pictures: Int) -> Int {
        (order.size.pixels + 1023) / 1024 * pictures * 38
    }

    /// Tokens by the contracts' rules of thumb: one for 1,024 pixels drawn, 1,024 a reference, a word in four letters.
    private var usage: (key: String, value: JSONValue)? {
        let drawn = (order.size.pixels + 1023) / 1024 * pictures.count
        let text = order.prompt.utf8.count / 4 + 1
        let seen = 1024 * order.references.count
        switch order.contract {
        case .mai:
            return (
                "usage",
                .fields([
                    "num_output_tokens": .integer(drawn), "num_input_text_tokens": .integer(text),
                    "num_input_image_tokens": .integer(seen),
                ])
            )
        case .openAI, .azure:
            return (
                "usage",
                .fields([
                    "input_tokens": .integer(text + seen),
                    "input_tokens_details": .fields(["text_tokens": .integer(text), "image_tokens": .integer(seen)]),
                    "output_tokens": .integer(drawn),
                    "output_tokens_details": .fields(["image_tokens": .integer(drawn), "text_tokens": 0]),
                    "total_tokens": .integer(text + seen + drawn),
                ])
            )
        case .gemini:
            return (
                "usageMetadata",
                .fields([
                    "promptTokenCount": .integer(text + seen), "candidatesTokenCount": .integer(drawn),
                    "thoughtsTokenCount": 180,
                    "candidatesTokensDetails": [.fields(["modality": "IMAGE", "tokenCount": .integer(drawn)])],
                    "totalTokenCount": .integer(text + seen + drawn + 180),
                ])
            )
        case .openRouter:
            return (
                "usage",
                .fields([
                    "prompt_tokens": .integer(text + seen), "completion_tokens": .integer(drawn),
                    "completion_tokens_details": .fields(["image_tokens": .integer(drawn)]),
                    "total_tokens": .integer(text + seen + drawn),
                    "cost": .number(Self.dollars(micro: Self.cost(of: order, pictures: pictures.count))),
                    "is_byok": false,
                ])
            )
        }
    }

    static func dollars(micro: Int) -> String {
        let digits = String(micro % 1_000_000)
        return "\(micro / 1_000_000)." + String(repeating: "0", count: 6 - digits.count) + digits
    }
}
