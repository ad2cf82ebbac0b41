import CPixels
import Domain

/// An output as it was made.
struct RenderOutput {
    let bytes: [UInt8]
    /// How the picture was enlarged.
    let upscale: UpscaleMode
}

extension RenderOrder {
    /// Scales and encodes an opaque picture strip by strip; only the encoders of libvips need all its pixels at once.
    func output(of picture: borrowing RGBPlanes, _ plan: Geometry) throws(ImagingError) -> RenderOutput {
        var order = kn_render(
            scaled_width: Int32(clamping: plan.scaled.width), scaled_height: Int32(clamping: plan.scaled.height),
            canvas_width: Int32(clamping: plan.canvas.width), canvas_height: Int32(clamping: plan.canvas.height),
            bank: 0, threads: Int32(clamping: threads))
        if upscale == .enhanced { order.bank = unsafe picture.withPlanes { unsafe kn_render_bank($0, &order) } }
        let bytes: [UInt8]
        switch format {
        case .png:
            bytes = try unsafe encoded { out, length in
                unsafe picture.withPlanes { unsafe kn_render_png($0, &order, png.code, out, length, nil) }
            }
        case .jpeg:
            bytes = try unsafe encoded { out, length in
                unsafe picture.withPlanes { unsafe kn_render_jpeg($0, &order, Int32(quality.clampedQuality), out, length) }
            }
        default:
            let pixels = try picture.pixels(&order, plan.canvas)
            bytes = try Vips.job { () throws(ImagingError) in
                try RasterImage(rgb: pixels, size: plan.canvas).encoded(as: format, quality: quality)
            }
        }
        return RenderOutput(bytes: bytes, upscale: order.bank == 0 ? .plain : .enhanced)
    }

    /// The same for a picture that shows what is behind it. Colour has to be weighed with alpha, which the float kernel does.
    func output(of image: consuming RasterImage, _ plan: Geometry) throws(ImagingError) -> RenderOutput {
        var image = image
        if plan.scaled != image.header.size || plan.canvas != image.header.size {
            image = try image.resampled(to: plan.scaled, within: plan.canvas)
        }
        if image.header.size != plan.canvas { image = try image.padded(to: plan.canvas) }
        let bytes =
            format == .png
            ? try writtenPNG(try image.pixels(bands: 4), bands: 4, size: plan.canvas, png, threads: threads)
            : try image.encoded(as: format, quality: quality)
        return RenderOutput(bytes: bytes, upscale: .plain)
    }
}

/// Packed pixels as a PNG of our own writer.
func writtenPNG(
    _ pixels: [UInt8], bands: Int, size: PixelSize, _ effort: PNGEffort, threads: Int
) throws(ImagingError) -> [UInt8] {
    guard size.width > 0, size.height > 0, pixels.count == size.pixels * bands else {
        throw .failed(.encode, detail: "the pixels do not fill the size")
    }
    return try unsafe encoded { out, length in
        unsafe kn_write_png(
            pixels, Int32(clamping: size.width), Int32(clamping: size.height), Int32(bands), effort.code,
            Int32(clamping: threads), out, length)
    }
}

extension RGBPlanes {
    fileprivate borrowing func pixels(_ order: inout kn_render, _ size: PixelSize) throws(ImagingError) -> [UInt8] {
        let count = size.pixels * 3
        var result = KN_MEMORY
        let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            result = unsafe withPlanes { unsafe kn_render_rgb($0, &order, start) }
            filled = result == KN_DONE ? count : 0
        }
        guard result == KN_DONE else { throw ImagingError(result, in: .resize) }
        return pixels
    }
}

/// Runs an encoder that allocates what it makes, and takes that over.
private func encoded(
    _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>) -> kn_result
) throws(ImagingError) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var length = 0
    let result = unsafe encode(&bytes, &length)
    defer { unsafe kn_render_free(bytes) }
    guard result == KN_DONE, let start = unsafe bytes else { throw ImagingError(result, in: .encode) }
    return unsafe Array(UnsafeBufferPointer(start: start, count: length))
}

extension PNGEffort {
    fileprivate var code: pn_effort {
        switch self {
        case .fast: PN_FAST
        case .balanced: PN_BALANCED
        case .small: PN_SMALL
        }
    }
}

extension Int {
    fileprivate var clampedQuality: Int { Swift.min(Swift.max(self, 1), 100) }
}
