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
    func output(of picture: borrowing SamplePlanes, _ plan: Geometry) throws(ImagingError) -> RenderOutput {
        let planes = unsafe picture.pointer
        var order = kn_render(
            scaled_width: Int32(clamping: plan.scaled.width), scaled_height: Int32(clamping: plan.scaled.height),
            canvas_width: Int32(clamping: plan.canvas.width), canvas_height: Int32(clamping: plan.canvas.height),
            detail: kn_bank_choice(bank: 0, share: 0), threads: Int32(clamping: threads))
        if isStamped {
            let pixels = try stamped(pixels(of: picture, &order, plan.canvas), plan.canvas)
            return RenderOutput(bytes: try written(pixels, plan.canvas), upscale: .plain)
        }
        if upscale == .enhanced { order.detail = unsafe kn_render_choose(planes, &order) }
        let made =
            switch format {
            case .png:
                try unsafe Kernel.adopt { unsafe kn_render_png(planes, &order, png.code, &$0, &$1, nil) }
            case .jpeg:
                try unsafe Kernel.adopt {
                    unsafe kn_render_jpeg(planes, &order, Int32(min(max(quality, 1), 100)), &$0, &$1)
                }
            default: try library(pixels(of: picture, &order, plan.canvas), plan.canvas)
            }
        guard let made else { throw .failed(.encode, detail: "no encoder for this picture") }
        return RenderOutput(bytes: made, upscale: order.detail.bank == 0 ? .plain : .enhanced)
    }

    private func stamped(_ pixels: consuming [UInt8], _ size: PixelSize) -> [UInt8] {
        var pixels = pixels
        let (width, height) = (Int32(clamping: size.width), Int32(clamping: size.height))
        unsafe pixels.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { unsafe kn_stamp(start, width, height) }
        }
        return pixels
    }

    private func written(_ pixels: [UInt8], _ size: PixelSize) throws(ImagingError) -> [UInt8] {
        var made: [UInt8]?
        if format == .png || format == .jpeg {
            guard let planes = try SamplePlanes.colours(of: pixels, bands: 3, size: size) else { throw Kernel.noMemory }
            made = try planes.encoded(as: format, quality: quality)
        } else {
            made = try library(pixels, size)
        }
        guard let made else { throw .failed(.encode, detail: "no encoder for this picture") }
        return made
    }

    private func library(_ pixels: [UInt8], _ size: PixelSize) throws(ImagingError) -> [UInt8]? {
        try Vips.job { () throws(ImagingError) in
            try RasterImage(rgb: pixels, size: size).encoded(as: format, quality: quality)
        }
    }

    private func pixels(
        of picture: borrowing SamplePlanes, _ order: inout kn_render, _ size: PixelSize
    ) throws(ImagingError) -> [UInt8] {
        let count = size.pixels * 3
        let planes = unsafe picture.pointer
        var result = KN_MEMORY
        let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            result = unsafe kn_render_rgb(planes, &order, start)
            filled = result == KN_DONE ? count : 0
        }
        try Kernel.require(result, .resize)
        return pixels
    }

    /// The same for a picture that shows what is behind it. Colour has to be weighed with alpha, which the float kernel does.
    func output(of image: consuming RasterImage, _ plan: Geometry) throws(ImagingError) -> RenderOutput {
        guard !isStamped else { throw .failed(.encode, detail: "a marked picture shows nothing behind it") }
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
    let made = try unsafe Kernel.adopt {
        unsafe kn_write_png(
            pixels, Int32(clamping: size.width), Int32(clamping: size.height), Int32(bands), effort.code,
            Int32(clamping: threads), &$0, &$1)
    }
    guard let made else { throw .failed(.encode, detail: "no PNG for these pixels") }
    return made
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
