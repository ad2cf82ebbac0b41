#if canImport(Glibc)
    import Glibc
#endif

/// Where requests go through. The environment's proxy and root settings are not read.
package struct TransportSettings: Sendable {
    /// `http://host:port` or `https://host:port`; nil connects directly. Loopback hosts are always reached directly.
    package var proxy: String?
    /// PEM file of the only trusted roots; nil trusts the system's.
    package var caFile: String?

    package init(proxy: String? = nil, caFile: String? = nil) {
        self.proxy = proxy
        self.caFile = caFile
    }
}

/// Sends requests over one network thread; thousands may wait for their answer at once.
///
/// TLS 1.2 or newer with verification, HTTP/1.1, no redirects, cookies, stored credentials or repeats. A POST gets a
/// connection of its own and its body cannot be rewound, so it leaves at most once.
package final class HTTPClient: Sendable {
    private let engine: Engine

    /// Starts the network thread.
    package init(_ settings: TransportSettings) throws(TransportError) {
        if let proxy = settings.proxy, !Engine.isUsable(proxy: proxy) { throw TransportError(reason: .unusableProxy) }
        if let file = settings.caFile, unsafe access(file, R_OK) != 0 {
            throw TransportError(reason: .unreadableCAFile)
        }
        engine = try Engine(settings)
    }

    deinit { engine.stop() }

    /// Sends `request` and gives the answer's body to `onBody` as it comes, whatever the status.
    ///
    /// `onBody` runs on the network thread, must not block for long, and ends the exchange by throwing. Cancelling the
    /// task ends the exchange; the result still says whether the request may have reached the service.
    package func exchange(
        _ request: OutgoingRequest, onBody: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async -> ExchangeResult {
        if let fault = RequestRules.fault(in: request) {
            return .notSent(TransportFault(kind: .malformed, detail: fault))
        }
        // Otherwise the request could be out before the cancellation below is heard of.
        if Task.isCancelled {
            return .notSent(TransportFault(kind: .cancelled, detail: "the exchange was cancelled"))
        }
        let number = engine.newNumber()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let exchange = unsafe Exchange(parts: request.body.parts, sink: onBody, continuation: continuation)
                engine.start(request, number: number, exchange: exchange)
                // A cancellation from before the start named a transfer that was not there yet.
                if Task.isCancelled { engine.cancel(number) }
            }
        } onCancel: {
            engine.cancel(number)
        }
    }

    /// Ends all exchanges as cancelled; later ones are not sent. Returns at once.
    package func shutDown() { engine.stop() }
}
