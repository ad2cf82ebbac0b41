import Documents
import Domain
import Settings
import Transport

/// The OpenAI Images API of gpt-image-2 and later, also as Azure serves it: generations as JSON, edits as a form with
/// `image[]` and `mask`. One picture a request: an end that is unknown then holds back one picture, not ten.
struct OpenAIImages: ImagesReading {
    let route: Route
    let endpoint: String
    let key: SecretText?

    private var isAzure: Bool { route.provider == .azureOpenAI }

    func request(_ plan: CallPlan, references: [SentPicture], mask: SentPicture?) -> OutgoingRequest {
        OutgoingRequest(
            method: "POST", url: url(references.isEmpty ? "generations" : "edits"),
            headers: key.map { [header($0.exposed)] } ?? [],
            body: references.isEmpty ? generation(plan) : edit(plan, references, mask),
            totalTimeout: route.timeout.duration, responseLimit: SharedContract.answerLimit)
    }

    private func url(_ call: String) -> String {
        guard isAzure else { return endpoint + "/v1/images/" + call }
        guard let version = route.apiVersion else { return endpoint + "/openai/v1/images/" + call }
        let deployment = route.deployment.replacing("/", with: "%2F")
        return endpoint + "/openai/deployments/\(deployment)/images/\(call)?api-version=\(version)"
    }

    private func header(_ key: String) -> (name: String, value: String) {
        isAzure ? ("api-key", key) : ("Authorization", "Bearer " + key)
    }

    /// Fields that both forms carry, in the order of the reference.
    private func fields(_ plan: CallPlan) -> [JSONValue.Member] {
        let fields = JSONValue.fields([
            // The classic path names the deployment itself, and some models refuse a field beside it.
            "model": route.apiVersion == nil ? .string(route.deployment) : nil, "prompt": .string(plan.prompt), "n": 1,
            "size": .text(plan.size?.size.description), "quality": .text(plan.quality),
            "background": .text(plan.background), "output_format": "png", "safety_identifier": .text(plan.endUser),
        ])
        return (fields.members ?? []) + plan.extraMembers
    }

    private func generation(_ plan: CallPlan) -> OutgoingRequest.Body {
        .bytes(Array(JSONValue.object(fields(plan)).compact.utf8), contentType: "application/json")
    }

    private func edit(_ plan: CallPlan, _ references: [SentPicture], _ mask: SentPicture?) -> OutgoingRequest.Body {
        var parts = fields(plan).map { FormPart(name: $0.key, text: $0.value.string ?? $0.value.compact) }
        parts += SharedContract.fileParts(references, name: "image[]")
        if let mask {
            parts.append(
                FormPart(name: "mask", content: mask.bytes, fileName: "mask.png", contentType: mask.format.mediaType))
        }
        return .form(parts)
    }
}

extension OpenAIImages {
    /// Contract, sections 3, 4, 5 and 10; state of 2026-11-21.
    static func capability(of family: String) -> Capability {
        let isFirst = family == "gpt-image-2"
        let isNewest = family.hasPrefix("gpt-image-2.6")
        var tokens = ["low": 200.0, "medium": 1767, "high": 7024]
        // 2.6 is reported to take three to four times what 2.5 takes at the lower qualities.
        if !isFirst { tokens = ["low": 196, "medium": 439, "high": 1756, "xhigh": 3122, "max": 7024] }
        if isNewest { tokens.merge(["low": 784, "medium": 1756]) { $1 } }
        return Capability(
            sizes: .rules(
                SizeRules(leastSide: 16, mostSide: 3840, leastPixels: 655_360, mostPixels: 8_294_400, steepest: 3)),
            references: 16, allowsMask: true,
            qualities: ["auto", "low", "medium", "high"] + (isFirst ? [] : ["xhigh", "max"]),
            backgrounds: ["auto", "opaque"] + (isFirst ? [] : ["transparent"]),
            parameters: ["moderation"] + (isNewest ? ["complexity"] : []), referenceBytes: 20_000_000,
            allReferenceBytes: 200_000_000, tokens: .byQuality(tokens),
            prices: Prices(textIn: 5, cachedIn: 1.25, imageIn: 8, cachedImageIn: 2, imageOut: 30))
    }
}
