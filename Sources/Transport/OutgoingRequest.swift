/// One field of a `multipart/form-data` body.
package struct FormPart: Sendable, Equatable {
    package var name: String
    package var content: [UInt8]
    /// Sent as is: whoever fills it in sees to it that it tells nothing. Nil for a plain field.
    package var fileName: String?
    /// Nil sends none for a plain field and `application/octet-stream` for one with a file name.
    package var contentType: String?

    package init(name: String, content: [UInt8], fileName: String? = nil, contentType: String? = nil) {
        self.name = name
        self.content = content
        self.fileName = fileName
        self.contentType = contentType
    }

    /// A plain text field.
    package init(name: String, text: String) {
        self.init(name: name, content: Array(text.utf8))
    }
}

/// A request to be sent once.
package struct OutgoingRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8], contentType: String)
        /// `multipart/form-data`: one part a field, in order, names may repeat; at most 256 parts.
        case form([FormPart])

        /// Bytes of content, without what separates the parts of a form.
        package var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes, contentType: _): bytes.count
            case .form(let parts): parts.reduce(0) { $0 + $1.content.count }
            }
        }
    }

    /// `GET`, which takes no body, or `POST`.
    package var method: String
    /// `https`, or `http` with `localhost`, 127.0.0.0/8 or `[::1]`; without user and password.
    package var url: String
    /// Sent as given, in order. Not allowed: names that steer the transfer, see `RequestRules`.
    package var headers: [(name: String, value: String)]
    package var body: Body
    package var connectTimeout: Duration
    /// From start to the last byte of the answer, waiting included.
    package var totalTimeout: Duration
    /// Most bytes of the answer's body, counted after decompression.
    package var responseLimit: Int
    /// Addresses that the request may go to besides public ones, as text: `["127.0.0.1"]`. Nil lets it go to any.
    package var reachableAddresses: [String]?

    package init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: Body = .none,
        connectTimeout: Duration = .seconds(30), totalTimeout: Duration, responseLimit: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.responseLimit = responseLimit
    }
}
