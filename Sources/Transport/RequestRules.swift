/// What a request must fulfil before a connection is thought of.
enum RequestRules {
    /// Headers the transfer sets itself, or that would change how the message is framed.
    static let reservedHeaders: Set<String> = [
        "content-length", "transfer-encoding", "connection", "host", "expect", "te", "trailer", "upgrade",
        "proxy-authorization", "accept-encoding", "content-type", "user-agent",
    ]
    static let partLimit = 256

    /// What is wrong with the request, for people; nil when it may be sent. Names no value.
    static func fault(in request: OutgoingRequest) -> String? {
        if request.method != "GET", request.method != "POST" { return "the method is neither GET nor POST" }
        if request.url.utf8.contains(0) { return "the URL has a zero byte" }
        for header in request.headers {
            if !isToken(header.name) { return "a header's name is not one" }
            if !isFieldValue(header.value) { return "the header \(header.name) has a line break or a zero byte" }
            if reservedHeaders.contains(header.name.lowercased()) {
                return "the header \(header.name) is set by the transport"
            }
        }
        return fault(in: request.body, method: request.method)
    }

    private static func fault(in body: OutgoingRequest.Body, method: String) -> String? {
        switch body {
        case .none:
            return nil
        case _ where method == "GET":
            return "a GET takes no body"
        case .bytes(_, let contentType):
            return isFieldValue(contentType) && !contentType.isEmpty ? nil : "the content type is unusable"
        case .form(let parts):
            if parts.isEmpty || parts.count > partLimit { return "a form takes 1 to \(partLimit) parts" }
            for (index, part) in parts.enumerated() {
                let names = [part.name, part.fileName ?? "", part.contentType ?? ""]
                if part.name.isEmpty || !names.allSatisfy(isFieldValue) {
                    return "part \(index) of the form is misnamed"
                }
            }
            return nil
        }
    }

    /// A token of RFC 9110 §5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func isFieldValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }
}
