/// The program's own name and version, as they stand in sidecars, XMP and `--version`.
package enum Product {
    package static let name = "Darkroom"
    package static let version = "0.1.0"
}
