import Digests
import Documents
import Domain
import HTTPServer
import Providers

/// One request as its contract reads it.
struct DrawOrder: Sendable {
    let contract: Contract
    let model: String
    let prompt: String
    let size: PixelSize
    var count = 1
    var references: [Reference] = []
    var mask: Reference?
    /// Gemini: whether words may come beside the picture.
    var wantsText = false

    var isEdit: Bool { !references.isEmpty }

    init(_ request: IncomingRequest, _ resource: Contract.Resource) throws(ContractFault) {
        switch resource.contract {
        case .mai: self = try Self.mai(request, isEdit: resource.form == .edits)
        case .openAI, .azure:
            self = try Self.openAI(request, isEdit: resource.form == .edits, isAzure: resource.contract == .azure)
        case .gemini: self = try Self.gemini(request, model: resource.model ?? "")
        case .openRouter: self = try Self.openRouter(request)
        }
    }

    init(_ contract: Contract, model: String, prompt: String, size: PixelSize) {
        self.contract = contract
        self.model = model
        self.prompt = prompt
        self.size = size
    }

    /// The members of a JSON body.
    static func members(_ request: IncomingRequest) throws(ContractFault) -> [JSONValue.Member] {
        guard request.headers["content-type"]?.hasPrefix("application/json") == true,
            let members = (try? JSONParser.parse(request.body))?.members
        else { throw ContractFault("the body is no JSON object") }
        return members
    }

    /// The fields and the files of a form.
    static func form(
        _ request: IncomingRequest
    ) throws(ContractFault) -> (fields: [JSONValue.Member], files: [MultipartForm.Part]) {
        guard let type = request.headers["content-type"],
            let form = try? MultipartForm(body: request.body, contentType: type)
        else { throw ContractFault("the body is no form") }
        let fields = form.parts.filter { $0.fileName == nil }.map {
            JSONValue.Member(key: $0.name, value: .string($0.text))
        }
        guard Set(fields.map(\.key)).count == fields.count else { throw ContractFault("a field stands twice") }
        return (fields, form.parts.filter { $0.fileName != nil })
    }

    /// The rule that Darkroom's own answer must keep: sides are multiples of 16.
    static func floored(_ size: PixelSize) -> PixelSize {
        PixelSize(width: max(16, size.width / 16 * 16), height: max(16, size.height / 16 * 16))
    }

    var promptDigest: String { hexadecimal(SHA256Digest.of(Array(prompt.utf8))) }

    /// The line of the simulator's ledger: what was accepted, by digest, never the words.
    func note(number: Int, id: String, at milliseconds: Int64) -> JSONValue {
        .fields([
            "event": "accepted", "id": .string(id), "number": .integer(number), "at": .integer(milliseconds),
            "provider": .string(contract.rawValue), "kind": isEdit ? "edit" : "generate", "model": .string(model),
            "size": .string(size.description), "n": .integer(count), "prompt_sha256": .string(promptDigest),
            "references": .array(references.map { .string(hexadecimal(SHA256Digest.of($0.bytes))) }),
            "mask": mask.map { .string(hexadecimal(SHA256Digest.of($0.bytes))) },
        ])
    }
}

extension [JSONValue.Member] {
    subscript(key: String) -> JSONValue? { first { $0.key == key }?.value }

    /// Text that must be there.
    func required(_ key: String) throws(ContractFault) -> String {
        guard let text = self[key]?.string, !text.isEmpty else {
            throw ContractFault("\(key) is required", parameter: key)
        }
        return text
    }

    /// A whole number of a form or of JSON.
    func whole(_ key: String) -> Int? { self[key].flatMap { $0.int ?? $0.string.flatMap(Int.init) } }
}
