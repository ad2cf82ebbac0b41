package import Domain
package import Inspection

/// What is refused before a pixel is decoded.
package struct PictureLimits: Sendable, Hashable {
    /// Bytes of the file as it came.
    package var bytes: Int
    /// Width times height.
    package var pixels: Int
    /// Pixels on the longer side.
    package var edge: Int
    /// The kinds of files that are opened at all; JPEG XL is written and never opened.
    package var accepted: Set<Container>

    /// What a model may answer with.
    package static let answers: Set<Container> = [.jpeg, .png, .webp]
    /// What is opened when nothing is set: everything but TIFF.
    package static let standard: Set<Container> = [.jpeg, .png, .webp, .gif, .heif, .avif]

    package init(
        bytes: Int = 64_000_000, pixels: Int = 64_000_000, edge: Int = 16_384, accepted: Set<Container> = standard
    ) {
        self.bytes = bytes
        self.pixels = pixels
        self.edge = edge
        self.accepted = accepted
    }
}

extension Container {
    /// The setting that lets this kind of file in; nil where none is needed.
    package var setting: String? {
        switch self {
        case .heif, .avif: "formats.heif"
        case .gif: "formats.gif"
        case .tiff: "formats.tiff"
        case .jpeg, .png, .webp, .jxl: nil
        }
    }
}

/// How a reference picture is made clean and small enough to be sent.
package struct NormalizeOrder: Sendable, Hashable {
    /// Longest edge in pixels; larger pictures are fitted down, smaller ones never grow.
    package var maxEdge: Int
    /// Most bytes of the result. With a format of `nil` it may become a JPEG for it; then it shrinks by steps.
    package var maxBytes: Int
    /// `nil` chooses: JPEG stays JPEG, PNG and GIF become PNG, others become PNG when they have alpha that is kept or no loss,
    /// else JPEG.
    package var format: PictureFormat?
    /// 1 to 100, for JPEG and WebP. 90 unless said otherwise: with chroma at half size it is two thirds of the bytes of 92 at
    /// full size, models look at a reference much smaller than that anyway, and a JPEG that fits is not encoded again at all.
    package var quality: Int
    /// Keeps alpha where the format can hold it; else the picture is set on white.
    package var keepAlpha: Bool
    package var limits: PictureLimits

    package init(
        maxEdge: Int, maxBytes: Int, format: PictureFormat? = nil, quality: Int = 90, keepAlpha: Bool = false,
        limits: PictureLimits = PictureLimits()
    ) {
        self.maxEdge = maxEdge
        self.maxBytes = maxBytes
        self.format = format
        self.quality = quality
        self.keepAlpha = keepAlpha
        self.limits = limits
    }
}

/// A reference picture that holds pixels and nothing else: upright, sRGB, 8 bits, no metadata.
package struct NormalizedPicture: Sendable, Hashable {
    package let bytes: [UInt8]
    package let format: PictureFormat
    package let size: PixelSize
    /// Which way it went.
    package let path: NormalizePath
    package let sourceFormat: Container
    /// As stored, before it was turned upright.
    package let sourceSize: PixelSize
    /// EXIF orientation, 1 to 8.
    package let sourceOrientation: Int
    /// The source's size as a viewer shows it.
    package var uprightSize: PixelSize { sourceSize.turned(by: sourceOrientation) }
    /// Frames of an animation; the first one was taken.
    package let sourcePages: Int
    package let hadProfile: Bool
    package let hadAlpha: Bool

    package init(
        bytes: [UInt8], format: PictureFormat, size: PixelSize, path: NormalizePath, sourceFormat: Container,
        sourceSize: PixelSize, sourceOrientation: Int, sourcePages: Int, hadProfile: Bool, hadAlpha: Bool
    ) {
        self.bytes = bytes
        self.format = format
        self.size = size
        self.path = path
        self.sourceFormat = sourceFormat
        self.sourceSize = sourceSize
        self.sourceOrientation = sourceOrientation
        self.sourcePages = sourcePages
        self.hadProfile = hadProfile
        self.hadAlpha = hadAlpha
    }
}

/// How a model's picture becomes an output.
package struct RenderOrder: Sendable, Hashable {
    package var size: OutputSize
    package var fit: Fit
    package var format: PictureFormat
    /// 1 to 100 on the scale of JPEG, for every format but PNG. JPEG and AVIF keep full colour resolution above 90.
    package var quality: Int
    package var upscale: UpscaleMode
    package var png: PNGEffort
    /// Threads that one picture may use, 1 to 64.
    package var threads: Int
    package var limits: PictureLimits
    /// Whether a visible mark is drawn over all of it; what it shows of what is behind it has to be gone by then.
    package var isStamped: Bool

    package init(
        size: OutputSize, fit: Fit, format: PictureFormat, quality: Int = 90, upscale: UpscaleMode = .plain,
        png: PNGEffort = .fast, threads: Int = 1, limits: PictureLimits = PictureLimits(),
        isStamped: Bool = false
    ) {
        self.size = size
        self.fit = fit
        self.format = format
        self.quality = quality
        self.upscale = upscale
        self.png = png
        self.threads = threads
        self.limits = limits
        self.isStamped = isStamped
    }
}

/// A finished output without metadata.
package struct RenderedPicture: Sendable, Hashable {
    package let bytes: [UInt8]
    /// Exactly what `Geometry` says for the order.
    package let size: PixelSize
    /// Size after resampling, before cutting or padding.
    package let scaled: PixelSize
    /// Size as the model made it, upright.
    package let native: PixelSize
    package let nativeFormat: Container
    /// How it was enlarged: `plain` also where `enhanced` was asked for and the picture is none for it, or did not grow.
    package let upscale: UpscaleMode

    package init(
        bytes: [UInt8], size: PixelSize, scaled: PixelSize, native: PixelSize, nativeFormat: Container,
        upscale: UpscaleMode = .plain
    ) {
        self.bytes = bytes
        self.size = size
        self.scaled = scaled
        self.native = native
        self.nativeFormat = nativeFormat
        self.upscale = upscale
    }

    /// How much the long edge grew; 1 when nothing was resampled.
    package var factor: Double { Double(scaled.longEdge) / Double(max(1, native.longEdge)) }
}
