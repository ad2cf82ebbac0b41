/// The box file around a JPEG XL codestream (ISO/IEC 18181-2): a bare stream has no place for marks.
enum JXLContainer {
    private static let head: [UInt8] = [
        0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A,
        0, 0, 0, 20, 0x66, 0x74, 0x79, 0x70, 0x6A, 0x78, 0x6C, 0x20, 0, 0, 0, 0, 0x6A, 0x78, 0x6C, 0x20,
    ]

    /// `stream` in one box, which reaches to the end of the file where its length has no room; a file in boxes stays as it is.
    static func holding(_ stream: [UInt8]) -> [UInt8] {
        guard !stream.starts(with: head.prefix(12)) else { return stream }
        let length = UInt32(exactly: stream.count + 8) ?? 0
        let size = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        return head + size + Array("jxlc".utf8) + stream
    }
}
