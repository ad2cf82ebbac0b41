import Documents
import Domain
import Settings
import Transport

/// The Gemini API's `generateContent` for image models: everything in one JSON body, one picture a request.
///
/// Contract: state of 2026-11-21. Fields that are unknown there are answered with 400, so none is sent.
struct GoogleGemini: AnswerReading {
    let route: Route
    let endpoint: String
    let key: SecretText?

    func request(_ plan: CallPlan, references: [SentPicture], mask: SentPicture?) -> OutgoingRequest {
        OutgoingRequest(
            method: "POST",
            url: endpoint + "/\(route.apiVersion ?? "v1beta")/models/\(route.deployment):generateContent",
            headers: key.map { [("x-goog-api-key", $0.exposed)] } ?? [],
            body: .bytes(Array(body(plan, references).compact.utf8), contentType: "application/json"),
            totalTimeout: route.timeout.duration, responseLimit: SharedContract.answerLimit)
    }

    private func body(_ plan: CallPlan, _ references: [SentPicture]) -> JSONValue {
        let pictures = references.map { picture in
            JSONValue.fields([
                "inline_data": .fields([
                    "mime_type": .string(picture.format.mediaType),
                    "data": .string(String(decoding: Base64.encode(picture.bytes), as: UTF8.self)),
                ])
            ])
        }
        let image = JSONValue.fields(["aspectRatio": .text(plan.size?.ratio), "imageSize": .text(plan.size?.tier)])
        let settings = JSONValue.fields(["responseModalities": ["IMAGE"], "imageConfig": image])
        return .fields([
            "contents": [
                .fields(["role": "user", "parts": .array([.fields(["text": .string(plan.prompt)])] + pictures)])
            ],
            "generationConfig": .object((settings.members ?? []) + plan.extraMembers),
            // Projects made since 26 October 2026 keep every request for 55 days unless it says otherwise.
            "store": false,
        ])
    }

    // MARK: answers

    /// Interim pictures are marked as thoughts and are not the result; of the others the last one is.
    func pictures(_ json: JSONValue) -> [AnswerPicture] {
        let parts = (json["candidates"]?.array ?? []).prefix(8).flatMap { $0["content"]?["parts"]?.array ?? [] }
        let found = parts.suffix(AnswerStream.mostPictures).compactMap { part -> AnswerPicture? in
            guard part["thought"]?.bool != true else { return nil }
            return Self.place(in: part)?["data"].flatMap(AnswerPicture.read)
        }
        return found.reversed()
    }

    /// Where a part holds a picture; nil for a part that says it holds something else.
    private static func place(in part: JSONValue) -> JSONValue? {
        let data = part["inlineData"] ?? part["inline_data"]
        let type = (data?["mimeType"] ?? data?["mime_type"])?.string
        return type?.lowercased().hasPrefix("image/") ?? true ? data : nil
    }

    /// Blocking arrives with HTTP 200.
    func withoutPicture(_ json: JSONValue) -> CallFault {
        if let blocked = json["promptFeedback"]?["blockReason"]?.string, blocked != "BLOCK_REASON_UNSPECIFIED" {
            return CallFault(.contentBlockedInput, providerCode: PlainWord.read(blocked))
        }
        let candidate = json["candidates"]?[0]
        let parts = candidate?["content"]?["parts"]?.array ?? []
        if parts.contains(where: { $0["thought"]?.bool != true && Self.place(in: $0)?["data"] != nil }) {
            var fault = CallFault(.badResponse)
            fault.oddity = .noPicture
            return fault
        }
        let finish = candidate?["finishReason"]?.string ?? ""
        let callClass: CallClass =
            if Self.refusals.contains(finish) {
                .contentBlockedOutput
            } else if finish == "PUP_LIMITED_DISABLED" {
                .accountBlocked
            } else {
                .noImageReturned
            }
        return CallFault(callClass, providerCode: PlainWord.read(finish))
    }

    private static let refusals: Set<String> = [
        "SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT", "BLOCKLIST", "SPII",
        "RECITATION", "IMAGE_RECITATION",
    ]

    func model(_ json: JSONValue) -> String? { json["modelVersion"]?.string }

    func requestID(_ head: AnswerHead, _ json: JSONValue) -> String? { PlainWord.read(json["responseId"]?.string) }

    func bill(_ json: JSONValue) -> Bill? {
        guard let block = json["usageMetadata"], block != .null else { return nil }
        var reader = CountReader()
        var bill = Bill()
        if let read = reader.count(block["promptTokenCount"]) {
            let drawn = block["candidatesTokensDetails"]?.array?.first { $0["modality"]?.string == "IMAGE" }
            let written = reader.count(block["candidatesTokenCount"]) ?? 0
            let images = drawn.flatMap { reader.count($0["tokenCount"]) } ?? written
            let thoughts = reader.count(block["thoughtsTokenCount"]) ?? 0
            bill.usage = TokenUsage(
                textIn: read, imageIn: 0, imageOut: images, textOut: max(0, written - images) + thoughts)
        }
        bill.isUnreadable = reader.isUnreadable || block.members == nil
        return bill
    }

