/// Which way a reference went, from the cheapest to the one that is right for everything.
package enum NormalizePath: String, Sendable, Hashable, CaseIterable {
    /// Rewritten without its metadata; the coded picture is the source's, checked to its last coefficient or row.
    case stripped
    /// Turned by its coefficients, without loss.
    case turned
    /// Decoded to planes, shrunk, turned and encoded by our own kernels.
    case planes
    /// Through libvips.
    case library
}
