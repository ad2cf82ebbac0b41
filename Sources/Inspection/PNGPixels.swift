/// A PNG file cut down to header and data; not a byte of the coded picture changes.
///
/// For pictures without palette, transparency or profile: their chunks go too. Nil when the bytes are no PNG file.
package func pixelsOnly(png bytes: [UInt8]) -> [UInt8]? {
    guard identify(bytes) == .png else { return nil }
    var kept = pngSignature
    kept.reserveCapacity(bytes.count)
    eachChunk(of: ByteView(bytes)) { name, chunk in
        if name == "IHDR" || name == "IDAT" || name == "IEND" { kept += chunk.slice }
    }
    return kept
}

/// What a PNG file says besides its pixels, as a report on all chunks but the data: size, orientation, findings. Nothing is said
/// of damage, for a picture without data is always that. Nil when there is more than `limit` bytes of it.
package func glance(png bytes: UnsafeRawBufferPointer, limit: Int) -> PictureReport? {
    var head = pngSignature
    var offset = 8
    while offset <= bytes.count - 12 {
        let length = (0..<4).reduce(0) { unsafe $0 << 8 | Int(bytes[offset + $1]) }
        guard length <= bytes.count - offset - 12 else { break }
        let chunk = offset..<offset + length + 12
        if unsafe !bytes[offset + 4..<offset + 8].elementsEqual("IDAT".utf8) {
            guard head.count + chunk.count <= limit else { return nil }
            unsafe head += bytes[chunk]
        }
        offset = chunk.upperBound
    }
    return try? inspect(head)
}

private func eachChunk(of file: ByteView, _ body: (String, ByteView) -> Void) {
    var offset = 8
    while let length = file.big32(at: offset), let name = file.fourCharacters(at: offset + 4),
        let chunk = file.part(at: offset, length: length + 12)
    {
        body(name, chunk)
        if name == "IEND" { return }
        offset += chunk.count
    }
}
