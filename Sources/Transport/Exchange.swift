import CCurlShim

/// One exchange as the network thread sees it: where the body comes from, where the answer goes, who waits.
///
/// Promise: made by the caller, then touched by the network thread alone; its queue orders the two.
@safe final class Exchange: @unchecked Sendable {
    private let parts: [[UInt8]]
    private let sink: @Sendable (UnsafeRawBufferPointer) throws -> Void
    private let continuation: CheckedContinuation<ExchangeResult, Never>
    private var sinkFailure: String?

    init(
        parts: [[UInt8]], sink: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void,
        continuation: CheckedContinuation<ExchangeResult, Never>
    ) {
        self.parts = parts
        unsafe self.sink = sink
        self.continuation = continuation
    }

    func finish(_ result: ExchangeResult) {
        continuation.resume(returning: result)
    }

    fileprivate func fill(part: Int, offset: Int, into: UnsafeMutableRawBufferPointer) {
        guard parts.indices.contains(part), offset <= parts[part].count, into.count <= parts[part].count - offset
        else { return }
        unsafe into.copyBytes(from: parts[part][offset..<offset + into.count])
    }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            try unsafe sink(bytes)
            return true
        } catch {
            // The type only: what an error says may repeat what came in.
            sinkFailure = "the sink threw \(type(of: error))"
            return false
        }
    }

    fileprivate func finish(_ outcome: ct_outcome) {
        let head = unsafe Self.head(outcome)
        let detail = unsafe sinkFailure ?? String(cString: outcome.detail)
        switch Verdict(unsafe TransferFacts(outcome)) {
        case .answered:
            if let head {
                finish(.answered(head))
            } else {
                finish(.unknown(TransportFault(kind: .malformed, detail: "the answer has no status line")))
            }
        case .notSent(let kind): finish(.notSent(Self.fault(kind, detail, head)))
        case .unknown(let kind): finish(.unknown(Self.fault(kind, detail, head)))
        }
    }

    private static func fault(_ kind: TransportFault.Kind, _ detail: String, _ head: AnswerHead?) -> TransportFault {
        switch kind {
        case .cancelled: TransportFault(kind: kind, detail: "the exchange was cancelled", head: head)
        case .tooLarge: TransportFault(kind: kind, detail: "the answer is larger than allowed", head: head)
        default: TransportFault(kind: kind, detail: detail, head: head)
        }
    }

    private static func head(_ outcome: ct_outcome) -> AnswerHead? {
        guard let bytes = unsafe outcome.head, unsafe outcome.status >= 200 else { return nil }
        let text = unsafe bytes.withMemoryRebound(to: UInt8.self, capacity: outcome.head_count) { start in
            unsafe String(decoding: UnsafeBufferPointer(start: start, count: outcome.head_count), as: UTF8.self)
        }
        return unsafe AnswerHead(
            head: text, bodyBytes: Int(clamping: outcome.received),
            tlsVersion: outcome.tls_version.map { unsafe String(cString: $0) })
    }
}

extension TransferFacts {
    fileprivate init(_ outcome: ct_outcome) {
        unsafe self.init(
            code: outcome.code, begun: outcome.begun, answerBegan: outcome.answer_begun, cancelled: outcome.cancelled,
            sinkFailed: outcome.sink_failed, bodyTooLarge: outcome.body_too_large,
            headTooLarge: outcome.head_too_large, status: outcome.status,
            bodySize: outcome.body_size < 0 ? nil : outcome.body_size, bodySent: outcome.body_sent)
    }
}

// Functions at file scope: the C side calls them on the network thread.

func fillBody(
    context: UnsafeMutableRawPointer, part: Int, offset: Int, into: UnsafeMutablePointer<UInt8>, count: Int
) {
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    unsafe exchange.fill(
        part: part, offset: offset, into: UnsafeMutableRawBufferPointer(start: into, count: count))
}

func takeAnswer(context: UnsafeMutableRawPointer, bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
    let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    return unsafe exchange.take(UnsafeRawBufferPointer(start: bytes, count: count))
}

func exchangeOver(context: UnsafeMutableRawPointer, outcome: UnsafePointer<ct_outcome>) {
    unsafe Unmanaged<Exchange>.fromOpaque(context).takeRetainedValue().finish(outcome.pointee)
}
