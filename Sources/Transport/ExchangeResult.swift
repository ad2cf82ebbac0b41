/// Status and headers of an answer.
package struct AnswerHead: Sendable, Equatable {
    package let status: Int
    /// By lowercased name; the last of a repeated name wins. At most 64 KiB of them came over the wire.
    package let headers: [String: String]
    /// Bytes given to the sink.
    package let bodyBytes: Int
    /// As in the status line, `HTTP/1.1`.
    package let protocolVersion: String
    /// As negotiated, `TLSv1.3`; nil over plain HTTP.
    package let tlsVersion: String?

    package init(
        status: Int, headers: [String: String], bodyBytes: Int, protocolVersion: String = "HTTP/1.1",
        tlsVersion: String? = nil
    ) {
        self.status = status
        self.headers = headers
        self.bodyBytes = bodyBytes
        self.protocolVersion = protocolVersion
        self.tlsVersion = tlsVersion
    }
}

/// What went wrong with an exchange.
package struct TransportFault: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The host, or the proxy, has no address.
        case resolve
        /// No connection, or the proxy gave none through.
        case connect
        /// No trusted TLS session.
        case tls
        /// The connect or the total timeout ran out.
        case timeout
        /// The connection ended before the answer did.
        case connectionLost
        /// The answer's body is over the request's limit, or its head over 64 KiB.
        case tooLarge
        /// The sink threw.
        case sinkFailed
        /// The task was cancelled, or the client shut down.
        case cancelled
        /// A request that may not be sent, or an answer that is no HTTP.
        case malformed
        case other
    }

    package let kind: Kind
    /// For people. May name hosts; never the rest of the URL, a header or a body.
    package let detail: String
    /// The answer's head when it came whole before the fault.
    package let head: AnswerHead?

    package init(kind: Kind, detail: String, head: AnswerHead? = nil) {
        self.kind = kind
        self.detail = detail
        self.head = head
    }

    package var description: String { "\(kind.rawValue): \(detail)" }
}

/// How an exchange ended, as far as money is concerned.
package enum ExchangeResult: Sendable, Equatable {
    /// A complete answer of any status; all its bytes were given to the sink.
    case answered(AnswerHead)
    /// The request cannot have reached the service as a whole.
    case notSent(TransportFault)
    /// The request may have reached the service.
    case unknown(TransportFault)
}

/// Why a client could not be made.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// Neither `http://host:port` nor `https://host:port`.
        case unusableProxy
        case unreadableCAFile
        /// The system gave no thread or no memory.
        case cannotStart
    }

    package let reason: Reason

    package init(reason: Reason) { self.reason = reason }

    package var description: String {
        switch reason {
        case .unusableProxy: "the proxy is no http or https URL: write it as http://host:port"
        case .unreadableCAFile: "the file of trusted roots cannot be read: give a readable PEM file"
        case .cannotStart: "the network thread could not be started"
        }
    }
}
