import CPixels
import Domain

/// A picture as red, green and blue planes in memory of its own: opaque, upright, sRGB.
@safe struct RGBPlanes: ~Copyable {
    let size: PixelSize
    private let planes: UnsafeMutablePointer<kn_plane>

    /// Planes whose samples are not yet set.
    private init(_ size: PixelSize) throws(ImagingError) {
        self.size = size
        let planes = UnsafeMutablePointer<kn_plane>.allocate(capacity: 3)
        unsafe planes.initialize(repeating: kn_plane(), count: 3)
        // What is owned from here on, `deinit` gives back; planes without samples are freed like all others.
        unsafe self.planes = unsafe planes
        let made = unsafe kn_planes_new(Int32(clamping: size.width), Int32(clamping: size.height), planes)
        guard made == KN_DONE else { throw ImagingError(made, in: .convert) }
    }

    deinit {
        unsafe kn_planes_free(planes)
        unsafe planes.deallocate()
    }

    /// Decodes a PNG that is RGB or grey, or has an alpha that hides nothing; nil for a sound one of another kind.
    static func decoding(png input: RawSpan, limits: PictureLimits) throws(ImagingError) -> RGBPlanes? {
        try unsafe input.withUnsafeBytes { (bytes) throws(ImagingError) in
            guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
            var header = pn_header()
            var reader: OpaquePointer?
            let opened = unsafe pn_open(start, bytes.count, &header, &reader)
            guard try isOurs(opened), let reader = unsafe reader else { return nil }
            defer { unsafe pn_close(reader) }
            let size = PixelSize(width: Int(header.width), height: Int(header.height))
            try limits.check(size)
            let picture = try RGBPlanes(size)
            let read = unsafe kn_planes_read_png(reader, &header, picture.planes)
            return try isOurs(read) ? consume picture : nil
        }
    }

    /// Takes packed pixels of three or four samples apart; nil where one is not opaque.
    static func taking(_ pixels: [UInt8], bands: Int, size: PixelSize) throws(ImagingError) -> RGBPlanes? {
        guard size.width > 0, size.height > 0, pixels.count == size.pixels * bands else {
            throw .failed(.convert, detail: "the pixels do not fill the size")
        }
        let picture = try RGBPlanes(size)
        let taken = unsafe kn_planes_take(pixels, Int32(bands), picture.planes)
        return try isOurs(taken) ? consume picture : nil
    }

    /// Whether a kernel did it; false where the picture is sound and for others.
    private static func isOurs(_ result: kn_result) throws(ImagingError) -> Bool {
        guard result == KN_DONE || result == KN_OTHER else { throw ImagingError(result, in: .convert) }
        return result == KN_DONE
    }

    /// For kernels; the planes live as long as `body` runs.
    borrowing func withPlanes<Result>(_ body: (UnsafePointer<kn_plane>) -> Result) -> Result {
        unsafe body(planes)
    }
}

extension ImagingError {
    /// What an unlucky end of a kernel means where the picture was the kernel's to take.
    init(_ result: kn_result, in step: Step) {
        switch result {
        case KN_DAMAGED: self = .unreadable(detail: "the data are damaged or cut off")
        case KN_MEMORY: self = .failed(step, detail: "no memory")
        default: self = .failed(step, detail: "a kernel refused, \(result.rawValue)")
        }
    }
}

extension PictureLimits {
    func checkBytes(of input: RawSpan) throws(ImagingError) {
        guard input.byteCount <= bytes else {
            throw .tooLarge(limit: .bytes, limitValue: bytes, value: input.byteCount)
        }
    }

    /// Refuses what is too large, before a pixel is decoded.
    func check(_ size: PixelSize) throws(ImagingError) {
        guard size.pixels <= pixels else { throw .tooLarge(limit: .pixels, limitValue: pixels, value: size.pixels) }
        guard size.longEdge <= edge else { throw .tooLarge(limit: .edge, limitValue: edge, value: size.longEdge) }
    }
}
