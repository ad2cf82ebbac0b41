import Documents
import Domain
import Settings
import Transport

/// The OpenAI Images API in the shape of gpt-image-2: generations as JSON, edits as a form with `image[]` and `mask`.
struct OpenAIImages: Adapter {
    let route: Route
    let endpoint: String
    let key: SecretText?

    func request(_ plan: CallPlan, references: [SentPicture], mask: SentPicture?) -> OutgoingRequest {
        let path = references.isEmpty ? "/v1/images/generations" : "/v1/images/edits"
        return OutgoingRequest(
            method: "POST", url: endpoint + path,
            headers: key.map { [("Authorization", "Bearer " + $0.exposed)] } ?? [],
            body: references.isEmpty ? generation(plan) : edit(plan, references, mask),
            totalTimeout: route.timeout.duration, responseLimit: SharedContract.answerLimit)
    }

    func read(_ head: AnswerHead, body: [UInt8]) -> (Verdict, ImageAnswer?) { SharedContract.read(head, body) }

    /// Fields that both forms carry, in the order of the reference.
    private func fields(_ plan: CallPlan) -> [JSONValue.Member] {
        let fields = JSONValue.fields([
            "model": .string(route.deployment), "prompt": .string(plan.prompt), "n": 1,
            "size": .text(plan.size?.description), "quality": .text(plan.quality),
            "background": .text(plan.background), "output_format": "png",
        ])
        let extras = plan.parameters.compactMap { parameter in
            (try? JSONParser.parse(parameter.json)).map { JSONValue.Member(key: parameter.name, value: $0) }
        }
        return (fields.members ?? []) + extras
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
