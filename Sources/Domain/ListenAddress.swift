/// A numeric address and a port, written `127.0.0.1:8484` or `[::1]:8484`.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    package let host: String
    package let port: UInt16

    /// Nil where either is missing; whether the address is one is seen when it is listened on.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let isNumeric = host.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" }
        guard !host.isEmpty, isNumeric, host.contains(".") || host.contains(":") else { return nil }
        self.host = String(host)
        self.port = port
    }

    /// The same address with another port.
    package init(_ address: ListenAddress, port: UInt16) {
        host = address.host
        self.port = port
    }

    package var description: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
