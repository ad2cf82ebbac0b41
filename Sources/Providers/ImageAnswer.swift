import Documents

/// The picture and the facts of a successful answer.
package struct ImageAnswer: Sendable {
    package var picture: AnswerPicture
    /// The model's name as answered.
    package var model: String?
    package var usage: TokenUsage?
    /// Micro-dollars, where the provider itself says what it took.
    package var cost: Int64?
}

/// Tokens as the provider counted them.
package struct TokenUsage: Sendable, Hashable {
    package var textIn: Int
    package var imageIn: Int
    package var imageOut: Int
    /// Of `textIn` and `imageIn`, those that came from the provider's cache.
    package var cached: Int
    /// Text and thinking beside the picture.
    package var textOut: Int

    package init(textIn: Int, imageIn: Int, imageOut: Int, cached: Int = 0, textOut: Int = 0) {
        self.textIn = textIn
        self.imageIn = imageIn
        self.imageOut = imageOut
        self.cached = cached
        self.textOut = textOut
    }

    /// Micro-dollars at `prices`.
    package func cost(at prices: Prices) -> Int64 {
        // Which tokens came from the cache is not said; text ones are the cheaper ones to be wrong about.
        let cached = Double(min(cached, textIn))
        let sum =
            (Double(textIn) - cached) * prices.textIn + cached * prices.cachedIn + Double(imageIn) * prices.imageIn
            + Double(imageOut) * prices.imageOut + Double(textOut) * prices.textOut
        return Int64(sum.rounded(.up))
    }
}

/// Reads the answer that Microsoft MAI, OpenAI and OpenRouter share: `data[0].b64_json`, everything else optional.
enum Base64Answer {
    /// The answer, or the class that says why there is none.
    static func read(_ body: [UInt8]) -> Result<ImageAnswer, CallFault> {
        read((try? JSONParser.parse(body)) ?? .null)
    }

    static func read(_ document: JSONValue) -> Result<ImageAnswer, CallFault> {
        guard document.members != nil else { return .failure(CallFault(.badResponse)) }
        // A body with an error object wins over HTTP 200.
        if document["error"]?.members != nil { return .failure(ErrorBody.judge(document, status: 400)) }
        guard let data = document["data"]?.array, let first = data.first else {
            return .failure(CallFault(.noImageReturned))
        }
        guard let place = first["b64_json"], place != .null else { return .failure(CallFault(.noImageReturned)) }
        guard let picture = AnswerPicture.read(place) else { return .failure(CallFault(.badResponse)) }
        return .success(
            ImageAnswer(picture: picture, model: ErrorBody.word(document["model"]?.string), usage: usage(document)))
    }

    /// The shapes of the usage block: MAI's, which older ones have at the top level, OpenRouter's and OpenAI's.
    private static func usage(_ document: JSONValue) -> TokenUsage? {
        let block = document["usage"] ?? document
        if let out = block["num_output_tokens"]?.int {
            return TokenUsage(
                textIn: block["num_input_text_tokens"]?.int ?? 0, imageIn: block["num_input_image_tokens"]?.int ?? 0,
                imageOut: out)
        }
        if let out = block["completion_tokens"]?.int {
            let images = block["completion_tokens_details"]?["image_tokens"]?.int ?? out
            return TokenUsage(
                textIn: block["prompt_tokens"]?.int ?? 0, imageIn: 0, imageOut: images, textOut: max(0, out - images))
        }
        guard let out = block["output_tokens"]?.int else { return nil }
        let details = block["input_tokens_details"]
        return TokenUsage(
            textIn: details?["text_tokens"]?.int ?? block["input_tokens"]?.int ?? 0,
            imageIn: details?["image_tokens"]?.int ?? 0, imageOut: out, cached: details?["cached_tokens"]?.int ?? 0)
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
