import CCurlShim
import Domain
import Synchronization

/// The network thread, from outside.
///
/// Promise: the C side may be called from any thread.
@safe final class Engine: @unchecked Sendable {
    private let handle: OpaquePointer
    private let nextNumber = Atomic<UInt64>(0)

    init(_ settings: TransportSettings) throws(TransportError) {
        guard let handle = unsafe ct_engine_start(settings.proxy, settings.caFile) else {
            throw TransportError(reason: .cannotStart)
        }
        unsafe self.handle = handle
    }

    deinit {
        unsafe ct_engine_stop(handle)
        unsafe ct_engine_release(handle)
    }

    static func isUsable(proxy: String) -> Bool {
        unsafe !proxy.utf8.contains(0) && ct_proxy_ok(proxy)
    }

    func stop() { unsafe ct_engine_stop(handle) }

    func cancel(_ number: UInt64) { unsafe ct_cancel(handle, number) }

    func newNumber() -> UInt64 { nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue }

    /// Hands the request to the network thread, or finishes `exchange` at once.
    func start(_ request: OutgoingRequest, number: UInt64, exchange: Exchange) {
        let limits = ct_limits(
            connect_milliseconds: request.connectTimeout.wholeMilliseconds,
            total_milliseconds: request.totalTimeout.wholeMilliseconds,
            body_bytes: UInt64(max(0, request.responseLimit)))
        let context = unsafe Unmanaged.passRetained(exchange)
        let callbacks = unsafe ct_callbacks(
            fill: fillBody, take: takeAnswer, done: exchangeOver, context: context.toOpaque())
        var refusal = ct_fine
        let transfer = unsafe ct_create(
            handle, number, request.url, request.method == "POST", limits, callbacks, &refusal)
        guard let transfer = unsafe transfer else {
            unsafe context.release()
            exchange.finish(.notSent(Self.fault(refusal)))
            return
        }
        if unsafe !Self.fill(transfer, from: request) {
            unsafe ct_discard(transfer)
            unsafe context.release()
            exchange.finish(.notSent(Self.fault(ct_no_memory)))
        } else if unsafe !ct_submit(handle, transfer) {
            unsafe ct_discard(transfer)
            unsafe context.release()
            exchange.finish(.notSent(TransportFault(kind: .cancelled, detail: "the client was shut down")))
        }
    }

    private static func fill(_ transfer: OpaquePointer, from request: OutgoingRequest) -> Bool {
        if let addresses = request.reachableAddresses {
            guard unsafe ct_restrict(transfer, addresses.joined(separator: ",")) else { return false }
        }
        guard unsafe ct_add_header(transfer, "User-Agent: \(Product.userAgent)") else { return false }
        for header in request.headers {
            // The library leaves a header without a value out unless it ends in a semicolon.
            let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
            guard unsafe ct_add_header(transfer, line) else { return false }
        }
        switch request.body {
        case .none:
            // The library would call an empty body a form.
            return unsafe request.method == "GET" || ct_add_header(transfer, "Content-Type:")
        case .bytes(let bytes, let contentType):
            return unsafe ct_add_header(transfer, "Content-Type: \(contentType)")
                && ct_send_bytes(transfer, bytes.count)
        case .form(let parts):
            return parts.allSatisfy { part in
                let type = part.contentType ?? (part.fileName == nil ? nil : "application/octet-stream")
                return unsafe ct_send_part(transfer, part.name, part.fileName, type, part.content.count)
            }
        }
    }

    private static func fault(_ refusal: ct_refusal) -> TransportFault {
        switch refusal {
        case ct_bad_url: TransportFault(kind: .malformed, detail: "the URL cannot be read")
        case ct_bad_scheme: TransportFault(kind: .malformed, detail: "the URL is neither https nor http")
        case ct_plain_not_loopback:
            TransportFault(kind: .malformed, detail: "plain http is for this machine only: use https")
        case ct_url_credentials: TransportFault(kind: .malformed, detail: "the URL holds a user or password")
        default: TransportFault(kind: .other, detail: "not enough memory for the request")
        }
    }
}

extension OutgoingRequest.Body {
    /// The bytes behind each part, by number.
    var parts: [[UInt8]] {
        switch self {
        case .none: []
        case .bytes(let bytes, _): [bytes]
        case .form(let parts): parts.map(\.content)
        }
    }
}

extension Duration {
    /// At least 1 and at most a week: 0 would mean no limit to the library.
    fileprivate var wholeMilliseconds: Int64 {
        let seconds = min(max(components.seconds, 0), 7 * 24 * 3600)
        return max(1, seconds * 1000 + max(0, components.attoseconds) / 1_000_000_000_000_000)
    }
}
