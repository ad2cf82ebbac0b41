package import Settings

/// The address of a picture that an answer names, taken apart strictly: what the text says is what is connected to.
package struct PictureAddress: Sendable, Hashable {
    package let isSecure: Bool
    /// In small letters, an IPv6 address without brackets.
    package let host: String
    package let port: Int
    /// Path and query, beginning with a slash.
    private let target: String

    /// Redirects that are followed, each inside the list of hosts.
    package static let mostRedirects = 3

    /// Nil for anything but an absolute https or http URL of printable ASCII without user, password and backslash.
    package init?(_ text: String) {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
        guard isPrintable, text.utf8.count <= 4096, let colon = text.firstRange(of: "://") else { return nil }
        switch text[..<colon.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: return nil
        }
        let rest = text[colon.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest[authority.endIndex...]
        target = path.hasPrefix("/") ? String(path) : "/" + path
        guard let (host, port) = Self.place(authority, standard: isSecure ? 443 : 80) else { return nil }
        (self.host, self.port) = (host, port)
    }

    private static func place(_ authority: Substring, standard: Int) -> (String, Int)? {
        let isBracketed = authority.hasPrefix("[")
        guard
            let end = isBracketed ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":") ?? authority.endIndex
        else { return nil }
        let host = (isBracketed ? authority[..<end].dropFirst() : authority[..<end]).lowercased()
        let rest = isBracketed ? authority[authority.index(after: end)...] : authority[end...]
        let isPlain = host.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: ".")
                || byte == (isBracketed ? UInt8(ascii: ":") : UInt8(ascii: "-"))
        }
        guard isPlain, !host.isEmpty, host.utf8.count <= 253 else { return nil }
        if rest.isEmpty { return (host, standard) }
        let digits = rest.dropFirst()
        guard rest.first == ":", (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = Int(digits), (1...65_535).contains(port)
        else { return nil }
        return (host, port)
    }

    /// The URL as it is sent.
    package var text: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(shown):\(port)\(target)"
    }

    /// Where a redirect leads, an absolute URL or a path of the same host; nil for what can be none.
    package func redirected(to location: String) -> PictureAddress? {
        if location.hasPrefix("//") { return PictureAddress((isSecure ? "https:" : "http:") + location) }
        guard location.hasPrefix("/") else { return PictureAddress(location) }
        let start = text.dropLast(target.count)
        return PictureAddress(start + location)
    }

    /// Whether the route may fetch from here: a host that its `accept_urls` names exactly, at port 443 or at the endpoint's own.
    package func isAllowed(by route: Route, endpoint: String) -> Bool {
        guard let hosts = route.acceptURLs, hosts.contains(host) else { return false }
        // Plain http reaches loopback alone; the transport refuses anything else once more.
        if !isSecure, !Processor.isLoopback(host.contains(":") ? "[\(host)]" : host) { return false }
        return port == 443 || port == PictureAddress(endpoint)?.port
    }
}
