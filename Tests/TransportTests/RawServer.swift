import Foundation
import Glibc
import Synchronization

/// One accepted connection, for answers that no HTTP server would give.
struct RawConnection: Sendable {
    fileprivate let descriptor: Int32

    /// Reads until `count` bytes of body followed the head, or the client is gone. Returns what came.
    @discardableResult
    func hear(body count: Int = 0) -> String {
        var heard: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        var wanted: Int?
        while wanted.map({ heard.count < $0 }) ?? true {
            let room = buffer.count
            let got = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, room, 0) }
            if got <= 0 { break }
            heard.append(contentsOf: buffer[..<got])
            if wanted == nil, let end = heard.firstRange(of: Array("\r\n\r\n".utf8)) { wanted = end.upperBound + count }
        }
        return String(decoding: heard, as: UTF8.self)
    }

    func say(_ text: String) { say(Array(text.utf8)) }

    func say(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { rest in
                unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Closing now sends a reset instead of an orderly end.
    func resetOnClose() {
        var hard = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
    }

    /// Waits until the client goes away.
    func waitForEnd() {
        var byte: UInt8 = 0
        while unsafe recv(descriptor, &byte, 1, 0) > 0 {}
    }
}

/// A loopback port that runs `script` for each connection on a thread of its own and then closes it.
final class RawServer: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let accepted = Atomic<Int>(0)

    var connections: Int { accepted.load(ordering: .sequentiallyConsistent) }

    init(_ script: @escaping @Sendable (RawConnection, Int) -> Void) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = try Self.bindToAnyPort(descriptor)
        guard listen(descriptor, 128) == 0 else { throw POSIXError(.EADDRINUSE) }
        let thread = Thread { @Sendable [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                if client < 0 { return }
                let number = accepted.add(1, ordering: .sequentiallyConsistent).oldValue
                Thread.detachNewThread { @Sendable in
                    script(RawConnection(descriptor: client), number)
                    close(client)
                }
            }
        }
        thread.start()
    }

    /// Ends listening; the accepting thread then lets go of the server.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    deinit { close(descriptor) }

    fileprivate static func bindToAnyPort(_ descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let place = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return unsafe bind(descriptor, place, size) == 0 && getsockname(descriptor, place, &size) == 0
        }
        guard bound else { throw POSIXError(.EADDRINUSE) }
        return address.sin_port.bigEndian
    }
}

/// A port nobody listens on. It stays bound, or another test would be given it.
struct DeadPort: ~Copyable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = try RawServer.bindToAnyPort(descriptor)
    }

    deinit { close(descriptor) }
}
