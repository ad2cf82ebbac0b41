import Domain
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
        guard let report = try? inspect(bytes), let width = report.width, let height = report.height,
            report.damage == nil
        else { throw ContractFault("the file is not a whole picture", parameter: name) }
        guard formats.contains(report.container) else {
            throw ContractFault("\(report.container.rawValue) is not supported", parameter: name)
        }
        guard let type, Self.types(report.container).contains(type) else {
            throw ContractFault("the media type is not that of the picture", parameter: name)
        }
        self.bytes = bytes
        size = PixelSize(width: width, height: height)
        container = report.container
        hasAlpha = report.hasAlpha
    }

    /// A `data:` URL; nothing is fetched from anywhere.
    init(dataURL text: String, taking formats: [Container], named name: String) throws(ContractFault) {
        guard text.hasPrefix("data:"), let comma = text.firstIndex(of: ","), text[..<comma].hasSuffix(";base64"),
            let bytes = Base64.decode(String(text[text.index(after: comma)...]))
        else { throw ContractFault("the URL is no data URL in base64", parameter: name) }
        let type = text[..<comma].dropFirst("data:".count).dropLast(";base64".count)
        try self.init(bytes, type: String(type), taking: formats, named: name)
    }

    private static func types(_ container: Container) -> [String] {
        container == .heif ? ["image/heic", "image/heif"] : ["image/\(container.rawValue)"]
    }
}
