import CCurlShim

/// What TLS goes by on this machine.
package struct Trust: Sendable {
    /// Why the file of roots cannot be read, an error number; 0 when it can.
    package let failure: Int32
    /// Certificates in it, and those whose time is over.
    package let certificates: Int
    package let expired: Int
    /// Whole days until the next of the others ends; nil without any.
    package let daysLeft: Int?

    /// Reads a PEM file of roots; blocks on the disk.
    package init(file path: String) {
        var found = ct_certificates()
        failure = unsafe ct_read_certificates(path, &found)
        certificates = Int(found.count)
        expired = Int(found.expired)
        daysLeft = found.seconds_left == .max ? nil : Int(clamping: found.seconds_left / 86_400)
    }

    /// The file of roots that is used where the settings name none; nil when there is none.
    package static var usualFile: String? {
        guard let path = unsafe ct_usual_roots() else { return nil }
        return unsafe String(cString: path)
    }

    /// Names and versions of libcurl and of the library that it does TLS with.
    package static var library: String {
        unsafe String(cString: ct_library()).split(separator: " ").prefix(2).joined(separator: " with ")
    }
}
