import Documents
import Domain
import Settings
import Transport

/// What the contracts of model services say differently of the parts of an answer. `read` judges all of them in one order:
/// pictures first, then what is no answer, then errors, then what a success without a picture means.
protocol AnswerReading: Adapter {
    /// Everything in the answer that may be the picture, the best first.
    func pictures(_ json: JSONValue) -> [AnswerPicture]
    /// How an answer with an error, or with a status that is none of success, is judged.
    func fault(_ document: AnswerDocument, _ headers: [String: String]) -> CallFault
    /// How a success without a picture is judged.
    func withoutPicture(_ json: JSONValue) -> CallFault
    func bill(_ json: JSONValue) -> Bill?
    /// The model's name as answered.
    func model(_ json: JSONValue) -> String?
    func requestID(_ head: AnswerHead, _ json: JSONValue) -> String?
    /// Whether a complete answer without a picture may have been charged for. The terms of some services say that it is free.
    var mayChargeWithoutPicture: Bool { get }
    /// The wait that the body asks for, where no header does.
    func wait(_ document: AnswerDocument) -> Span?
}

extension AnswerReading {
    package func read(_ head: AnswerHead, body: [UInt8]) -> (Verdict, ImageAnswer?) {
        let document = AnswerDocument(status: head.status, body: body)
        let json = document.json
        var (verdict, answer) = judge(document, head.headers)
        verdict.bill = bill(json)?.orNil
        if !mayChargeWithoutPicture, answer == nil, verdict.oddity == nil, verdict.callClass != .outcomeUnknown {
            verdict.billed = .no
        }
        verdict.httpStatus = head.status
        verdict.host = Processor.host(of: endpoint)
        verdict.wait = RetryHint.read(head.headers) ?? wait(document)
        verdict.requestID = requestID(head, json)
        verdict.forbidsRepeat = RetryHint.forbidsRepeat(head.headers)
        return (verdict, answer)
    }

    private func judge(_ document: AnswerDocument, _ headers: [String: String]) -> (Verdict, ImageAnswer?) {
        let json = document.json
        // A picture beside an error, or in an answer that is called a failure, was drawn all the same.
        let found = document.barePicture.map { [$0] } ?? pictures(json)
        if !found.isEmpty, document.oddity == nil || document.barePicture != nil {
            return (Verdict(.success), ImageAnswer(pictures: found, model: PlainWord.read(model(json))))
        }
        if let oddity = document.oddity { return (Verdict(oddity), nil) }
        let isFault = !(200..<300).contains(document.status) || ErrorObject(json).isStated
        let fault = isFault ? fault(document, headers) : withoutPicture(json)
        return (Verdict(fault).read(moderationOf: json), nil)
    }

    func fault(_ document: AnswerDocument, _ headers: [String: String]) -> CallFault {
        ErrorObject(document.json).fault(status: document.status)
    }

    var mayChargeWithoutPicture: Bool { true }
    func wait(_ document: AnswerDocument) -> Span? { nil }
}

extension Verdict {
    init(_ oddity: Oddity) {
        self.init(.badResponse)
        self.oddity = oddity
        billed = oddity.billed
    }

    init(_ fault: CallFault) {
        self.init(fault.callClass)
        providerCode = fault.providerCode
        isDoubtful = fault.isDoubtful
        if let oddity = fault.oddity {
            self.oddity = oddity
            billed = oddity.billed
        }
    }
}

/// A contract whose answers have the images shape throughout: that of MAI and of OpenAI.
protocol ImagesReading: AnswerReading {}

extension ImagesReading {
    func pictures(_ json: JSONValue) -> [AnswerPicture] { ImagesShape.pictures(json) }
    func withoutPicture(_ json: JSONValue) -> CallFault { ImagesShape.withoutPicture(json) }
    func bill(_ json: JSONValue) -> Bill? { ImagesShape.bill(json) }
    func model(_ json: JSONValue) -> String? { json["model"]?.string }
    func requestID(_ head: AnswerHead, _ json: JSONValue) -> String? { SharedContract.requestID(head) }
    func wait(_ document: AnswerDocument) -> Span? { SharedContract.wait(document) }
}

/// The shape that MAI, OpenAI and OpenRouter share: pictures in `data`, tokens in `usage`, everything else optional.
enum ImagesShape {
    /// The pictures of `data`, wherever in it and however wrapped: base64 first, then URLs.
    static func pictures(_ json: JSONValue) -> [AnswerPicture] {
        let entries = (json["data"]?.array ?? []).prefix(AnswerStream.mostPictures)
        let found = entries.flatMap { entry in
            [entry["b64_json"], entry["url"], entry["image_url"]?["url"]].compactMap { $0.flatMap(AnswerPicture.read) }
        }
        return found.filter { !$0.isURL } + found.filter(\.isURL)
    }

    /// Something stood where a picture should, or nothing did.
    static func withoutPicture(_ json: JSONValue) -> CallFault {
        let entries = json["data"]?.array ?? []
        let isSpoiled = entries.contains { ($0["b64_json"] ?? .null) != .null || ($0["url"] ?? .null) != .null }
        guard isSpoiled else { return CallFault(.noImageReturned) }
        var fault = CallFault(.badResponse)
        fault.oddity = .noPicture
        return fault
    }

    /// The shapes of the usage block: MAI's, which older ones have at the top level, OpenRouter's and OpenAI's.
    static func bill(_ json: JSONValue) -> Bill {
        let block = json["usage"]?.members != nil ? json["usage"] ?? json : json
        var reader = CountReader()
        var bill = Bill()
        if let out = block["num_output_tokens"] {
            bill.usage = reader.count(out).map { out in
                TokenUsage(
                    textIn: reader.count(block["num_input_text_tokens"]) ?? 0,
                    imageIn: reader.count(block["num_input_image_tokens"]) ?? 0, imageOut: out)
            }
        } else if let out = block["completion_tokens"] {
            bill.usage = reader.count(out).map { out in
                let images = min(out, reader.count(block["completion_tokens_details"]?["image_tokens"]) ?? out)
                return TokenUsage(
                    textIn: reader.count(block["prompt_tokens"]) ?? 0, imageIn: 0, imageOut: images,
                    textOut: out - images)
            }
        } else if let out = block["output_tokens"] {
            bill.usage = reader.count(out).map { out in openAI(block, out, &reader) }
        }
        bill.isUnreadable = reader.isUnreadable || (json["usage"].map { $0 != .null && $0.members == nil } ?? false)
        return bill
    }

    private static func openAI(_ block: JSONValue, _ out: Int, _ reader: inout CountReader) -> TokenUsage {
        let details = block["input_tokens_details"]
        let text = reader.count(details?["text_tokens"]) ?? reader.count(block["input_tokens"]) ?? 0
        let image = reader.count(details?["image_tokens"]) ?? 0
        let split = details?["cached_tokens_details"]
        if let images = reader.count(split?["image_tokens"]) {
            return TokenUsage(
                textIn: text, imageIn: image, imageOut: out, cachedText: reader.count(split?["text_tokens"]) ?? 0,
                cachedImage: images)
        }
        return TokenUsage(
            textIn: text, imageIn: image, imageOut: out, cached: reader.count(details?["cached_tokens"]) ?? 0)
    }
}
