import Documents

/// The picture and the facts of a successful answer.
package struct ImageAnswer: Sendable {
    package var picture: [UInt8]
    /// The model's name as answered.
    package var model: String?
    package var usage: TokenUsage?
}

/// Tokens as the provider counted them.
package struct TokenUsage: Sendable, Hashable {
    package var textIn: Int
    package var imageIn: Int
    package var imageOut: Int

    package init(textIn: Int, imageIn: Int, imageOut: Int) {
        self.textIn = textIn
        self.imageIn = imageIn
        self.imageOut = imageOut
    }

    /// Micro-dollars at `prices`.
    package func cost(at prices: Prices) -> Int64 {
        let sum = Double(textIn) * prices.textIn + Double(imageIn) * prices.imageIn + Double(imageOut) * prices.imageOut
        return Int64(sum.rounded(.up))
    }
}

/// Reads the answer that Microsoft MAI and OpenAI share: `data[0].b64_json`, everything else optional.
enum Base64Answer {
    /// The answer, or the class that says why there is none.
    static func read(_ body: [UInt8]) -> Result<ImageAnswer, CallFault> {
        guard let document = try? JSONParser.parse(body), document.members != nil else {
            return .failure(CallFault(.badResponse))
        }
        // A body with an error object wins over HTTP 200.
        if document["error"]?.members != nil { return .failure(ErrorBody.judge(document, status: 400)) }
        guard let data = document["data"]?.array, let first = data.first else {
            return .failure(CallFault(.noImageReturned))
        }
        guard let text = first["b64_json"]?.string else { return .failure(CallFault(.noImageReturned)) }
        guard let picture = Base64.decode(text), !picture.isEmpty else { return .failure(CallFault(.badResponse)) }
        return .success(
            ImageAnswer(picture: picture, model: ErrorBody.word(document["model"]?.string), usage: usage(document)))
    }

    /// Both shapes of the usage block, and MAI's older one at the top level.
    private static func usage(_ document: JSONValue) -> TokenUsage? {
        let block = document["usage"] ?? document
        if let out = block["num_output_tokens"]?.int {
            return TokenUsage(
                textIn: block["num_input_text_tokens"]?.int ?? 0, imageIn: block["num_input_image_tokens"]?.int ?? 0,
                imageOut: out)
        }
        guard let out = block["output_tokens"]?.int else { return nil }
        let details = block["input_tokens_details"]
        return TokenUsage(
            textIn: details?["text_tokens"]?.int ?? block["input_tokens"]?.int ?? 0,
            imageIn: details?["image_tokens"]?.int ?? 0, imageOut: out)
    }
}

/// Why a call brought no picture.
package struct CallFault: Error, Sendable, Hashable {
    package let callClass: CallClass
    package let providerCode: String?

    init(_ callClass: CallClass, providerCode: String? = nil) {
        self.callClass = callClass
        self.providerCode = providerCode
    }
}
