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

/// Bytes that many replies send from the same place.
///
/// Promise: written once, before anybody else sees them.
@safe package final class SharedBytes: @unchecked Sendable {
    let buffer: UnsafeMutableRawBufferPointer

    package init(_ bytes: [UInt8]) {
        unsafe buffer = .allocate(byteCount: bytes.count, alignment: 1)
        unsafe buffer.copyBytes(from: bytes)
    }

    deinit { unsafe buffer.deallocate() }

    package var count: Int { unsafe buffer.count }

    /// Calls `body` with each byte in order.
    package func forEach(_ body: (UInt8) -> Void) { unsafe buffer.forEach(body) }
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
        /// The connection is reset without a byte of reply.
        case resetBeforeReply
        /// As `dropAfter`, by a reset, which may take back what the client has not read yet.
        case resetAfter(bytes: Int)
        /// The connection is reset without notice once the client's machine has the whole reply.
        case resetWhenSent
        /// Chunked: the whole body is sent, and the connection closed before the last chunk says so.
        case unterminated
    }

    /// A part of a body that is not whole in memory.
    package enum Piece: Sendable {
        case bytes([UInt8])
        case shared(SharedBytes)
        case repeated([UInt8], times: UInt64)

        package var count: UInt64 {
            switch self {
            case .bytes(let bytes): UInt64(bytes.count)
            case .shared(let bytes): UInt64(bytes.count)
            case .repeated(let bytes, let times):
                UInt64(bytes.count).multipliedReportingOverflow(by: times).partialValue
            }
        }
    }

    /// 200 to 599; anything else is sent as 500.
    package var status: Int
    /// `Content-Length` is added by the server; a header that may not be sent is left out.
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// Follow `body`.
    package var pieces: [Piece] = []
    package var ending: Ending
    /// How fast the body is sent; nil is as fast as it goes.
    package var bytesPerSecond: Int?

    package init(status: Int, headers: [(String, String)] = [], body: [UInt8] = [], ending: Ending = .whole) {
        self.status = status
        self.headers = headers
        self.body = body
        self.ending = ending
    }
}
