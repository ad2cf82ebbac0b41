package import Domain
package import Inspection

/// Why a picture could not be worked on. Says nothing of what the picture holds.
package enum ImagingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A step of our own work, after the picture had been decoded.
    package enum Step: String, Sendable, CaseIterable {
        case start, convert, resize, encode
    }

    /// The bytes are no picture that Darkroom takes.
    case unsupportedContent
    /// The bytes are a picture of a kind that the settings do not let in (`Container.setting`).
    case switchedOff(Container)
    /// The bytes are damaged; `detail` is the decoder's word, for people only.
    case unreadable(detail: String)
    /// A limit was passed; found from the header, before any pixel was decoded (`normalized_bytes`: after all tries).
    case tooLarge(limit: ImagingLimit, limitValue: Int, value: Int)
    /// A mask has another size than its reference, both upright; found before any pixel was decoded.
    case otherSize(PixelSize, wanted: PixelSize)
    /// The picture was sound, the work on it failed.
    case failed(Step, detail: String)
    /// This process does without libvips (`Vips.bar`), and the picture can not be worked on without it.
    case needsLibrary

    package var description: String {
        switch self {
        case .unsupportedContent: "the content is not a picture in a format that is taken"
        case .switchedOff(let container):
            "\(container.rawValue) pictures are switched off (\(container.setting ?? "formats"))"
        case .unreadable(let detail): "the picture is damaged: \(detail)"
        case .tooLarge(let limit, let limitValue, let value):
            "the picture is too large: \(limit.words) \(value), allowed \(limitValue) (\(limit.rawValue))"
        case .otherSize(let size, let wanted): "the mask is of size \(size), its reference of \(wanted)"
        case .failed(let step, let detail): "could not \(step.rawValue) the picture: \(detail)"
        case .needsLibrary: "the picture needs libvips, which this process does without"
        }
    }
}

/// A limit on pictures, under the name it has in the settings.
package enum ImagingLimit: String, Sendable, CaseIterable {
    case bytes = "reference_bytes"
    case pixels = "reference_pixels"
    case edge = "reference_edge"
    /// The size a model accepts for one picture (`NormalizeOrder.maxBytes`).
    case normalized = "normalized_bytes"
    // Fixed limits (`MetadataLimits`), no settings.
    case metadata = "metadata_bytes"
    case profile = "profile_bytes"
    case pieces, frames, scans
    case visits = "scan_blocks"

    /// Whether the operator can set it.
    package var isSetting: Bool {
        switch self {
        case .bytes, .pixels, .edge: true
        case .normalized, .metadata, .profile, .pieces, .frames, .scans, .visits: false
        }
    }

    var words: String {
        switch self {
        case .bytes: "bytes"
        case .pixels: "pixels"
        case .edge: "pixels on its long edge"
        case .metadata: "bytes of metadata"
        case .profile: "bytes of a colour profile"
        case .pieces: "chunks, segments or items"
        case .frames: "frames"
        case .scans: "scans"
        case .visits: "blocks in its scans"
        case .normalized: "bytes after every attempt to shrink it"
        }
    }
}
