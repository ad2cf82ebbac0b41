import Documents
import Domain
import Settings
import Transport

/// The Gemini API's `generateContent` for image models: everything in one JSON body, one picture a request.
///
/// Contract: state of 2026-11-21. Fields that are unknown there are answered with 400, so none is sent.
struct GoogleGemini: Adapter {
    let route: Route
    let endpoint: String
    let key: SecretText?

    func request(_ plan: CallPlan, references: [SentPicture], mask: SentPicture?) -> OutgoingRequest {
        OutgoingRequest(
            method: "POST", url: endpoint + "/v1beta/models/\(route.deployment):generateContent",
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

    func read(_ head: AnswerHead, body: [UInt8]) -> (Verdict, ImageAnswer?) {
        let document = (try? JSONParser.parse(body)) ?? .null
        var (verdict, answer) =
            (200..<300).contains(head.status) && document["error"] == nil
            ? Self.picture(document) : (Self.fault(document, head.status), nil)
        verdict = verdict.read(moderationOf: document)
        verdict.httpStatus = head.status
        verdict.wait = RetryHint.read(head.headers) ?? Self.retryDelay(document)
        verdict.requestID = ErrorBody.word(document["responseId"]?.string)
        return (verdict, answer)
    }

    /// Blocking arrives with HTTP 200; interim pictures are marked as thoughts and are not the result.
    private static func picture(_ document: JSONValue) -> (Verdict, ImageAnswer?) {
        guard document.members != nil else { return (Verdict(.badResponse), nil) }
        if let blocked = document["promptFeedback"]?["blockReason"]?.string, blocked != "BLOCK_REASON_UNSPECIFIED" {
            var verdict = Verdict(.contentBlockedInput)
            verdict.providerCode = ErrorBody.word(blocked)
            return (verdict, nil)
        }
        let candidate = document["candidates"]?[0]
        let parts = candidate?["content"]?["parts"]?.array ?? []
        let pictures = parts.filter { $0["thought"]?.bool != true }.compactMap { part -> JSONValue? in
            let data = part["inlineData"] ?? part["inline_data"]
            let type = (data?["mimeType"] ?? data?["mime_type"])?.string
            return type?.hasPrefix("image/") == true ? data : nil
        }
        guard let last = pictures.last?["data"] else {
            return (emptyVerdict(candidate?["finishReason"]?.string), nil)
        }
        guard let picture = AnswerPicture.read(last) else { return (Verdict(.badResponse), nil) }
        return (
            Verdict(.success),
            ImageAnswer(
                picture: picture, model: ErrorBody.word(document["modelVersion"]?.string), usage: usage(document))
        )
    }

    private static func emptyVerdict(_ finish: String?) -> Verdict {
        let blocked: Set<String> = [
            "SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT", "BLOCKLIST", "SPII",
            "RECITATION", "IMAGE_RECITATION",
        ]
        var verdict = Verdict(blocked.contains(finish ?? "") ? .contentBlockedOutput : .noImageReturned)
        verdict.providerCode = ErrorBody.word(finish)
        return verdict
    }

    private static func usage(_ document: JSONValue) -> TokenUsage? {
        guard let block = document["usageMetadata"], let read = block["promptTokenCount"]?.int else { return nil }
        let drawn = block["candidatesTokensDetails"]?.array?.first { $0["modality"]?.string == "IMAGE" }
        let written = block["candidatesTokenCount"]?.int ?? 0
        let images = drawn?["tokenCount"]?.int ?? written
        return TokenUsage(
            textIn: read, imageIn: 0, imageOut: images,
            textOut: max(0, written - images) + (block["thoughtsTokenCount"]?.int ?? 0))
    }

    // MARK: errors

    private static func fault(_ document: JSONValue, _ status: Int) -> Verdict {
        let error = document["error"]
        let word = error?["status"]?.string ?? ""
        let details = error?["details"]?.array ?? []
        let reasons = details.compactMap { $0["reason"]?.string }
        var verdict = Verdict(callClass(status, word, reasons, details))
        verdict.providerCode = ErrorBody.word(reasons.first ?? (word.isEmpty ? nil : word))
        return verdict
    }

    private static func callClass(
        _ status: Int, _ word: String, _ reasons: [String], _ details: [JSONValue]
    ) -> CallClass {
        if reasons.contains("MODEL_CAPACITY_EXHAUSTED") { return .overloaded }
        switch status {
        case 400 where reasons.contains("API_KEY_INVALID"): return .auth
        case 400 where word == "FAILED_PRECONDITION": return .permission
        case 401: return .auth
        case 403: return .permission
        case 404: return .modelNotFound
        case 408, 504, 524: return .outcomeUnknown
        case 413: return .payloadTooLarge
        case 429: return isSpent(details) ? .quotaExhausted : .rateLimited
        case 503: return .overloaded
        case 500...599: return .serverError
        case 400...499: return .invalidRequest
        default: return .badResponse
        }
    }

    /// A quota of the day, or one of nothing, does not come back in minutes.
    private static func isSpent(_ details: [JSONValue]) -> Bool {
        details.flatMap { $0["violations"]?.array ?? [] }.contains { violation in
            violation["quotaId"]?.string?.hasSuffix("PerDay") == true
                || violation["quotaId"]?.string?.contains("PerDay") == true || violation["quotaValue"]?.string == "0"
        }
    }

    /// `RetryInfo` of google.rpc: seconds with a fraction and an `s`.
    private static func retryDelay(_ document: JSONValue) -> Span? {
        let delays = (document["error"]?["details"]?.array ?? []).compactMap { $0["retryDelay"]?.string }
        guard let text = delays.first, text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds >= 0 else {
            return nil
        }
        return Span(milliseconds: Int64((min(seconds, 1e9) * 1000).rounded(.up)))
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
                ([""], 3, .byTier(["": 1290]), Prices(textIn: 0, imageIn: 0, imageOut: 30, asOf: "2026-10-09"))
            default:
                (
                    ["1K", "2K", "4K"], 14, .byTier(["1K": 1120, "2K": 1680, "4K": 3780]),
                    Prices(textIn: 1.5, imageIn: 1.5, imageOut: 30, textOut: 7.5, asOf: "2026-10-09")
                )
            }
        return Capability(
            sizes: .table(row.tiers.flatMap(table)), references: row.references,
            parameters: family == "gemini-nano-banana-2.1" ? ["thinkingConfig"] : [], allReferenceBytes: 14_000_000,
            tokens: row.tokens, prices: row.prices)
    }

    /// The pixel table of the contract for one tier: 1K is listed, 2K and 4K are twice and four times it, 512 is half.
    private static func table(_ tier: String) -> [SizeTier] {
        let wide = [
            ("1:1", 1024, 1024), ("3:2", 1264, 848), ("4:3", 1200, 896), ("5:4", 1152, 928), ("16:9", 1376, 768),
            ("21:9", 1584, 672),
        ]
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
