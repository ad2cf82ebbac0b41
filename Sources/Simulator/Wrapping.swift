import HTTPServer
import Providers

/// The ways in which services and gateways write the base64 of a picture.
extension DrawnPicture {
    /// The picture itself.
    var bytes: [UInt8] { Base64.decode(String(decoding: letters, as: UTF8.self)) ?? [] }

    private var letters: [UInt8] {
        var letters: [UInt8] = []
        letters.reserveCapacity(text.count)
        text.forEach { letters.append($0) }
        return letters
    }

    /// The same text with every slash written as JSON also allows.
    var escaped: DrawnPicture {
        var escaped: [UInt8] = []
        text.forEach { byte in
            if byte == UInt8(ascii: "/") { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte)
        }
        return DrawnPicture(text: escaped)
    }

    /// A line break after every 76 letters (RFC 2045, section 6.8), as a string of JSON writes it.
    var inLines: DrawnPicture {
        var lines: [UInt8] = []
        var count = 0
        text.forEach { byte in
            if count > 0, count % 76 == 0 { lines += Array(#"\r\n"#.utf8) }
            lines.append(byte)
            count += 1
        }
        return DrawnPicture(text: lines)
    }

    func behind(_ start: String) -> DrawnPicture { DrawnPicture(text: Array(start.utf8) + letters) }

    var unpadded: DrawnPicture { DrawnPicture(text: letters.filter { $0 != UInt8(ascii: "=") }) }

    /// The alphabet of RFC 4648, section 5.
    var safeForURLs: DrawnPicture {
        DrawnPicture(
            text: letters.map { letter in
                switch letter {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: letter
                }
            })
    }
}

extension Answer {
    /// The answer as one event of a stream.
    var event: [Reply.Piece] {
        let name = order.isEdit ? "image_edit.completed" : "image_generation.completed"
        return [.bytes(Array("event: \(name)\ndata: ".utf8))] + pieces + [.bytes(Array("\n\ndata: [DONE]\n\n".utf8))]
    }
}
