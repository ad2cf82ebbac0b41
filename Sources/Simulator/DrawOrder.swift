import Digests
import Documents
import Domain
import HTTPServer

/// What a request breaks of its contract.
struct ContractFault: Error {
    var status = 400
    let code: String
    let message: String
    var parameter: String?

    init(_ code: String, _ message: String, parameter: String? = nil, status: Int = 400) {
        self.code = code
        self.message = message
        self.parameter = parameter
        self.status = status
    }
}

/// One request as its contract reads it.
struct DrawOrder: Sendable {
    var prompt = ""
    var model = ""
    var size = PixelSize(width: 1024, height: 1024)
    var count = 1
    var references: [[UInt8]] = []
    private var isEdit = false

    /// A generation: JSON.
    init(json request: IncomingRequest, _ contract: Contract) throws(ContractFault) {
        guard request.headers["content-type"]?.hasPrefix("application/json") == true,
            let document = try? JSONParser.parse(request.body), let members = document.members
        else { throw ContractFault("invalid_value", "the body is no JSON object") }
        let texts = members.map { ($0.key, $0.value.string ?? $0.value.compact) }
        try self.init(contract, Dictionary(texts) { first, _ in first }, isEdit: false)
    }

    /// An edit: a form with files.
    init(form request: IncomingRequest, _ contract: Contract) throws(ContractFault) {
        guard let type = request.headers["content-type"],
            let form = try? MultipartForm(body: request.body, contentType: type)
        else { throw ContractFault("invalid_value", "the body is no form") }
        var texts: [String: String] = [:]
        for part in form.parts where part.fileName == nil { texts[part.name] = part.text }
        let files = form.parts.filter { $0.fileName != nil }
        for file in files where !contract.fileParts.contains(file.name) {
            throw ContractFault("invalid_value", "unknown part", parameter: file.name)
        }
        try self.init(contract, texts, isEdit: true)
        references = files.filter { $0.name != "mask" }.map(\.content)
        guard (1...contract.mostReferences).contains(references.count) else {
            throw ContractFault("invalid_value", "1 to \(contract.mostReferences) images", parameter: "image")
        }
        for file in files where !Self.isPicture(file.content) {
            throw ContractFault("invalid_value", "not a picture", parameter: file.name)
        }
        if contract == .mai, let first = references.first, let given = Self.pngSize(first) {
            // The service keeps the first reference's ratio at about a megapixel.
            let scale = (1_048_576.0 / Double(given.pixels)).squareRoot()
            size = PixelSize(
                width: Self.legal(Double(given.width) * scale), height: Self.legal(Double(given.height) * scale))
        }
    }

    private init(_ contract: Contract, _ fields: [String: String], isEdit: Bool) throws(ContractFault) {
        self.isEdit = isEdit
        for name in fields.keys.sorted() where !contract.fields(isEdit: isEdit).contains(name) {
            throw ContractFault("unknown_parameter", "Invalid parameters: \(name)", parameter: name)
        }
        guard let prompt = fields["prompt"], !prompt.isEmpty, let model = fields["model"], !model.isEmpty else {
            throw ContractFault("invalid_value", "prompt and model are required", parameter: "prompt")
        }
        self.prompt = prompt
        self.model = model
        if let text = fields["n"] {
            guard let number = Int(text), (1...10).contains(number) else {
                throw ContractFault("invalid_value", "n is 1 to 10", parameter: "n")
            }
            count = number
        }
        size = try contract.size(fields)
    }

    private static func legal(_ side: Double) -> Int { max(768, Int(side) / 16 * 16) }

    private static func isPicture(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) || bytes.starts(with: [0xFF, 0xD8, 0xFF])
            || (bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8)))
    }

    private static func pngSize(_ bytes: [UInt8]) -> PixelSize? {
        guard bytes.count > 24, bytes[0] == 0x89 else { return nil }
        let sides = [16, 20].map { start in bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard sides.allSatisfy({ (1...100_000).contains($0) }) else { return nil }
        return PixelSize(width: sides[0], height: sides[1])
    }

    /// The line of the simulator's own ledger: what was accepted, by digest, never the words.
    func note(number: Int) -> JSONValue {
        .fields([
            "number": .integer(number), "model": .string(model), "edit": .bool(isEdit),
            "size": .string(size.description),
            "n": .integer(count), "prompt_sha256": .string(hexadecimal(SHA256Digest.of(Array(prompt.utf8)))),
            "references": .array(references.map { .string(hexadecimal(SHA256Digest.of($0))) }), "billed": true,
        ])
    }
}
