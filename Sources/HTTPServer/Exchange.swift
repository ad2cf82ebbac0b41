/// A request as it came in, whole.
package struct IncomingRequest: Sendable {
    package let method: String
    /// Path as sent: percent-encoding kept, without the query.
    package let path: String
    /// What stands after the first `?`, as sent; nil without one.
    package let query: String?
    /// Headers by lowercased name; the last of a repeated name wins.
    package let headers: [String: String]
    /// At most the listener's body limit.
    package let body: [UInt8]

    package init(method: String, path: String, query: String?, headers: [String: String], body: [UInt8]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

/// What goes back to the client.
package struct Reply: Sendable {
    /// How the connection ends.
    package enum Ending: Sendable, Equatable {
        /// The whole reply is sent.
        case whole
        /// The connection is closed without a byte of reply.
        case dropBeforeReply
        /// The head promises the whole body; the connection is closed after this many bytes of it.
        case dropAfter(bytes: Int)
    }

    /// 200 to 599; anything else is sent as 500.
    package var status: Int
    /// `Content-Length` is added by the server; a header that may not be sent is left out.
    package var headers: [(String, String)]
    package var body: [UInt8]
    package var ending: Ending

    package init(status: Int, headers: [(String, String)] = [], body: [UInt8] = [], ending: Ending = .whole) {
        self.status = status
        self.headers = headers
        self.body = body
        self.ending = ending
    }
}
