import Disk
import Documents
import Domain
import HTTPServer
import Providers

/// What a rule makes of an answer.
extension FaultRule {
    /// Whether a picture must be drawn for it.
    var needsPicture: Bool {
        guard refusal == nil, redirect == nil, body == nil, (status ?? 200) == 200 else { return false }
        return switch spoil {
        case .badBase64, .noPicture, .html, .gzipBomb, .huge: false
        default: true
        }
    }

    /// The answer without a picture, or nil where one is drawn.
    func reply(_ order: DrawOrder, id: String) -> Reply? {
        guard !needsPicture else { return nil }
        if let redirect {
            return finish(Reply(status: status ?? 307, headers: [("Location", redirect)]), order)
        }
        if let body {
            let type = contentType ?? order.contract.contentType
            return finish(
                Reply(status: status ?? 200, headers: [("Content-Type", type)], body: Array(body.utf8)), order)
        }
        if let spoil, let reply = spoiled(spoil, order, id) { return finish(reply, order) }
        let form = retryForm ?? (order.contract == .gemini ? .retryInfo : .seconds)
        let seconds = retryAfter.map { Double($0.milliseconds) / 1000 }
        var page = RefusalPage(
            refusal ?? .serverError, order.contract,
            message: form == .text
                ? retryAfter.map { "Please try again in \(($0.milliseconds + 999) / 1000) seconds." } : nil,
            retryDelay: form == .retryInfo ? seconds.map { "\($0)s" } : nil)
        page.status = status ?? page.status
        let type = contentType ?? order.contract.contentType
        return finish(
            Reply(status: page.status, headers: [("Content-Type", type)], body: Array(page.body.compact.utf8)), order)
    }

    /// An answer with pictures, spoiled where the rule says so.
    func reply(_ answer: Answer, headers: [(String, String)]) -> Reply {
        var answer = answer
        var headers = headers
        if spoil == .usageMissing { answer.hasUsage = false }
        if spoil == .severalPictures { answer.pictures += answer.pictures.prefix(1) }
        if spoil == .escapedSlashes { answer.pictures = answer.pictures.map(\.escaped) }
        if let type = spoil == .wrongType ? "text/html" : contentType {
            headers.removeAll { $0.0 == "Content-Type" }
            headers.append(("Content-Type", type))
        }
        var reply = Reply(status: 200, headers: headers)
        reply.pieces = answer.pieces
        switch spoil {
        // Ends within the picture's text, as if somebody had cut the file.
        case .truncatedJSON: reply.pieces.removeLast(2)
        case .malformedJSON: reply.pieces.insert(.bytes([UInt8(ascii: "{"), UInt8(ascii: ",")]), at: 0)
        default: break
        }
        return finish(reply, answer.order)
    }

    private func spoiled(_ spoil: Spoil, _ order: DrawOrder, _ id: String) -> Reply? {
        var reply = Reply(status: 200, headers: [("Content-Type", order.contract.contentType)])
        func pieces(_ text: String) -> [Reply.Piece] {
            Answer(order: order, pictures: [DrawnPicture(text: Array(text.utf8))], id: id).pieces
        }
        switch spoil {
        case .badBase64: reply.pieces = pieces("this is *no* base64!")
        case .noPicture: reply.pieces = pieces("dGhpcyBpcyBubyBwaWN0dXJl")
        case .html:
            reply.headers = [("Content-Type", "text/html")]
            reply.body = Array("<html><body>The service is being upgraded.</body></html>".utf8)
        case .huge:
            reply.pieces = pieces("")
            // Between the quotes: megabytes of the letter that stands for zeros.
            let megabyte = [UInt8](repeating: UInt8(ascii: "A"), count: 1 << 20)
            reply.pieces.insert(.repeated(megabyte, times: 1 << 10), at: 2)
        case .gzipBomb:
            reply.headers.append(("Content-Encoding", "gzip"))
            reply.pieces = GzipBomb.pieces(unpacked: 1 << 30)
        default: return nil
        }
        return reply
    }

