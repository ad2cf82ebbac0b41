/// What is known when a transfer is over, without its data.
struct TransferFacts: Equatable {
    /// A CURLcode (<https://curl.se/libcurl/c/libcurl-errors.html>); 0 is success.
    var code: Int32 = 0
    /// The connection was ready and the request about to be written.
    var begun = true
    /// At least one byte of an answer came.
    var answerBegan = false
    var cancelled = false
    var sinkFailed = false
    var bodyTooLarge = false
    var headTooLarge = false
    /// Of the final answer; 0 when its head did not come whole.
    var status = 0
    /// Bytes of the request's body; nil when unknown.
    var bodySize: Int64? = 0
    /// How many of them the connection took.
    var bodySent: Int64 = 0
}

/// Whether a request may have reached the service, decided from facts alone.
enum Verdict: Equatable {
    case answered
    case notSent(TransportFault.Kind)
    case unknown(TransportFault.Kind)

    init(_ facts: TransferFacts) {
        let kind = Self.kind(facts)
        if kind == nil, facts.status >= 200 {
            self = .answered
        } else if facts.begun, !Self.bodyStayedHere(facts) {
            self = .unknown(kind ?? .malformed)
        } else {
            self = .notSent(kind ?? .malformed)
        }
    }

    /// True when part of the body cannot have left and nothing says that the service looked at the rest.
    private static func bodyStayedHere(_ facts: TransferFacts) -> Bool {
        guard let size = facts.bodySize, size > 0, !facts.answerBegan else { return false }
        return facts.bodySent < size
    }

    /// Nil for success. The flags are ours and explain the code libcurl then gives.
    private static func kind(_ facts: TransferFacts) -> TransportFault.Kind? {
        if facts.cancelled { return .cancelled }
        if facts.sinkFailed { return .sinkFailed }
        if facts.bodyTooLarge || facts.headTooLarge { return .tooLarge }
        if facts.code == 0 { return nil }
        let kind = kinds[facts.code] ?? .other
        return kind == .connectionLost && !facts.begun ? .connect : kind
    }

    private static let kinds: [Int32: TransportFault.Kind] = [
        1: .malformed,  // unsupported protocol
        3: .malformed,  // malformed URL
        5: .resolve,  // proxy
        6: .resolve,  // host
        7: .connect,
        8: .malformed,  // weird server reply
        16: .connectionLost,  // HTTP/2 framing
        18: .connectionLost,  // shorter than announced
        23: .malformed,  // a body that does not unpack: our own refusals carry flags
        28: .timeout,
        35: .tls,  // handshake
        43: .malformed,  // bad argument
        45: .connect,  // outgoing interface
        52: .connectionLost,  // nothing came
        53: .tls, 54: .tls,  // engine
        55: .connectionLost,  // sending
        56: .connectionLost,  // receiving; also a proxy that refuses the tunnel
        58: .tls, 59: .tls,  // own certificate, cipher
        60: .tls,  // verification
        61: .malformed,  // content encoding
        63: .tooLarge,
        65: .connectionLost,  // would have to send again
        66: .tls,  // engine
        77: .tls,  // roots unreadable
        80: .connectionLost,  // TLS shutdown
        82: .tls, 83: .tls,  // revocation list, issuer
        90: .tls, 91: .tls,  // pinned key, status
        92: .connectionLost,  // HTTP/2 stream
        97: .connect,  // proxy handshake
        98: .tls,  // client certificate asked for
    ]
}
