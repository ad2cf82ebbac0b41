/// The program's own name and version, as they stand in sidecars, XMP and `--version`.
package enum Product {
    package static let name = "Darkroom"
    package static let version = "0.1.0"
    /// What every request of ours says about its sender: RFC 9110, section 10.1.5.
    package static let userAgent = "darkroom/" + version
}
