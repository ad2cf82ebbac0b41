import Domain

/// ITU-T T.81, annex B.
extension Outline {
    /// Later scans are looked at only where a decoder would keep all of them. A scan of fifteen bytes may say nothing and still
    /// have every block of its components visited, which takes as long as a megabyte of picture; so scans are weighed too.
    mutating func readJPEG(_ bytes: RawSpan) {
        var place = 2
        var frame: Frame?
        while !isTooMuch, let start = bytes.next(0xFF, from: place), let marker = bytes.byte(at: start + 1) {
            place = start + 1
            switch marker {
            case 0xFF: continue
            case 0x00, 0x01, 0xD0...0xD8:
                place += 1
                continue
            case 0xD9: return
            default: break
            }
            guard let length = bytes.big16(at: start + 2), length >= 2 else { return }
            switch marker {
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                guard let found = Frame(bytes, at: start) else { return }
                size = found.size
                frame = found
            case 0xE0...0xEF, 0xFE:
                metadata += length + 2
                if marker == 0xE2, bytes.says("ICC_PROFILE", at: start + 4) { profile += length }
            case 0xDA:
                scans += 1
                let count = Int(bytes.byte(at: start + 4) ?? 0)
                guard let frame, frame.isProgressive || count < frame.components.count else { return }
                visits += (0..<count).reduce(0) { $0 + frame.blocks(of: bytes.byte(at: start + 5 + 2 * $1)) }
            default: break
            }
            pieces += 1
            place = start + 2 + length
        }
    }

    /// What a frame's header says (B.2.2).
    private struct Frame {
        let size: PixelSize
        let isProgressive: Bool
        let components: [(name: UInt8, across: Int, down: Int)]

        /// Nil where it is cut off. More than four components are none of any kind in use; decoders refuse them.
        init?(_ bytes: RawSpan, at start: Int) {
            guard let marker = bytes.byte(at: start + 1), let height = bytes.big16(at: start + 5),
                let width = bytes.big16(at: start + 7), let count = bytes.byte(at: start + 9)
            else { return nil }
            size = PixelSize(width: width, height: height)
            isProgressive = marker & 3 == 2
            components = (0..<min(Int(count), 4)).map { index in
                let sampling = Int(bytes.byte(at: start + 11 + 3 * index) ?? 0)
                return (bytes.byte(at: start + 10 + 3 * index) ?? 0, sampling >> 4, sampling & 15)
            }
        }

        /// How many blocks the components of this name have (A.1.1).
        func blocks(of name: UInt8?) -> Int {
            let across = 8 * max(1, components.map(\.across).max() ?? 1)
            let down = 8 * max(1, components.map(\.down).max() ?? 1)
            let units = ((size.width + across - 1) / across) * ((size.height + down - 1) / down)
            return components.reduce(0) { $1.name == name ? $0 + units * $1.across * $1.down : $0 }
        }
    }
}
