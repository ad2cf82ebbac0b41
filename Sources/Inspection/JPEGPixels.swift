/// A JPEG file cut down to what its pixels need: tables, frame, scans. Not a coefficient changes.
///
/// Every APPn and COM segment goes, and whatever follows the end of image, among it the further pictures of a multi-picture
/// file. A bare JFIF header stands in their place: it says Y'CbCr (or grey) by itself, so that no decoder has to guess from
/// what else was there. Only for pictures that are meant so; a JPEG of RGB or CMYK would change its colours. Nil when the
/// bytes are no JPEG file or are damaged.
package func pixelsOnly(jpeg bytes: [UInt8]) -> [UInt8]? {
    guard identify(bytes) == .jpeg else { return nil }
    var survey = Survey()
    var walk = JPEGWalk(file: ByteView(bytes))
    walk.run(into: &survey)
    guard survey.damage == nil else { return nil }
    var kept: [UInt8] = [0xFF, 0xD8]
    kept.reserveCapacity(walk.pixelParts.reduce(bareJFIF.count + 4) { $0 + $1.count })
    kept += bareJFIF
    for part in walk.pixelParts { kept += part.slice }
    kept += [0xFF, 0xD9]
    return kept
}

/// APP0 of JFIF 1.01: square pixels, no density, no thumbnail.
private let bareJFIF: [UInt8] = [0xFF, 0xE0, 0, 16] + Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0]
