package import Domain
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

    /// The size of an output that is made of a picture of `native` size.
    package func canvas(of output: OutputOrder, native: PixelSize) -> PixelSize {
        Geometry(native: native, size: output.size ?? self.output.size, fit: output.fit ?? self.output.fit).canvas
    }
}
