import Documents
import Domain
import HTTPServer
import Inspection
import Providers

/// A picture that came with a request, looked at before it counts as one.
struct Reference: Sendable {
    let bytes: [UInt8]
    /// As stored, before orientation.
    let size: PixelSize
    let container: Container
    let hasAlpha: Bool

    /// - Parameter type: what the client says that it is; must be what it is.
    init(
        _ bytes: [UInt8], type: String?, taking formats: [Container], named name: String
    ) throws(ContractFault) {
        self = try Self.inspected(bytes, taking: formats, named: name)
        guard let type, Self.types(container).contains(type) else {
            throw ContractFault("the media type is not that of the picture", parameter: name)
        }
    }

    /// A part of a form. Clients that get bytes and no file name send `application/octet-stream`, or nothing: then the content
    /// says what it is.
    init(part: MultipartForm.Part, taking formats: [Container]) throws(ContractFault) {
        guard let type = part.contentType, type != "application/octet-stream" else {
            self = try Self.inspected(part.content, taking: formats, named: part.name)
            return
        }
        try self.init(part.content, type: type, taking: formats, named: part.name)
    }

    /// A `data:` URL; nothing is fetched from anywhere.
    init(dataURL text: String, taking formats: [Container], named name: String) throws(ContractFault) {
        guard text.hasPrefix("data:"), let comma = text.firstIndex(of: ","), text[..<comma].hasSuffix(";base64"),
            let bytes = Base64.decode(String(text[text.index(after: comma)...]))
        else { throw ContractFault("the URL is no data URL in base64", parameter: name) }
        let type = text[..<comma].dropFirst("data:".count).dropLast(";base64".count)
        try self.init(bytes, type: String(type), taking: formats, named: name)
    }

    private init(_ bytes: [UInt8], _ size: PixelSize, _ container: Container, hasAlpha: Bool) {
        self.bytes = bytes
        self.size = size
        self.container = container
        self.hasAlpha = hasAlpha
    }

    private static func inspected(
        _ bytes: [UInt8], taking formats: [Container], named name: String
    ) throws(ContractFault) -> Reference {
        guard let report = try? inspect(bytes), let width = report.width, let height = report.height,
            report.damage == nil
        else { throw ContractFault("the file is not a whole picture", parameter: name) }
        guard formats.contains(report.container) else {
            throw ContractFault("\(report.container.rawValue) is not supported", parameter: name)
        }
        return Reference(
            bytes, PixelSize(width: width, height: height), report.container, hasAlpha: report.hasAlpha)
    }

    private static func types(_ container: Container) -> [String] {
        container == .heif ? ["image/heic", "image/heif"] : ["image/\(container.rawValue)"]
    }

    /// Base64 as protocol buffers read it in JSON: the standard alphabet or that of URLs, padded or not.
    static func bytes(ofBase64 text: String) -> [UInt8]? {
        var letters = text.utf8.map { letter in
            switch letter {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: letter
            }
        }
        if letters.last != UInt8(ascii: "=") {
            letters += [UInt8](repeating: UInt8(ascii: "="), count: (4 - letters.count % 4) % 4)
        }
        return Base64.decode(String(decoding: letters, as: UTF8.self))
    }
}
