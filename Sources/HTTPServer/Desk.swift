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

    func open(address: String, port: UInt16, bodyLimit: Int) throws(ServerError) -> UInt16 {
        var server: OpaquePointer?
        var bound: UInt16 = 0
        var code: Int32 = 0
        // The C side holds one reference until it calls `serverStopped`.
        let context = unsafe Unmanaged.passRetained(self)
        let result = unsafe mh_start(
            address, port, bodyLimit, requestArrived, context.toOpaque(), &server, &bound, &code)
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

    private func serve(_ request: IncomingRequest, number: UInt64) async {
        let reply = await handler(request)
        guard let waiting = state.withLock({ $0.waiting.removeValue(forKey: number) }) else { return }
        send(reply, to: waiting.exchange)
    }

    private static let unavailable = Reply(status: 503, headers: [("Connection", "close")])

    private func send(_ reply: Reply, to exchange: Handle) {
        unsafe mh_answer(exchange.pointer, reply.prepared())
    }
}

extension Reply {
    /// Nil closes the connection.
    fileprivate func prepared() -> OpaquePointer? {
        var cut = body.count
        switch ending {
        case .whole: break
        case .dropBeforeReply: return nil
        case .dropAfter(let bytes): cut = min(max(0, bytes), body.count)
        }
        // A body of no bytes cannot be cut short: the head would already be the whole reply.
        if body.isEmpty, ending != .whole { return nil }
        let code = UInt32(exactly: status).flatMap { (200...599).contains($0) ? $0 : nil } ?? 500
        let prepared = unsafe body.withUnsafeBytes { bytes in
            unsafe mh_reply_create(code, bytes.baseAddress, bytes.count, cut)
        }
        guard let prepared = unsafe prepared else { return nil }
        for (name, value) in headers {
            _ = unsafe mh_reply_add_header(prepared, name, value)
        }
        return unsafe prepared
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

private func serverStopped(context: UnsafeMutableRawPointer) {
    unsafe Unmanaged<Desk>.fromOpaque(context).takeRetainedValue().stopped()
}

private func collectHeader(
    context: UnsafeMutableRawPointer, name: UnsafePointer<CChar>, value: UnsafePointer<CChar>
) {
    let headers = unsafe context.assumingMemoryBound(to: [String: String].self)
    unsafe headers.pointee[String(cString: name).lowercased()] = String(cString: value)
}
