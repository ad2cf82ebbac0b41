/// What a walk through a picture file found, without decoding a pixel.
package struct PictureReport: Sendable {
    /// Told from the content.
    package let container: Container
    /// Stored width in pixels, before orientation is applied; nil where it could not be read.
    package let width: Int?
    /// Stored height in pixels, before orientation is applied; nil where it could not be read.
    package let height: Int?
    /// How to turn the stored pixels upright: EXIF 1…8, 1 when nothing is said.
    package let orientation: Int
    /// Frames of an animation; 1 for a still picture.
    package let frames: Int
    /// Whether the file has transparency or room for it.
    package let hasAlpha: Bool
    /// Whether rows cannot be had before the whole file was read: a progressive JPEG, an interlaced PNG.
    package let isProgressive: Bool
    /// Everything that is not on the list of what pixels need, in file order; at most 4,096.
    package let findings: [Finding]
    /// The first break in the structure: where and what, without content; nil when all is whole.
    package let damage: String?
    /// Where the text of each XMP packet lies, in bytes from the start; empty when none can be read as it stands.
    package let packets: [Range<Int>]
    /// Bytes and structures looked at: bounded by a small multiple of the file's length.
    package let work: Int

    /// Whether colours are meant by a profile in the file.
    package var embeddedProfile: Bool { findings.contains { $0.kind == .iccProfile } }

    /// The kinds found, each once, sorted by raw value.
    package var kinds: [MetadataKind] {
        Set(findings.map(\.kind)).sorted { $0.rawValue < $1.rawValue }
    }
}

/// Why a file could not be inspected at all.
package enum InspectionError: Error, Hashable, CustomStringConvertible {
    /// The bytes begin like no picture known here.
    case unknownContent

    package var description: String { "the file is not a picture in a format that can be inspected" }
}

/// Walks a picture file and reports what it carries. Damage is reported, not thrown: whatever can be read is.
///
/// Coded pixels are not looked at, so that the time goes with the number of parts and not with the length; in a JPEG
/// they are searched for the next marker. With `sumsPixels` the checksums that a PNG keeps of its pixels are compared.
package func inspect(_ bytes: [UInt8], sumsPixels: Bool = false) throws(InspectionError) -> PictureReport {
    guard let container = identify(bytes) else { throw .unknownContent }
    var survey = Survey()
    let view = ByteView(bytes)
    switch container {
    case .jpeg: walkJPEG(view, into: &survey)
    case .png: walkPNG(view, sumsPixels: sumsPixels, into: &survey)
    case .webp: walkWebP(view, into: &survey)
    case .gif: walkGIF(view, into: &survey)
    case .heif, .avif: walkHEIF(view, into: &survey)
    case .tiff: walkTIFF(view, into: &survey)
    case .jxl: walkJXL(view, into: &survey)
    }
    return survey.report(container)
}
