package import Domain
package import Imaging
import Inspection
import Providers
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

    /// How the reference at `position` is made fit for the models of all these routes.
    package func normalizing(_ spec: JobSpec, for routes: [Route], at position: Int) -> NormalizeOrder {
        let bounds = Capability.bounds(routes, references: spec.referenceCount)
        // One of the contract's sources wants a mask and its picture in the same format, and a mask is a PNG.
        return NormalizeOrder(
            maxEdge: bounds.edge, maxBytes: bounds.bytes,
            format: spec.hasMask && position == 0 ? .png : nil, keepAlpha: false, limits: pictureLimits)
    }

    /// How the mask is made fit for them, once its reference is.
    package func masking(_ reference: NormalizedPicture, for routes: [Route]) -> MaskOrder {
        MaskOrder(
            original: reference.uprightSize, size: reference.size,
            maxBytes: Capability.bounds(routes, references: 1).maskBytes,
            limits: pictureLimits)
    }

    /// The size of an output that is made of a picture of `native` size.
    package func canvas(of output: OutputOrder, native: PixelSize) -> PixelSize {
        Geometry(native: native, size: output.size ?? self.output.size, fit: output.fit ?? self.output.fit).canvas
    }
}
