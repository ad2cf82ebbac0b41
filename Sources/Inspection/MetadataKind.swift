/// What a picture file may carry besides its pixels; the raw values are the words of `inputs.removed`.
package enum MetadataKind: String, Sendable, CaseIterable, Codable {
    case exif
    /// A place, from the GPS directory of an EXIF block.
    case gps
    case makerNote = "maker_note"
    /// A small copy of a picture, often made before it was cropped.
    case thumbnail
    case orientation
    /// Serial numbers of camera or lens.
    case serialNumber = "serial_number"
    /// Names: artist, owner, copyright.
    case creator
    case xmp
    /// The continuation of an XMP packet over several JPEG segments; may hold whole pictures.
    case extendedXMP = "extended_xmp"
    case iptc
    case photoshop
    case iccProfile = "icc_profile"
    case comment
    case text
    case time
    case resolution
    case c2pa
    /// The table of further pictures in one JPEG file (CIPA DC-007).
    case mpf
    case jfxx
    case secondImage = "second_image"
    /// A film beside the picture, as telephones add it to a photograph.
    case video
    /// What an image generator noted of its work: prompt, seed, workflow.
    case generatorText = "generator_text"
    /// More than one frame, or the means to show them.
    case animation
    /// Bytes after the end of the picture.
    case trailingData = "trailing_data"
    /// Anything the walker has no rule for.
    case unknownSegment = "unknown_segment"
}

/// One piece of metadata in a file. It says where, never what.
package struct Finding: Sendable, Hashable {
    /// What it is.
    package let kind: MetadataKind
    /// Where it begins, in bytes from the start of the file.
    package let offset: Int
    /// Length in bytes, with the marker or chunk header where it has one of its own.
    package let length: Int
    /// The container's own word for the place: marker, chunk or directory name; never content.
    package let label: String

    package init(kind: MetadataKind, offset: Int, length: Int, label: String) {
        self.kind = kind
        self.offset = offset
        self.length = length
        self.label = label
    }
}
