import CMicrohttpdShim

/// Why a body is no form.
package enum FormError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The media type is not `multipart/form-data` with a boundary of 1 to 70 characters.
    case notAForm
    /// No closing delimiter, or something between parts that is no delimiter.
    case torn
    /// A part without a readable head or without a name; parts count from 0.
    case badPart(index: Int)
    /// More than `MultipartForm.partLimit` parts.
    case tooManyParts

    package var description: String {
        switch self {
        case .notAForm: "not multipart/form-data with a usable boundary"
        case .torn: "the form ends before its closing delimiter"
        case .badPart(let index): "part \(index) of the form has no readable head"
        case .tooManyParts: "the form has more than \(MultipartForm.partLimit) parts"
        }
    }
}

/// A `multipart/form-data` body taken apart (RFC 7578). Order and repeated names are kept.
package struct MultipartForm: Sendable {
    /// One field.
    package struct Part: Sendable, Equatable {
        package let name: String
        package let fileName: String?
        /// As sent; nil when the part named none.
        package let contentType: String?
        package let content: [UInt8]

        /// The content as text, repaired where it is not UTF-8.
        package var text: String { String(decoding: content, as: UTF8.self) }
    }

    /// Most parts of a form.
    package static let partLimit = 256
    /// Most bytes of a part's head.
    package static let headLimit = 8192

    package let parts: [Part]

    /// Reads a whole body; `contentType` is the request's header.
    package init(body: [UInt8], contentType: String) throws(FormError) {
        guard let type = HeaderValue(contentType), type.value.lowercased() == "multipart/form-data",
            let boundary = type.parameters["boundary"], (1...70).contains(boundary.utf8.count)
        else { throw .notAForm }
        var reader = FormReader(body: body, boundary: boundary)
        try reader.skipPreamble()
        var parts: [Part] = []
        while try !reader.atEnd() {
            guard parts.count < Self.partLimit else { throw .tooManyParts }
            parts.append(try reader.part(index: parts.count))
        }
        self.parts = parts
    }

    /// The first part of that name.
    package func first(_ name: String) -> Part? { parts.first { $0.name == name } }

    /// All parts of that name, in order.
    package func all(_ name: String) -> [Part] { parts.filter { $0.name == name } }
}

/// Walks from delimiter to delimiter; `position` always stands just after one.
private struct FormReader {
    let body: [UInt8]
    let delimiter: [UInt8]
    var position = 0

    init(body: [UInt8], boundary: String) {
        self.body = body
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// The first delimiter may stand at the very start, without its line break.
    mutating func skipPreamble() throws(FormError) {
        if body.starts(with: delimiter.dropFirst(2)) {
            position = delimiter.count - 2
        } else if let start = find(delimiter, from: 0, limit: body.count) {
            position = start + delimiter.count
        } else {
            throw .torn
        }
    }

    /// True after the closing delimiter; otherwise steps to the next part's head.
    mutating func atEnd() throws(FormError) -> Bool {
        if body[position...].starts(with: "--".utf8) { return true }
        while position < body.count, body[position] == 0x20 || body[position] == 0x09 { position += 1 }
        guard body[position...].starts(with: "\r\n".utf8) else { throw .torn }
        position += 2
        return false
    }

    mutating func part(index: Int) throws(FormError) -> MultipartForm.Part {
        let limit = min(body.count, position + MultipartForm.headLimit)
        guard let headEnd = find(Array("\r\n\r\n".utf8), from: position, limit: limit) else {
            throw .badPart(index: index)
        }
        let head = String(decoding: body[position..<headEnd], as: UTF8.self)
        let start = headEnd + 4
        // From the end of the head, so that the delimiter of an empty part may share its line break.
        guard let end = find(delimiter, from: start - 2, limit: body.count) else { throw .torn }
        position = end + delimiter.count
        let content = end >= start ? Array(body[start..<end]) : []
        guard let part = Self.part(head: head, content: content) else { throw .badPart(index: index) }
        return part
    }

    private static func part(head: String, content: [UInt8]) -> MultipartForm.Part? {
        var disposition: HeaderValue?
        var contentType: String?
        for line in head.split(whereSeparator: { $0 == "\r\n" }) {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = String(line[line.index(after: colon)...]).trimmed
            switch line[..<colon].lowercased() {
            case "content-disposition": disposition = HeaderValue(value)
            case "content-type": contentType = value
            default: break
            }
        }
        guard let disposition, disposition.value.lowercased() == "form-data",
            let name = disposition.parameters["name"]
        else { return nil }
        return MultipartForm.Part(
            name: name, fileName: disposition.parameters["filename"], contentType: contentType, content: content)
    }

    private func find(_ needle: [UInt8], from start: Int, limit: Int) -> Int? {
        guard start >= 0, start < limit, limit <= body.count else { return nil }
        let offset = unsafe body.withUnsafeBytes { bytes in
            let window = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<limit])
            guard let base = window.baseAddress else { return -1 }
            return unsafe mh_find(base, window.count, needle, needle.count)
        }
        return offset < 0 ? nil : start + offset
    }
}
