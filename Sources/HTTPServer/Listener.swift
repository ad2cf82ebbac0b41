/// A small HTTP/1.1 server: one polling thread, requests wait for their asynchronous handler without a thread each.
///
/// For pages on loopback and the simulator: no routes, TLS only with an identity. Limits: 8,192 connections, 32 KiB of headers, 60 s of
/// silence from a client that owes bytes, `bodyLimit` for a body (413 over it).
package final class Listener: Sendable {
    private let desk: Desk
    /// The port listened on.
    package let port: UInt16

    /// Listens on a numeric address until `stop`; port 0 takes any free one.
    ///
    /// `handler` runs once a request, in a task of its own that `stop` cancels.
    package init(
        address: String, port: UInt16, bodyLimit: Int, identity: TLSIdentity? = nil,
        handler: @escaping @Sendable (IncomingRequest) async -> Reply
    ) throws(ServerError) {
        desk = Desk(handler: handler)
        self.port = try desk.open(address: address, port: port, bodyLimit: max(0, bodyLimit), identity: identity)
    }

    deinit { desk.close(whenStopped: nil) }

    /// Answers what waits with 503, closes the port and every connection; returns when that is done, at most some
    /// seconds later. Handlers are cancelled, not waited for.
    package func stop() async {
        await withCheckedContinuation { continuation in
            desk.close(whenStopped: continuation)
        }
    }
}

/// A certificate and its key, both PEM text, by which a listener speaks TLS.
package struct TLSIdentity: Sendable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
