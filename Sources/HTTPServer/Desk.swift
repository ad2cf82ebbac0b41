import CMicrohttpdShim
import Synchronization

/// Keeps which requests wait for an answer. Whoever takes an exchange off the table, the handler's task or `close`,
/// answers it; so each is answered exactly once, as the C side asks.
final class Desk: Sendable {
    /// Promise: moved between threads, used by the one that took it off the table.
    @safe private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private struct Waiting {
        let exchange: Handle
        var task: Task<Void, Never>?
    }

    private enum Life {
        case idle
        case running(Handle)
        case stopping
        case stopped
    }

    private struct State {
        var life = Life.idle
        var waiting: [UInt64: Waiting] = [:]
        var nextNumber: UInt64 = 0
        var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let handler: @Sendable (IncomingRequest) async -> Reply
    private let state = Mutex(State())

    init(handler: @escaping @Sendable (IncomingRequest) async -> Reply) {
        self.handler = handler
    }

    func open(
        address: String, port: UInt16, bodyLimit: Int, identity: TLSIdentity?
    ) throws(ServerError) -> UInt16 {
        var server: OpaquePointer?
        var bound: UInt16 = 0
        var code: Int32 = 0
        // The C side holds one reference until it calls `serverStopped`.
        let context = unsafe Unmanaged.passRetained(self)
        var callbacks = unsafe mh_callbacks(
            on_request: requestArrived, on_rest: replyRests, context: context.toOpaque())
        var result = mh_cannot_listen
        if let identity {
            unsafe identity.certificate.withCString { certificate in
                unsafe identity.key.withCString { key in
                    var identity = unsafe mh_identity(certificate: certificate, key: key)
                    result = unsafe mh_start(
                        address, port, &callbacks, bodyLimit, &identity, &server, &bound, &code)
                }
            }
        } else {
            result = unsafe mh_start(address, port, &callbacks, bodyLimit, nil, &server, &bound, &code)
        }
        guard result == mh_started, let server = unsafe server else {
            unsafe context.release()
            let reason: ServerError.Reason = result == mh_not_an_address ? .notAnAddress : .cannotListen(errno: code)
            throw ServerError(reason: reason, address: address, port: port)
        }
        let handle = unsafe Handle(pointer: server)
        state.withLock { $0.life = .running(handle) }
        return bound
    }

    /// Ends the server once, however often it is called; `whenStopped` is resumed when it has ended.
    func close(whenStopped observer: CheckedContinuation<Void, Never>?) {
        var over = false
        let server: Handle? = state.withLock { state in
            switch state.life {
            case .idle, .stopped:
                over = true
                return nil
            case .stopping:
                if let observer { state.observers.append(observer) }
                return nil
            case .running(let server):
                if let observer { state.observers.append(observer) }
                state.life = .stopping
                return server
            }
        }
        if over { observer?.resume() }
        guard let server else { return }
        unsafe mh_begin_stop(server.pointer)
        let left = state.withLock { state in
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for waiting in left {
            waiting.task?.cancel()
            send(Self.unavailable, to: waiting.exchange)
        }
        unsafe mh_finish_stop(server.pointer, serverStopped, Unmanaged.passUnretained(self).toOpaque())
    }

    fileprivate func stopped() {
        let observers = state.withLock { state in
            state.life = .stopped
            defer { state.observers = [] }
            return state.observers
        }
        for observer in observers { observer.resume() }
    }

    /// On the polling thread.
    fileprivate func arrived(_ exchange: OpaquePointer) {
        let request = unsafe IncomingRequest(reading: exchange)
        let handle = unsafe Handle(pointer: exchange)
        let taken = state.withLock { state in
            switch state.life {
            case .stopping, .stopped: return false
            case .idle, .running: break
            }
            let number = state.nextNumber
            state.nextNumber &+= 1
            // The task cannot take the entry before it is there: that needs the lock held here.
            let task = Task { await self.serve(request, number: number) }
            state.waiting[number] = Waiting(exchange: handle, task: task)
            return true
        }
        if !taken { send(Self.unavailable, to: handle) }
    }

    /// On the polling thread. A server that stops waits for whoever rests.
    fileprivate func rests(_ exchange: OpaquePointer, _ milliseconds: Int) {
        let handle = unsafe Handle(pointer: exchange)
        Task {
            try? await Task.sleep(for: .milliseconds(milliseconds))
            unsafe mh_go_on(handle.pointer)
        }
    }

    private func serve(_ request: IncomingRequest, number: UInt64) async {
        let reply = await handler(request)
        guard let waiting = state.withLock({ $0.waiting.removeValue(forKey: number) }) else { return }
        send(reply, to: waiting.exchange)
    }

    private static let unavailable = Reply(status: 503, headers: [("Connection", "close")])

    private func send(_ reply: Reply, to exchange: Handle) {
        if let prepared = unsafe reply.prepared() {
            unsafe mh_answer(exchange.pointer, prepared)
        } else {
            unsafe mh_hang_up(exchange.pointer, reply.ending.isReset)
        }
    }
}

extension Reply.Ending {
    fileprivate var isReset: Bool {
        switch self {
        case .resetBeforeReply, .resetAfter, .resetWhenSent: true
        case .whole, .dropBeforeReply, .dropAfter, .unterminated: false
        }
    }

