import Documents
import Domain
import Settings
import Transport

/// The Microsoft MAI image API of Foundry: generations as JSON, edits as a form, one picture a request.
///
/// Contract: state of 2026-11-21. Nothing undocumented is sent: `size`, `n`, `response_format` are refused or ignored
/// there.
struct MicrosoftMAI: ImagesReading {
    let route: Route
    let endpoint: String
    let key: SecretText?

    func request(_ plan: CallPlan, references: [SentPicture], mask: SentPicture?) -> OutgoingRequest {
        let path = references.isEmpty ? "/mai/v1/images/generations" : "/mai/v1/images/edits"
        return OutgoingRequest(
            method: "POST", url: endpoint + path, headers: key.map { [("api-key", $0.exposed)] } ?? [],
            body: references.isEmpty ? generation(plan) : edit(plan, references), totalTimeout: route.timeout.duration,
            responseLimit: SharedContract.answerLimit)
    }

    private func generation(_ plan: CallPlan) -> OutgoingRequest.Body {
        let fields = JSONValue.fields([
            "model": .string(route.deployment), "prompt": .string(plan.prompt),
            "width": plan.size.map { .integer($0.size.width) },
            "height": plan.size.map { .integer($0.size.height) },
            "background": .text(plan.background),
        ])
        let body = JSONValue.object((fields.members ?? []) + plan.extraMembers)
        return .bytes(Array(body.compact.utf8), contentType: "application/json")
    }

    private func edit(_ plan: CallPlan, _ references: [SentPicture]) -> OutgoingRequest.Body {
        var parts = [FormPart(name: "model", text: route.deployment), FormPart(name: "prompt", text: plan.prompt)]
        if let background = plan.background { parts.append(FormPart(name: "background", text: background)) }
        parts += plan.parameters.map { FormPart(name: $0.name, text: $0.json) }
        return .form(parts + SharedContract.fileParts(references, name: "image"))
    }

    /// Sizes, references and prices of the families; prices of 2026-11-21 in dollars a million tokens.
    static func capability(of family: String) -> Capability {
        let pixels =
            switch family {
            case "2.6", "2.6-flash": 2_359_296
            case "2.7", "2.7-flash": 4_194_304
            default: 1_048_576
            }
        let price =
            switch family {
            case "2": Prices(textIn: 5, imageIn: 0, imageOut: 33)
            case "2e": Prices(textIn: 5, imageIn: 0, imageOut: 19.5)
            case "2.5": Prices(textIn: 5, imageIn: 8, imageOut: 47)
            case "2.5-flash": Prices(textIn: 1.75, imageIn: 1.75, imageOut: 19.5)
            case "2.5-pro": Prices(textIn: 5, imageIn: 8, imageOut: 106)
            case "2.6": Prices(textIn: 5, imageIn: 8, imageOut: 38)
            case "2.6-flash": Prices(textIn: 1.75, imageIn: 2.5, imageOut: 19)
            // 2.7-flash has no published price: its larger sibling's is the safe estimate.
            default: Prices(textIn: 5, imageIn: 8, imageOut: 34)
            }
        return Capability(
            sizes: .rules(SizeRules(leastSide: 768, mostSide: 16_384, mostPixels: pixels)),
            references: family == "2" || family == "2e" ? 0 : 5, sizesEdits: false,
            backgrounds: family.hasPrefix("2.7") ? ["transparent", "opaque"] : [],
            parameters: family.hasPrefix("2.6") ? ["auto_aspect_ratio", "web_grounding"] : [], prices: price)
    }
}
