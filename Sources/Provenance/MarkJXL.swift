import Inspection

/// An `xml ` box in a JPEG XL file (ISO/IEC 18181-2, 9.5); a naked codestream is put into boxes first.
func markJXL(_ bytes: [UInt8], _ text: [UInt8]) throws(ProvenanceError) -> [UInt8] {
    let signature: [UInt8] = [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A]
    let type: [UInt8] = [0, 0, 0, 20] + Array("ftypjxl \0\0\0\0jxl ".utf8)
    guard let packet = isoBox("xml ", text) else { throw .tooLong }
    let file = ByteView(bytes)
    if file.matches([0xFF, 0x0A], at: 0) {
        guard let stream = isoBox("jxlc", bytes) else { throw .tooLong }
        return signature + type + packet + stream
    }
    // The box that states the level stands before all others.
    let boxes = ISOBox.list(in: file).boxes
    let head = boxes.prefix { ["JXL ", "ftyp", "jxll"].contains($0.name) }
    guard let last = head.last, head.count > 1 else { throw .unclean([.damaged("no head")]) }
    let place = last.whole.start + last.whole.count
    return bytes[..<place] + packet + bytes[place...]
}
