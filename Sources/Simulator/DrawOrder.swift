import Digests
import Documents
package import Domain
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
    /// Where the contract has one: another seed draws another picture.
    var seed: Int?
    /// The file format of the pictures.
    var format = PictureFormat.png
    /// 0 to 100, for JPEG and WebP.
    var compression = 100
    /// As asked for; nil where the request leaves it to the service.
    var quality: String?
    var background: String?
    /// The caller's name for its user, which OpenAI repeats.
    var endUser: String?
    /// Gemini: whether words may come beside the picture.
    var wantsText = false

    var isEdit: Bool { !references.isEmpty }

    init(_ request: IncomingRequest, _ resource: Resource) throws(ContractFault) {
        switch resource.contract {
        case .mai: self = try Self.mai(request, isEdit: resource.form == .edits)
        case .openAI, .azure: self = try Self.openAI(request, resource)
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
    ///
    /// - Parameter pictures: the names of parts that are files even where they are sent without a file name.
    static func form(
        _ request: IncomingRequest, pictures: Set<String>
    ) throws(ContractFault) -> (fields: [JSONValue.Member], files: [MultipartForm.Part]) {
        guard let type = request.headers["content-type"],
            let form = try? MultipartForm(body: request.body, contentType: type)
        else { throw ContractFault("the body is no form") }
        func isFile(_ part: MultipartForm.Part) -> Bool { part.fileName != nil || pictures.contains(part.name) }
        let fields = form.parts.filter { !isFile($0) }.map { JSONValue.Member(key: $0.name, value: .string($0.text)) }
        guard Set(fields.map(\.key)).count == fields.count else { throw ContractFault("a field stands twice") }
        return (fields, form.parts.filter(isFile))
    }

    /// The rule that Darkroom's own answer must keep: sides are multiples of 16.
    static func floored(_ size: PixelSize) -> PixelSize {
        PixelSize(width: max(16, size.width / 16 * 16), height: max(16, size.height / 16 * 16))
    }

    var promptDigest: String { hexadecimal(SHA256Digest.of(Array(prompt.utf8))) }

    /// The picture to draw for it, `index` counted from 0.
    func picture(_ index: Int) -> PictureOrder {
        var words = Array(prompt.utf8) + [UInt8(truncatingIfNeeded: index)]
        if let seed { words += Array("seed \(seed)".utf8) }
        return PictureOrder(
            seed: SHA256Digest.of(words), size: size, references: references.map(\.bytes), mask: mask?.bytes,
            format: format, quality: max(1, compression))
    }

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

/// One picture to draw.
package struct PictureOrder: Sendable {
    /// Equal seeds draw equal pictures.
    package var seed: [UInt8]
    package var size: PixelSize
    /// The references and the mask as they came in.
    package var references: [[UInt8]]
    package var mask: [UInt8]?
    /// PNG, JPEG or WebP.
    package var format: PictureFormat
    /// 1 to 100, for JPEG and WebP.
    package var quality: Int
}

extension [JSONValue.Member] {
    subscript(key: String) -> JSONValue? { first { $0.key == key }?.value }

    /// Text that must be there.
    func required(_ key: String) throws(ContractFault) -> String {
        guard let text = self[key]?.string, !text.isEmpty else { throw .missing(key) }
        return text
    }

    /// A whole number of a form or of JSON.
    func whole(_ key: String) -> Int? { self[key].flatMap { $0.int ?? $0.string.flatMap(Int.init) } }

    /// The members that say something: `null` means what a missing member means.
    var withoutNulls: Self { filter { $0.value != .null } }
}