    /// Nil where not even a head is sent.
    fileprivate var manner: mh_manner? {
        func cut(_ bytes: Int) -> UInt64 { UInt64(max(0, bytes)) }
        return switch self {
        case .whole: mh_manner(cut: .max, bytes_per_second: 0, end: mh_end_whole)
        case .dropBeforeReply, .resetBeforeReply: nil
        case .dropAfter(let bytes): mh_manner(cut: cut(bytes), bytes_per_second: 0, end: mh_end_whole)
        case .resetAfter(let bytes): mh_manner(cut: cut(bytes), bytes_per_second: 0, end: mh_end_reset)
        case .resetWhenSent: mh_manner(cut: .max, bytes_per_second: 0, end: mh_end_reset_when_sent)
        case .unterminated: mh_manner(cut: .max, bytes_per_second: 0, end: mh_end_open)
        }
    }
}

extension Reply {
    /// Nil closes the connection.
    fileprivate func prepared() -> OpaquePointer? {
        // A body of no bytes cannot be cut short: the head would already be the whole reply.
        let isEmpty = body.isEmpty && pieces.allSatisfy { $0.count == 0 }
        guard var manner = ending.manner, !isEmpty || ending == .whole || ending == .resetWhenSent else { return nil }
        manner.bytes_per_second = UInt64(max(0, bytesPerSecond ?? 0))
        let code = UInt32(exactly: status).flatMap { (200...599).contains($0) ? $0 : nil } ?? 500
        let prepared =
            if ending == .whole, pieces.isEmpty, manner.bytes_per_second == 0 {
                unsafe body.withUnsafeBytes { unsafe mh_reply_create(code, $0.baseAddress, $0.count) }
            } else {
                unsafe streamedBody().flatMap { unsafe mh_reply_stream(code, $0, manner) }
            }
        guard let prepared = unsafe prepared else { return nil }
        for (name, value) in headers {
            _ = unsafe mh_reply_add_header(prepared, name, value)
        }
        return unsafe prepared
    }

    private func streamedBody() -> OpaquePointer? {
        guard let stream = unsafe mh_stream_create() else { return nil }
        let isWhole = ([.bytes(body)] + pieces).allSatisfy { unsafe $0.add(to: stream) }
        if isWhole { return unsafe stream }
        unsafe mh_stream_free(stream)
        return nil
    }
}

extension Reply.Piece {
    fileprivate func add(to stream: OpaquePointer) -> Bool {
        switch self {
        case .bytes(let bytes): unsafe Self.add(bytes, 1, to: stream)
        case .repeated(let bytes, let times): unsafe Self.add(bytes, times, to: stream)
        case .shared(let bytes): unsafe Self.lend(bytes, to: stream)
        }
    }

    private static func add(_ bytes: [UInt8], _ times: UInt64, to stream: OpaquePointer) -> Bool {
        unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, !bytes.isEmpty else { return true }
            return unsafe mh_stream_add(stream, base, raw.count, times)
        }
    }

    private static func lend(_ bytes: SharedBytes, to stream: OpaquePointer) -> Bool {
        guard let base = unsafe bytes.buffer.baseAddress, bytes.count > 0 else { return true }
        let owner = unsafe Unmanaged.passRetained(bytes)
        if unsafe mh_stream_lend(stream, base, bytes.count, sharedReleased, owner.toOpaque()) { return true }
        unsafe owner.release()
        return false
    }
}

extension IncomingRequest {
    fileprivate init(reading exchange: OpaquePointer) {
        let target = unsafe String(cString: mh_target(exchange))
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var count = 0
        let bytes = unsafe mh_body(exchange, &count)
        var collected: [String: String] = [:]
        unsafe withUnsafeMutablePointer(to: &collected) { headers in
            unsafe mh_each_header(exchange, collectHeader, headers)
        }
        self.init(
            method: unsafe String(cString: mh_method(exchange)),
            path: halves.first.map(String.init) ?? "",
            query: halves.count > 1 ? String(halves[1]) : nil,
            headers: collected,
            body: unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
    }
}

// Functions at file scope: the C side calls them on its own threads.

private func requestArrived(context: UnsafeMutableRawPointer, exchange: OpaquePointer) {
    unsafe Unmanaged<Desk>.fromOpaque(context).takeUnretainedValue().arrived(exchange)
}

private func replyRests(context: UnsafeMutableRawPointer, exchange: OpaquePointer, milliseconds: UInt32) {
    unsafe Unmanaged<Desk>.fromOpaque(context).takeUnretainedValue().rests(exchange, Int(milliseconds))
}

private func sharedReleased(owner: UnsafeMutableRawPointer) {
    unsafe Unmanaged<SharedBytes>.fromOpaque(owner).release()
}

private func serverStopped(context: UnsafeMutableRawPointer) {
    unsafe Unmanaged<Desk>.fromOpaque(context).takeRetainedValue().stopped()
}

private func collectHeader(
    context: UnsafeMutableRawPointer, name: UnsafePointer<CChar>, value: UnsafePointer<CChar>
) {
    let headers = unsafe context.assumingMemoryBound(to: [String: String].self)
    unsafe headers.pointee[String(cString: name).lowercased()] = String(cString: value)
}
