import Domain
package import Imaging
import Inspection
package import Settings

extension Configuration {
    /// What a reference may be.
    package var pictureLimits: PictureLimits {
        var accepted: Set<Container> = [.jpeg, .png, .webp]
        if formats.heif { accepted.formUnion([.heif, .avif]) }
        if formats.gif { accepted.insert(.gif) }
        if formats.tiff { accepted.insert(.tiff) }
        return PictureLimits(
            bytes: limits.referenceBytes.bytes, pixels: limits.referencePixels, edge: limits.referenceEdge,
            accepted: accepted)
    }
}
