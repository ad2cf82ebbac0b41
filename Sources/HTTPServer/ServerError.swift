import Glibc

/// Why a listener could not start.
package struct ServerError: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// Not a numeric IPv4 or IPv6 address.
        case notAnAddress
        /// The system refused the socket; 98 is "in use", 13 "not permitted".
        case cannotListen(errno: Int32)
    }

    package let reason: Reason
    package let address: String
    package let port: UInt16

    package var description: String {
        switch reason {
        case .notAnAddress: "cannot listen: \"\(address)\" is no numeric IPv4 or IPv6 address"
        case .cannotListen(let errno): "cannot listen on \(address) port \(port): \(Self.text(of: errno))"
        }
    }

    private static func text(of code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
