package import Imaging

/// A picture that is to be seen small: upright, sRGB, on white.
package struct ThumbnailOrder: Sendable, Hashable {
    package static let largestEdge = 2048

    /// Longest edge in pixels, 1 to `largestEdge`; smaller pictures do not grow.
    package var maxEdge: Int
    package var limits: PictureLimits

    package init(maxEdge: Int, limits: PictureLimits = PictureLimits()) {
        self.maxEdge = min(max(maxEdge, 1), Self.largestEdge)
        self.limits = limits
    }
}