    // MARK: errors

    func fault(_ document: AnswerDocument, _ headers: [String: String]) -> CallFault {
        let error = document.json["error"]
        let details = error?["details"]?.array ?? []
        let word = error?["status"]?.string
        var fault = ErrorObject(document.json).fault(status: document.status)
        if word == "FAILED_PRECONDITION", fault.callClass == .invalidRequest {
            // Billing is not enabled, or the region is not served: the next call would meet the same.
            (fault.callClass, fault.isDoubtful) = (.permission, false)
        }
        if fault.callClass == .rateLimited, Self.isSpent(details) { fault.callClass = .quotaExhausted }
        return fault
    }

    /// A quota of the day, or one of nothing, does not come back in minutes.
    private static func isSpent(_ details: [JSONValue]) -> Bool {
        details.flatMap { $0["violations"]?.array ?? [] }.contains { violation in
            violation["quotaId"]?.string?.contains("PerDay") == true || violation["quotaValue"]?.string == "0"
        }
    }

    /// `RetryInfo` of google.rpc: seconds with a fraction and an `s`.
    func wait(_ document: AnswerDocument) -> Span? {
        let delays = (document.json["error"]?["details"]?.array ?? []).compactMap { $0["retryDelay"]?.string }
        guard let text = delays.first, text.hasSuffix("s"), let seconds = Double(text.dropLast()) else { return nil }
        return RetryHint.bounded(milliseconds: seconds * 1000)
    }
}

extension GoogleGemini {
    /// Contract, sections 1, 3.1, 3.2 and 6; state of 2026-11-21.
    static func capability(of family: String) -> Capability {
        let row: (tiers: [String], references: Int, tokens: OutputTokens, prices: Prices) =
            switch family {
            case "gemini-3-pro-image":
                (
                    ["1K", "2K", "4K"], 14, .byTier(["1K": 1120, "2K": 1120, "4K": 2000]),
                    Prices(textIn: 2, imageIn: 2, imageOut: 120, textOut: 12, asOf: "2026-10-09")
                )
            case "gemini-3.1-flash-image":
                (
                    ["512", "1K", "2K", "4K"], 14, .byTier(["512": 747, "1K": 1120, "2K": 1680, "4K": 2520]),
                    Prices(textIn: 0.5, imageIn: 0.5, imageOut: 60, textOut: 3, asOf: "2026-10-09")
                )
            case "gemini-3.1-flash-lite-image":
                (
                    ["1K"], 14, .byTier(["1K": 1120]),
                    Prices(textIn: 0.25, imageIn: 0.25, imageOut: 30, textOut: 1.5, asOf: "2026-10-09")
                )
            case "gemini-2.5-flash-image":
                (
                    [""], 3, .byTier(["": 1290]),
                    Prices(textIn: 0.3, imageIn: 0.3, imageOut: 30, textOut: 2.5, asOf: "2026-10-09")
                )
            default:
                (
                    ["1K", "2K", "4K"], 14, .byTier(["1K": 1120, "2K": 1680, "4K": 3780]),
                    Prices(textIn: 1.5, imageIn: 1.5, imageOut: 30, textOut: 7.5, asOf: "2026-10-09")
                )
            }
        let isWide = family == "gemini-3.1-flash-image"
        return Capability(
            sizes: .table(row.tiers.flatMap { table($0, isWide: isWide) }), references: row.references,
            parameters: family == "gemini-nano-banana-2.1" ? ["thinkingConfig"] : [], allReferenceBytes: 14_000_000,
            tokens: row.tokens, prices: row.prices)
    }

    /// The pixel table of the contract for one tier: 1K is listed, 2K and 4K are twice and four times it, 512 is half.
    ///
    /// - Parameter isWide: whether the model also draws 4:1 and 8:1.
    private static func table(_ tier: String, isWide: Bool) -> [SizeTier] {
        var wide = [
            ("1:1", 1024, 1024), ("3:2", 1264, 848), ("4:3", 1200, 896), ("5:4", 1152, 928), ("16:9", 1376, 768),
            ("21:9", 1584, 672),
        ]
        if isWide { wide += [("4:1", 2048, 512), ("8:1", 3072, 384)] }
        let tall = wide.dropFirst().filter { $0.0 != "21:9" }.map { ratio, width, height in
            (ratio.split(separator: ":").reversed().joined(separator: ":"), height, width)
        }
        return (wide + tall).map { ratio, width, height in
            func side(_ length: Int) -> Int {
                switch tier {
                case "512": length / 2
                case "2K": length * 2
                case "4K": length * 4
                default: length
                }
            }
            return SizeTier(
                PixelSize(width: side(width), height: side(height)), ratio: ratio, tier: tier.isEmpty ? nil : tier)
        }
    }
}
