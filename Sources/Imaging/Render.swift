import Domain
import Inspection

extension RenderOrder {
    /// Makes the output of the asked size and format from a model's picture. Blocks the calling thread.
    package func carriedOut(on input: RawSpan) throws(ImagingError) -> RenderedPicture {
        let outline = try Opening.outline(of: input, limits: limits)
        if let picture = try withoutLibrary(input, outline.container) {
            let plan = Geometry(native: picture.size, size: size, fit: fit)
            return rendered(try output(of: picture, plan), plan, native: picture.size, outline.container)
        }
        return try Vips.job { () throws(ImagingError) in
            let opening = try Opening(input, outline, limits: limits)
            let native = opening.uprightSize
            let plan = Geometry(native: native, size: size, fit: fit)
            return rendered(try output(of: opening, input, plan), plan, native: native, opening.format)
        }
    }

    /// A picture that our own code decodes; nil for every other.
    private func withoutLibrary(_ input: RawSpan, _ container: Container) throws(ImagingError) -> SamplePlanes? {
        switch container {
        case .png: try SamplePlanes.colours(png: input, limits: limits)
        case .jpeg: try SamplePlanes.colours(jpeg: input, limits: limits)
        default: nil
        }
    }

    /// Through libvips: every format, every colour, and what is transparent.
    private func output(
        of opening: Opening, _ input: RawSpan, _ plan: Geometry
    ) throws(ImagingError) -> RenderOutput {
        let image = try opening.decoded(input, keepAlpha: format != .jpeg)
        let bands = image.header.hasAlpha ? 4 : 3
        let pixels = try image.pixels(bands: bands)
        guard let picture = try SamplePlanes.colours(of: pixels, bands: bands, size: image.header.size) else {
            return try output(of: image, plan)
        }
        return try output(of: picture, plan)
    }

    private func rendered(
        _ output: RenderOutput, _ plan: Geometry, native: PixelSize, _ container: Container
    ) -> RenderedPicture {
        RenderedPicture(
            bytes: output.bytes, size: plan.canvas, scaled: plan.scaled, native: native, nativeFormat: container,
            upscale: output.upscale)
    }
}
