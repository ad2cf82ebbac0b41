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

    /// How the reference at `position` is made fit for the route's model.
    package func normalizing(_ spec: JobSpec, for route: Route, at position: Int) -> NormalizeOrder {
        let able = route.capability
        // One of the contract's sources wants a mask and its picture in the same format, and a mask is a PNG.
        return NormalizeOrder(
            maxEdge: able.referenceEdge, maxBytes: able.referenceBytes(each: spec.referenceCount),
            format: spec.hasMask && position == 0 ? .png : nil, keepAlpha: false, limits: pictureLimits)
    }

    /// How the mask is made fit for it, once its reference is.
    package func masking(_ reference: NormalizedPicture, for route: Route) -> MaskOrder {
        MaskOrder(
            original: reference.uprightSize, size: reference.size, maxBytes: route.capability.maskBytes,
            limits: pictureLimits)
    }

    /// The size of an output that is made of a picture of `native` size.
    package func canvas(of output: OutputOrder, native: PixelSize) -> PixelSize {
        Geometry(native: native, size: output.size ?? self.output.size, fit: output.fit ?? self.output.fit).canvas
    }
}
