import Domain

extension RenderOrder {
    /// Makes the output of the asked size and format from a model's picture. Blocks the calling thread.
    package func carriedOut(on input: RawSpan) throws(ImagingError) -> RenderedPicture {
        try Vips.job { () throws(ImagingError) in
            let opening = try Opening(input, limits: limits)
            let plan = Geometry(native: opening.uprightSize, size: size, fit: fit)
            var image = try opening.decoded(input, keepAlpha: format != .jpeg)
            if plan.scaled != opening.uprightSize || plan.canvas != opening.uprightSize {
                image = try image.resampled(to: plan.scaled, within: plan.canvas)
            }
            if image.header.size != plan.canvas { image = try image.padded(to: plan.canvas) }
            return RenderedPicture(
                bytes: try image.encoded(as: format, quality: quality), size: plan.canvas, scaled: plan.scaled,
                native: opening.uprightSize, nativeFormat: opening.format)
        }
    }
}
