import CPixels
import Domain
import Inspection

/// Whole pictures as red, green and blue: opaque, upright, sRGB.
extension SamplePlanes {
    /// Most bytes of a PNG's chunks besides its data that are looked into.
    private static let mostPNGHead = 1 << 20

    /// Decodes a PNG that is RGB or grey, or has an alpha that hides nothing; nil for a sound one of another kind.
    static func colours(png input: RawSpan, limits: PictureLimits) throws(ImagingError) -> SamplePlanes? {
        try unsafe input.withUnsafeBytes { (bytes) throws(ImagingError) in
            guard let head = unsafe glance(png: bytes, limit: mostPNGHead),
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            else { return nil }
            var header = pn_header()
            var reader: OpaquePointer?
            guard try unsafe Kernel.did(pn_open(start, bytes.count, &header, &reader)), let reader = unsafe reader
            else { return nil }
            defer { unsafe pn_close(reader) }
            let size = PixelSize(width: Int(header.width), height: Int(header.height))
            try limits.admit(size)
            let stored = SamplePlanes(size, .rgb)
            guard try unsafe Kernel.did(kn_planes_read_png(reader, &header, stored.pointer)) else { return nil }
            return head.orientation == 1 ? stored : try stored.upright(from: head.orientation)
        }
    }

    /// Takes packed pixels of three or four samples apart; nil where one is not opaque.
    static func colours(of pixels: [UInt8], bands: Int, size: PixelSize) throws(ImagingError) -> SamplePlanes? {
        guard size.width > 0, size.height > 0, pixels.count == size.pixels * bands else {
            throw .failed(.convert, detail: "the pixels do not fill the size")
        }
        let planes = SamplePlanes(size, .rgb)
        return try unsafe Kernel.did(kn_planes_take(pixels, Int32(bands), planes.pointer)) ? consume planes : nil
    }
}
