/// The open bitstream units of one coded AV1 picture (AV1 specification 5.3): those that pixels need, and nothing else.
struct AV1Units {
    /// Sequence header, temporal delimiter, frame header, tile group, frame, redundant frame header.
    private static let needed: Set<UInt8> = [1, 2, 3, 4, 6, 7]

    /// Notes the units of `stream` that hold anything but pixels.
    static func check(_ stream: ByteView, into survey: inout Survey) {
        var offset = 0
        while let head = stream[offset] {
            survey.work += 1
            guard head & 0x81 == 0 else { return survey.damaged("malformed AV1 unit", at: stream.start + offset) }
            let type = head >> 3 & 15
            var body = offset + (head & 4 == 0 ? 1 : 2)
            var length = max(0, stream.count - body)
            if head & 2 != 0 {
                guard let (stated, bytes) = leb128(stream, at: body) else {
                    return survey.damaged("malformed AV1 unit", at: stream.start + offset)
                }
                body += bytes
                length = stated
            }
            guard body <= stream.count, length <= stream.count - body,
                let unit = stream.part(at: offset, length: body + length - offset)
            else { return survey.damaged("AV1 unit reaches over the end", at: stream.start + offset) }
            if !needed.contains(type) || (type == 2 && length > 0) {
                survey.find(.unknownSegment, unit, label: type == 5 ? "OBU_METADATA" : "OBU")
            }
            offset += unit.count
        }
    }

    /// A number below 2^32 in at most eight groups of seven bits, and how many bytes it takes.
    private static func leb128(_ view: ByteView, at offset: Int) -> (Int, Int)? {
        var value = 0
        for index in 0..<8 {
            guard let byte = view[offset + index] else { return nil }
            value |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 { return value < 1 << 32 ? (value, index + 1) : nil }
        }
        return nil
    }
}
