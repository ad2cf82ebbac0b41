import Documents
import Domain
import Settings
import Transport

/// The Image API of OpenRouter, `POST /api/v1/images`: flat fields, references as data URLs, one picture a request.
///
/// Contract: state of 2026-11-21. Nobody else may step in for the chosen model, and no upstream may keep the data: price and
/// place stay what the route says. The headers of attribution are left out.
struct OpenRouter: AnswerReading {
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

    // MARK: answers

    func pictures(_ json: JSONValue) -> [AnswerPicture] { ImagesShape.pictures(json) }

    /// Failures and empty answers are free there (zero completion insurance, openrouter.ai/docs/guides/features).
    var mayChargeWithoutPicture: Bool { false }

    func withoutPicture(_ json: JSONValue) -> CallFault { ImagesShape.withoutPicture(json) }

    func model(_ json: JSONValue) -> String? { json["model"]?.string }

    func requestID(_ head: AnswerHead, _ json: JSONValue) -> String? {
        generation(head) ?? PlainWord.read(json["id"]?.string ?? head.headers["x-request-id"])
    }

    /// What the service books is the cost. With a key of the caller's own the upstream's bill comes beside it.
    func bill(_ json: JSONValue) -> Bill? {
        var bill = ImagesShape.bill(json)
        let usage = json["usage"]
        var reader = CountReader()
        let own = reader.dollars(usage?["cost"])
        let upstream = reader.dollars(usage?["cost_details"]?["upstream_inference_cost"])
        if usage?["is_byok"]?.bool == true {
            bill.cost = upstream.flatMap { $0 > 0 ? $0 + (own ?? 0) : nil }
            // Without it only the service's own share is known, which says nothing of the whole.
            bill.usage = nil
        } else {
            bill.cost = own
        }
        bill.isUnreadable = bill.isUnreadable || reader.isUnreadable
        return bill
    }

    func fault(_ document: AnswerDocument, _ headers: [String: String]) -> CallFault {
        let error = document.json["error"]
        let metadata = error?["metadata"]
        let object = ErrorObject(document.json)
        var fault = object.fault(status: document.status)
        switch object.status ?? document.status {
        case 402
        where headers["retry-after"] != nil || metadata?["limit_source"]?.string?.contains("in_flight") == true:
            fault.callClass = .rateLimited
        // What was flagged or matched was this prompt, by a moderation or a guardrail of the account.
        case 403 where Self.namesContent(metadata) && fault.callClass == .permission:
            (fault.callClass, fault.isDoubtful) = (.contentBlockedInput, false)
        default: break
        }
        if let source = PlainWord.read(metadata?["limit_source"]?.string) { fault.providerCode = source }
        return fault
    }

    private static func namesContent(_ metadata: JSONValue?) -> Bool {
        ["reasons", "patterns", "flagged_input", "guardrail", "guardrails"].contains { key in
            metadata?[key].map { ![.null, [], ""].contains($0) } ?? false
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
