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
    /// What stands where the token counts do.
    enum Usage: Sendable {
        case counted
        case missing
        /// Whatever a fault script says.
        case told(JSONValue)
    }

    let order: DrawOrder
    var pictures: [DrawnPicture]
    /// Gemini's name for the request.
    let id: String
    /// Seconds since 1970.
    let created: Int64
    var usage = Usage.counted
    /// An error object beside the pictures.
    var error: JSONValue?
    /// Whether the picture stands behind an entry that has none.
    var comesSecond = false
    /// Addresses in place of the pictures.
    var addresses: [String] = []

    /// An interim picture, as Gemini may send beside the result: one grey pixel.
    private static let draft =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNoaGgAAAMEAYFL09IQAAAAAElFTkSuQmCC"

    var pieces: [Reply.Piece] {
        var pieces: [Reply.Piece] = []
        func add(_ text: String) { pieces.append(.bytes(Array(text.utf8))) }
        add(opening)
        for (index, picture) in pictures.enumerated() {
            if index > 0 { add(",") }
            guard !addresses.indices.contains(index) else {
                add(entry(of: addresses[index]))
                continue
            }
            add(before)
            pieces.append(.shared(picture.text))
            add(after)
        }
        add(closing)
        return pieces
    }

    private var opening: String {
        guard order.contract == .gemini else {
            return head.compact.dropLast() + #","data":["# + (comesSecond ? #"{"b64_json":null},"# : "")
        }
        let first =
            #"{"content":{"role":"model","parts":[{"text":"No picture yet."}]},"finishReason":"STOP","index":0},"#
        return #"{"candidates":["# + (comesSecond ? first : "")
            + #"{"content":{"role":"model","parts":[{"thought":true,"inlineData":{"mimeType":"image/png","#
            + #""data":"\#(Self.draft)"}},"# + (order.wantsText ? #"{"text":"Here is the picture."},"# : "")
    }

    /// What stands before the pictures, in all contracts but Gemini's.
    private var head: JSONValue {
        switch order.contract {
        case .mai:
            .fields([
                "created": .integer(created), "model": "darkroom-simulator", "size": .string(order.size.description),
            ])
        case .openRouter, .gemini: .fields(["created": .integer(created)])
        // What was asked for, and what `auto` comes to.
        case .openAI, .azure:
            .fields([
                "created": .integer(created), "background": .string(order.background.unlessAuto ?? "opaque"),
                "output_format": .string(order.format.rawValue), "quality": .string(order.quality.unlessAuto ?? "high"),
                "size": .string(order.size.description), "safety_identifier": .text(order.endUser),
            ])
        }
    }

    private var before: String {
        order.contract == .gemini
            ? #"{"inlineData":{"mimeType":"\#(order.format.mediaType)","data":""# : #"{"b64_json":""#
    }

    private var after: String {
        switch order.contract {
        case .mai, .openAI, .azure: #""}"#
        case .gemini: #""},"thoughtSignature":"c2ln"}"#
        case .openRouter: #"","media_type":"\#(order.format.mediaType)"}"#
        }
    }

    private func entry(of address: String) -> String {
        let type = JSONValue.string(order.format.mediaType)
        return switch order.contract {
        case .mai, .openAI, .azure: JSONValue.fields(["url": .string(address)]).compact
        case .openRouter: JSONValue.fields(["url": .string(address), "media_type": type]).compact
        case .gemini:
            JSONValue.fields(["fileData": .fields(["mimeType": type, "fileUri": .string(address)])]).compact
        }
    }

    private var closing: String {
        let usage = shownUsage.map { ",\"\(order.contract.usageKey)\":\($0.compact)" } ?? ""
        let error = error.map { ",\"error\":\($0.compact)" } ?? ""
        guard order.contract == .gemini else { return "]\(usage)\(error)}" }
        return #"]},"finishReason":"STOP","index":\#(comesSecond ? 1 : 0)}]\#(usage)\#(error),"#
            + #""modelVersion":"\#(order.model)","responseId":"\#(id)"}"#
    }

    private var shownUsage: JSONValue? {
        switch usage {
        case .counted: counts
        case .missing: nil
        case .told(let value): value
        }
    }

    /// Micro-dollars of a request, as OpenRouter books it: thirty-eight a token.
    static func cost(of order: DrawOrder, pictures: Int) -> Int {
        (order.size.pixels + 1023) / 1024 * pictures * 38
    }

    /// Tokens by the contracts' rules of thumb: one for 1,024 pixels drawn, 1,024 a reference, a word in four letters.
    private var counts: JSONValue {
        let drawn = (order.size.pixels + 1023) / 1024 * pictures.count
        let text = order.prompt.utf8.count / 4 + 1
        let seen = 1024 * order.references.count
        switch order.contract {
        case .mai:
            return .fields([
                "num_output_tokens": .integer(drawn), "num_input_text_tokens": .integer(text),
                "num_input_image_tokens": .integer(seen),
            ])
        case .openAI, .azure:
            return .fields([
                "input_tokens": .integer(text + seen),
                "input_tokens_details": .fields(["text_tokens": .integer(text), "image_tokens": .integer(seen)]),
                "output_tokens": .integer(drawn),
                "output_tokens_details": .fields(["image_tokens": .integer(drawn), "text_tokens": 0]),
                "total_tokens": .integer(text + seen + drawn),
            ])
        case .gemini:
            return .fields([
                "promptTokenCount": .integer(text + seen), "candidatesTokenCount": .integer(drawn),
                "thoughtsTokenCount": 180,
                "candidatesTokensDetails": [.fields(["modality": "IMAGE", "tokenCount": .integer(drawn)])],
                "totalTokenCount": .integer(text + seen + drawn + 180),
            ])
        case .openRouter:
            return .fields([
                "prompt_tokens": .integer(text + seen), "completion_tokens": .integer(drawn),
                "completion_tokens_details": .fields(["image_tokens": .integer(drawn)]),
                "total_tokens": .integer(text + seen + drawn),
                "cost": .number(Self.dollars(micro: Self.cost(of: order, pictures: pictures.count))),
                "is_byok": false,
            ])
        }
    }

    static func dollars(micro: Int) -> String {
        let digits = String(micro % 1_000_000)
        return "\(micro / 1_000_000)." + String(repeating: "0", count: 6 - digits.count) + digits
    }
}

extension String? {
    /// The value, where it is one that the service need not choose itself.
    fileprivate var unlessAuto: String? { self == "auto" ? nil : self }
}
