import Documents
import Domain
import Settings
import Transport

/// The Image API of OpenRouter, `POST /api/v1/images`: flat fields, references as data URLs, one picture a request.
///
/// Contract: state of 2026-11-21. Nobody else may step in for the chosen model, and no upstream may keep the data: price and
/// place stay what the route says. The headers of attribution are left out.
struct OpenRouter: Adapter {
    let route: Route
    let endpoint: String
    let key: SecretText?
    /// Whether only services may be called that keep nothing at all.
    var wantsNothingKept = false

    func request(_ plan: CallPlan, references: [SentPicture], mask: SentPicture?) -> OutgoingRequest {
        OutgoingRequest(
            method: "POST", url: endpoint + "/api/v1/images",
            headers: key.map { [("Authorization", "Bearer " + $0.exposed)] } ?? [],
            body: .bytes(Array(body(plan, references).compact.utf8), contentType: "application/json"),
            totalTimeout: route.timeout.duration, responseLimit: SharedContract.answerLimit)
    }

    private func body(_ plan: CallPlan, _ references: [SentPicture]) -> JSONValue {
        let pictures = references.map { picture in
            let data = String(decoding: Base64.encode(picture.bytes), as: UTF8.self)
            return JSONValue.fields([
                "type": "image_url",
                "image_url": .fields(["url": .string("data:\(picture.format.mediaType);base64,\(data)")]),
            ])
        }
        // A size in pixels that contradicts ratio and tier is refused, so that only one way is used.
        let isTiered = plan.size?.ratio != nil
        let fields = JSONValue.fields([
            "model": .string(route.deployment), "prompt": .string(plan.prompt), "n": 1,
            "aspect_ratio": isTiered ? .text(plan.size?.ratio) : nil,
            "resolution": isTiered ? .text(plan.size?.tier) : nil,
            "size": isTiered ? nil : .text(plan.size?.size.description), "quality": .text(plan.quality),
            "background": .text(plan.background), "input_references": pictures.isEmpty ? nil : .array(pictures),
            "provider": .fields([
                "data_collection": "deny", "allow_fallbacks": false, "zdr": wantsNothingKept ? true : nil,
            ]),
        ])
        return .object((fields.members ?? []) + plan.extraMembers)
    }

    func read(_ head: AnswerHead, body: [UInt8]) -> (Verdict, ImageAnswer?) {
        let document = (try? JSONParser.parse(body)) ?? .null
        let isFault = document["error"]?.members != nil || !(200..<300).contains(head.status)
        var verdict = Verdict(.success)
        var answer: ImageAnswer?
        if isFault {
            verdict = Self.fault(document, head).read(moderationOf: document)
        } else {
            switch Base64Answer.read(document) {
            case .success(var found):
                found.cost = document["usage"]?["cost"]?.double.flatMap(Self.microDollars)
                answer = found
            case .failure(let fault): verdict = Verdict(fault.callClass)
            }
        }
        verdict.httpStatus = head.status
        verdict.wait = RetryHint.read(head.headers)
        verdict.requestID =
            generation(head) ?? ErrorBody.word(document["id"]?.string ?? head.headers["x-request-id"])
        return (verdict, answer)
    }

    /// Dollars as booked by the service; nil for what can be no price.
    static func microDollars(_ dollars: Double) -> Int64? {
        (0...1_000_000).contains(dollars) ? Int64((dollars * 1_000_000).rounded(.up)) : nil
    }

    /// `error.code` is a number there, and may come inside an HTTP 200.
    private static func fault(_ document: JSONValue, _ head: AnswerHead) -> Verdict {
        let error = document["error"]
        let status = error?["code"]?.int ?? head.status
        let message = (error?["message"]?.string ?? "").lowercased()
        let metadata = error?["metadata"]
        var verdict = Verdict(callClass(status, message, metadata, mayRetry: head.headers["retry-after"] != nil))
        verdict.providerCode = ErrorBody.word(metadata?["limit_source"]?.string ?? String(status))
        return verdict
    }

    private static func callClass(
        _ status: Int, _ message: String, _ metadata: JSONValue?, mayRetry: Bool
    ) -> CallClass {
        switch status {
        case 400 where message.contains("response content blocked") || message.contains("content_safety_violation"):
            .contentBlockedOutput
        case 400 where ["rai policy", "blocklist", "moderation", "safety"].contains(where: message.contains):
            .contentBlockedInput
        case 401: .auth
        case 402: mayRetry ? .rateLimited : .quotaExhausted
        case 403: metadata?["reasons"]?.array?.isEmpty == false ? .contentBlockedInput : .permission
        case 404: .modelNotFound
        case 408, 504, 524: .outcomeUnknown
        case 413: .payloadTooLarge
        case 429: .rateLimited
        case 502 where message.contains("response content blocked"): .contentBlockedOutput
        case 503, 529: .overloaded
        case 500...599: .serverError
        case 400...499: .invalidRequest
        default: .badResponse
        }
    }
}

extension OpenRouter {
    /// What the maker's model takes, without what this interface has no field for; prices as seen on 2026-11-21.
    static func capability(of family: String) -> Capability {
        let maker = family.split(separator: "/").first.map(String.init) ?? ""
        let name = String(family.dropFirst(maker.count + 1))
        var able: Capability
        switch maker {
        case "openai": able = OpenAIImages.capability(of: name)
        case "google": able = GoogleGemini.capability(of: name)
        default:
            able = MicrosoftMAI.capability(of: String(name.dropFirst("mai-image-".count)))
            able.sizesEdits = true
            if let each = [
                "mai-image-2.5": 48_000, "mai-image-2.5-pro": 111_000, "mai-image-2.6": 39_000,
                "mai-image-2.6-flash": 19_500,
            ][name] {
                able.tokens = .flat(Int64(each))
            }
        }
        able.allowsMask = false
        able.qualities = able.qualities.filter { ["auto", "low", "medium", "high"].contains($0) }
        able.parameters = []
        able.allReferenceBytes = min(able.allReferenceBytes, 14_000_000)
        return able
    }
}