    /// What any answer may have: a wait to ask for, a pace, a broken end.
    private func finish(_ reply: Reply, _ order: DrawOrder) -> Reply {
        var reply = reply
        let form = retryForm ?? (order.contract == .gemini ? .retryInfo : .seconds)
        if let retryAfter {
            let seconds = (retryAfter.milliseconds + 999) / 1000
            switch form {
            case .seconds: reply.headers.append(("Retry-After", String(seconds)))
            case .date:
                reply.headers.append(("Retry-After", HTTPDate.text(Monotonic.wall() + retryAfter.milliseconds + 999)))
            case .milliseconds: reply.headers.append(("retry-after-ms", String(retryAfter.milliseconds)))
            case .retryInfo where order.contract != .gemini: reply.headers.append(("Retry-After", String(seconds)))
            case .retryInfo, .text: break
            }
        }
        reply.bytesPerSecond = bytesPerSecond
        let half = Int(clamping: (reply.pieces.reduce(0) { $0 + $1.count } + UInt64(reply.body.count)) / 2)
        switch (reset, close) {
        case (.before?, _): reply.ending = .resetBeforeReply
        case (.within?, _): reply.ending = .resetAfter(bytes: half)
        case (.after?, _): reply.ending = .resetWhenSent
        case (_, .before?): reply.ending = .dropBeforeReply
        case (_, .within?): reply.ending = .dropAfter(bytes: half)
        case (_, .after?): reply.ending = .unterminated
        case (nil, nil): break
        }
        return reply
    }
}

extension DrawnPicture {
    /// The same text with every slash written as JSON also allows.
    fileprivate var escaped: DrawnPicture {
        var escaped: [UInt8] = []
        text.forEach { byte in
            if byte == UInt8(ascii: "/") { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte)
        }
        return DrawnPicture(text: escaped)
    }
}

/// A gzip member of a few megabytes that unpacks to as much as is asked for.
enum GzipBomb {
    /// RFC 1951: one block with fixed codes, a letter, then copies of the 258 letters before.
    ///
    /// A copy takes 13 bits, so thirteen bytes hold eight of them and repeat; the end is left off, which nobody reaches.
    static func pieces(unpacked: UInt64) -> [Reply.Piece] {
        var bits = BitWriter()
        bits.add([0, 1, 0])  // not the last block, fixed codes
        bits.add(code: 0x30 + UInt32(UInt8(ascii: "A")), length: 8)
        for _ in 0..<24 {
            bits.add(code: 0b1100_0101, length: 8)  // length 258
            bits.add(code: 0, length: 5)  // distance 1
        }
        let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        // The copies begin at bit 11: from byte 2 on everything repeats.
        return [
            .bytes(header + bits.bytes.prefix(2)), .repeated(Array(bits.bytes[2..<15]), times: unpacked / (8 * 258)),
        ]
    }

    private struct BitWriter {
        var bytes: [UInt8] = []
        private var count = 0

        mutating func add(_ bits: [UInt8]) {
            for bit in bits {
                if count % 8 == 0 { bytes.append(0) }
                bytes[count / 8] |= bit << UInt8(count % 8)
                count += 1
            }
        }

        /// Codes stand with their highest bit first.
        mutating func add(code: UInt32, length: Int) {
            add((0..<length).reversed().map { UInt8(code >> UInt32($0) & 1) })
        }
    }
}

/// IMF-fixdate of RFC 9110.
enum HTTPDate {
    static func text(_ milliseconds: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let stamp = Timestamp(milliseconds: max(0, milliseconds)).description
        let date = stamp.prefix(10).split(separator: "-")
        guard date.count == 3, let month = Int(date[1]), (1...12).contains(month) else { return stamp }
        let day = days[Int(max(0, milliseconds) / 86_400_000 % 7)]
        return "\(day), \(date[2]) \(months[month - 1]) \(date[0]) \(stamp.dropFirst(11).prefix(8)) GMT"
    }
}
