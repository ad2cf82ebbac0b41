import Glibc
import Support

/// A bare TCP connection to loopback, for saying what no HTTP client would say.
struct Wire: ~Copyable {
    private let descriptor: Int32

    /// Nil when nobody listens.
    init?(port: UInt16) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe connect(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        if connected != 0 { return nil }
    }

    deinit { close(descriptor) }

    borrowing func say(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { rest in
                unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Everything until the other side closes.
    borrowing func hearAll() -> String {
        var heard: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let room = buffer.count
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, room, 0) }
            if count <= 0 { return String(decoding: heard, as: UTF8.self) }
            heard.append(contentsOf: buffer[..<count])
        }
    }
}

/// Says `text` to a fresh connection and hears it out, away from the shared threads.
func converse(port: UInt16, _ text: String) async -> String? {
    await onOwnThread {
        guard let wire = Wire(port: port) else { return nil }
        wire.say(text)
        return wire.hearAll()
    }
}
