/// A box of an ISO base media file (ISO/IEC 14496-12, 4.2): HEIF, AVIF and JPEG XL files are built of them.
package struct ISOBox: Sendable {
    /// Most boxes of one level that are looked at: no picture file needs more.
    package static let limit = 4_096

    /// Four printable ASCII characters.
    package let name: String
    /// With its header.
    package let whole: ByteView
    /// Without it.
    package let content: ByteView

    /// Whether the box states no length and reaches to the end of what it stands in.
    package var isOpenEnded: Bool { whole.big32(at: 0) == 0 }

    /// The box at `offset` of `view`; nil where none stands or it does not fit.
    package init?(in view: ByteView, at offset: Int) {
        guard let size = view.big32(at: offset), let name = view.fourCharacters(at: offset + 4) else { return nil }
        var header = 8
        var length = size
        if size == 0 { length = view.count - offset }
        if size == 1 {
            guard let large = view.big64(at: offset + 8) else { return nil }
            header = 16
            length = large
        }
        guard length >= header, let whole = view.part(at: offset, length: length) else { return nil }
        self.name = name
        self.whole = whole
        content = whole.rest(from: header)
    }

    /// The boxes that stand in `view` one behind the other, and what is left where no further one stands.
    package static func list(in view: ByteView) -> (boxes: [ISOBox], rest: ByteView) {
        var boxes: [ISOBox] = []
        var offset = 0
        while boxes.count < limit, let box = ISOBox(in: view, at: offset) {
            boxes.append(box)
            offset += box.whole.count
        }
        return (boxes, view.rest(from: offset))
    }
}

extension Survey {
    /// The boxes in another; anything else in there is damage.
    mutating func boxes(in view: ByteView) -> [ISOBox] {
        let (boxes, rest) = ISOBox.list(in: view)
        work += boxes.count
        if rest.count > 0 { damaged("box reaches over the end", at: rest.start) }
        return boxes
    }

    /// Notes what stands in the boxes that any file may have: room that is kept free, and boxes named by a UUID.
    mutating func commonBox(_ box: ISOBox) {
        switch box.name {
        case "free", "skip":
            work += box.content.count
            if !box.content.isZero { find(.unknownSegment, box.whole, label: box.name) }
        case "uuid" where box.content.matches(Self.provenanceBox, at: 0), "jumb":
            find(.c2pa, box.whole, label: box.name)
        case "uuid" where box.content.matches(Self.packetBox, at: 0):
            find(.xmp, box.whole, label: box.name)
            packet(box.content.rest(from: 16))
        case "moov", "moof", "mfra": find(.video, box.whole, label: box.name)
        default: find(.unknownSegment, box.whole, label: box.name)
        }
    }

    /// C2PA 2.4, A.5 (BMFF-based formats).
    private static let provenanceBox: [UInt8] = [
        0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
    ]
    /// XMP part 3, 1.1.4.
    private static let packetBox: [UInt8] = [
        0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
    ]
}
