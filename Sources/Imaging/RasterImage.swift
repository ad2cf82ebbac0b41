import CVipsShim
import Domain
import Inspection

/// An image with one owner; libvips lets go of it when the value ends.
@safe struct RasterImage: ~Copyable {
    /// What the header says; nothing has been decoded for it.
    struct Header {
        let size: PixelSize
        let pages: Int
        let orientation: Int
        let hasProfile: Bool
        let hasAlpha: Bool
    }

    private let handle: OpaquePointer
    let header: Header

    private init?(adopting handle: OpaquePointer?) {
        guard let handle = unsafe handle else { return nil }
        unsafe self.handle = handle
        let said = unsafe px_read_header(handle)
        header = Header(
            size: PixelSize(width: Int(said.width), height: Int(said.height)), pages: Int(said.pages),
            orientation: (1...8).contains(said.orientation) ? Int(said.orientation) : 1,
            hasProfile: said.has_profile != 0, hasAlpha: said.has_alpha != 0)
    }

    private init(adopting handle: OpaquePointer?, after step: ImagingError.Step) throws(ImagingError) {
        guard let image = unsafe RasterImage(adopting: handle) else {
            throw .failed(step, detail: Vips.message())
        }
        self = image
    }

    deinit { unsafe px_release(handle) }

    /// Opens a picture lazily. `bytes` must outlive this image and all made from it until one is settled.
    @unsafe init(
        opening bytes: UnsafeRawBufferPointer, as format: Container, shrink: Int = 1
    ) throws(ImagingError) {
        try Vips.unblock(format.code)
        guard let start = bytes.baseAddress,
            let image = unsafe RasterImage(adopting: px_open(format.code, start, bytes.count, Int32(shrink)))
        else { throw .unreadable(detail: Vips.message()) }
        self = image
    }

    /// Wraps packed RGB of exactly this size.
    init(rgb: [UInt8], size: PixelSize) throws(ImagingError) {
        guard size.width > 0, size.height > 0, rgb.count == size.pixels * 3 else {
            throw .failed(.convert, detail: "the pixels do not fill the size")
        }
        let handle = unsafe rgb.withUnsafeBytes { bytes in
            unsafe bytes.baseAddress.flatMap { unsafe px_from_rgb($0, Int32(size.width), Int32(size.height)) }
        }
        try unsafe self.init(adopting: handle, after: .convert)
    }

    /// Decodes everything into memory; all damage of the source shows here.
    borrowing func settled() throws(ImagingError) -> RasterImage {
        guard let image = unsafe RasterImage(adopting: px_settle(handle)) else {
            throw .unreadable(detail: Vips.message())
        }
        return image
    }

    /// Shrinks while decoding, so that a large source never exists as a whole.
    borrowing func shrunk(to size: PixelSize) throws(ImagingError) -> RasterImage {
        try unsafe RasterImage(adopting: px_shrink(handle, Int32(size.width), Int32(size.height)), after: .resize)
    }

    /// Resamples a settled image with Lanczos3; of the scaled picture only the middle that fits `canvas` is made.
    borrowing func resampled(to scaled: PixelSize, within canvas: PixelSize) throws(ImagingError) -> RasterImage {
        let width = min(scaled.width, canvas.width)
        let height = min(scaled.height, canvas.height)
        return try unsafe RasterImage(
            adopting: px_resample(
                handle, Int32(scaled.width), Int32(scaled.height), Int32((scaled.width - width) / 2),
                Int32((scaled.height - height) / 2), Int32(width), Int32(height)),
            after: .resize)
    }

    /// The same picture with colours that are meant by an ICC profile.
    borrowing func meant(by profile: [UInt8]) throws(ImagingError) -> RasterImage {
        try unsafe RasterImage(adopting: px_with_profile(handle, profile, profile.count), after: .convert)
    }

    /// 8 bits, sRGB, three bands or four.
    borrowing func inSRGB() throws(ImagingError) -> RasterImage {
        try unsafe RasterImage(adopting: px_to_srgb(handle), after: .convert)
    }

    borrowing func flattened() throws(ImagingError) -> RasterImage {
        try unsafe RasterImage(adopting: px_flatten(handle), after: .convert)
    }

    borrowing func upright(from orientation: Int) throws(ImagingError) -> RasterImage {
        try unsafe RasterImage(adopting: px_upright(handle, Int32(orientation)), after: .convert)
    }

    /// Sets in the middle of a ground: white, or transparent where there is alpha.
    borrowing func padded(to canvas: PixelSize) throws(ImagingError) -> RasterImage {
        try unsafe RasterImage(adopting: px_pad(handle, Int32(canvas.width), Int32(canvas.height)), after: .resize)
    }

    /// Encodes with no metadata at all.
    borrowing func encoded(as format: PictureFormat, quality: Int) throws(ImagingError) -> [UInt8] {
        var length = 0
        try Vips.needModule(for: format.code)
        guard let bytes = unsafe px_encode(handle, format.code, Int32(min(max(quality, 1), 100)), &length) else {
            throw .failed(.encode, detail: Vips.message())
        }
        defer { unsafe px_free(bytes) }
        let made = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: length))
        switch format {
        case .png, .jpeg, .avif: return made
        case .jxl: return JXLContainer.holding(made)
        case .webp:
            guard let bare = pixelsOnly(webp: made) else { throw .failed(.encode, detail: "a WebP of unknown shape") }
            return bare
        }
    }

    /// Packed 8-bit pixels of an image with `bands` bands.
    borrowing func pixels(bands: Int) throws(ImagingError) -> [UInt8] {
        let count = header.size.pixels * bands
        var filled = false
        let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            guard let start = buffer.baseAddress else { return }
            unsafe start.initialize(repeating: 0, count: count)
            filled = unsafe px_copy_pixels(handle, start, count) == 0
            done = count
        }
        guard filled else { throw .unreadable(detail: Vips.message()) }
        return pixels
    }
}

extension PictureFormat {
    fileprivate var code: px_format {
        switch self {
        case .jpeg: PX_JPEG
        case .png: PX_PNG
        case .webp: PX_WEBP
        case .avif: PX_AVIF
        case .jxl: PX_JXL
        }
    }
}

extension Container {
    fileprivate var code: px_format {
        switch self {
        case .jpeg: PX_JPEG
        case .png: PX_PNG
        case .webp: PX_WEBP
        case .gif: PX_GIF
        case .heif: PX_HEIF
        case .avif: PX_AVIF
        case .tiff: PX_TIFF
        case .jxl: PX_JXL
        }
    }
}
