import Synchronization
import Transport

/// What a sink was given.
final class Collected: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var all: [UInt8] { bytes.withLock { $0 } }
    var text: String { String(decoding: all, as: UTF8.self) }
    func add(_ more: UnsafeRawBufferPointer) { bytes.withLock { unsafe $0.append(contentsOf: more) } }
}

extension HTTPClient {
    func exchange(_ request: OutgoingRequest, into sink: Collected = Collected()) async -> ExchangeResult {
        await unsafe exchange(request) { unsafe sink.add($0) }
    }
}

extension OutgoingRequest {
    static func get(_ port: UInt16, _ path: String = "/", timeout: Duration = .seconds(60)) -> OutgoingRequest {
        OutgoingRequest(method: "GET", url: "http://127.0.0.1:\(port)\(path)", totalTimeout: timeout)
    }

    static func post(
        _ port: UInt16, _ path: String = "/", bytes: [UInt8] = Array("{}".utf8), timeout: Duration = .seconds(60)
    ) -> OutgoingRequest {
        OutgoingRequest(
            method: "POST", url: "http://127.0.0.1:\(port)\(path)",
            body: .bytes(bytes, contentType: "application/json"), totalTimeout: timeout)
    }
}

extension ExchangeResult {
    var head: AnswerHead? {
        switch self {
        case .answered(let head): head
        case .notSent(let fault), .unknown(let fault): fault.head
        }
    }

    var fault: TransportFault? {
        switch self {
        case .answered: nil
        case .notSent(let fault), .unknown(let fault): fault
        }
    }

    /// `answered`, or the certainty and the kind: `notSent tls`.
    var outcome: String {
        switch self {
        case .answered: "answered"
        case .notSent(let fault): "notSent \(fault.kind.rawValue)"
        case .unknown(let fault): "unknown \(fault.kind.rawValue)"
        }
    }
}
