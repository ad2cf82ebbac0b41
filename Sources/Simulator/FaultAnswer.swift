import Disk
import Documents
import Domain
import HTTPServer
import Providers

/// What a rule makes of an answer.
extension FaultRule {
    /// Whether a picture must be drawn for it.
    var needsPicture: Bool {
        guard refusal == nil, wire.redirect == nil, wire.body == nil, (wire.status ?? 200) == 200 else { return false }
        return switch spoil {
        case .badBase64, .noPicture, .html, .gzipBomb, .huge, .empty: false
        default: true
        }
    }

    /// The answer without a picture, or nil where one is drawn.
    func reply(_ order: DrawOrder, id: String) -> Reply? {
        guard !needsPicture else { return nil }
        if let reply = wire.reply(type: order.contract.contentType) { return finish(reply, order) }
        if let spoil, let reply = spoiled(spoil, order, id) { return finish(reply, order) }
        let page = page(of: refusal ?? .serverError, order.contract)
        return finish(
            Reply(
                status: wire.status ?? page.status, headers: order.contract.headers(id: id),
                body: Array(page.body.compact.utf8)), order)
    }

    /// An answer with pictures, spoiled where the rule says so.
    func reply(_ answer: Answer, headers: [(String, String)]) -> Reply {
        var answer = answer
        if let usage { answer.usage = .told(usage) }
        if let beside {
            // Gemini refuses content without an error object.
            answer.error = page(of: beside, answer.order.contract).body["error"] ?? .fields(["code": 400])
        }
        change(&answer)
        var reply = Reply(status: 200, headers: headers)
        reply.pieces = answer.pieces
        func retype(_ type: String) {
            reply.headers.removeAll { $0.0 == "Content-Type" }
            reply.headers.append(("Content-Type", type))
        }
        switch spoil {
        case .wrongType: retype("text/html")
        case .barePicture:
            reply.pieces = []
            reply.body = answer.pictures.first?.bytes ?? []
            retype(answer.order.format.mediaType)
        case .eventStream:
            reply.pieces = answer.event
            retype("text/event-stream")
        // Ends within the picture's text, as a file that was cut.
        case .truncatedJSON: reply.pieces.removeLast(2)
        case .malformedJSON: reply.pieces.insert(.bytes([UInt8(ascii: "{"), UInt8(ascii: ",")]), at: 0)
        default: break
        }
        return finish(reply, answer.order)
    }

    /// What the rule does to the parts of an answer before they are put together.
    private func change(_ answer: inout Answer) {
        switch spoil {
        case .usageMissing: answer.usage = .missing
        case .severalPictures: answer.pictures += answer.pictures.prefix(1)
        case .secondPlace: answer.comesSecond = true
        case .escapedSlashes: answer.pictures = answer.pictures.map(\.escaped)
        case .base64Lines: answer.pictures = answer.pictures.map(\.inLines)
        case .base64DataURL:
            let start = "data:\(answer.order.format.mediaType);base64,"
            answer.pictures = answer.pictures.map { $0.behind(start) }
        case .base64Unpadded: answer.pictures = answer.pictures.map(\.unpadded)
        case .base64URLSafe: answer.pictures = answer.pictures.map(\.safeForURLs)
        default: break
        }
    }

    /// The body of a refusal, with what the rule says of its error object and of what was counted.
    private func page(of refusal: Refusal, _ contract: Contract) -> RefusalPage {
        let form = retryForm ?? (contract == .gemini ? .retryInfo : .seconds)
        let seconds = retryAfter.map { Double($0.milliseconds) / 1000 }
        var page = RefusalPage(
            refusal, contract,
            message: form == .text
                ? retryAfter.map { "Please try again in \(($0.milliseconds + 999) / 1000) seconds." } : nil,
            retryDelay: form == .retryInfo ? seconds.map { "\($0)s" } : nil)
        if !error.isEmpty {
            let object = (page.body["error"]?.members ?? []).replacing(error)
            page.body = .object((page.body.members ?? []).replacing([.init(key: "error", value: .object(object))]))
        }
        if let usage {
            page.body = .object((page.body.members ?? []).replacing([.init(key: contract.usageKey, value: usage)]))
        }
        return page
    }

    private func spoiled(_ spoil: Spoil, _ order: DrawOrder, _ id: String) -> Reply? {
        var reply = Reply(status: 200, headers: order.contract.headers(id: id))
        func pieces(_ text: String) -> [Reply.Piece] {
            var answer = Answer(
                order: order, pictures: [DrawnPicture(text: Array(text.utf8))], id: id,
                created: Monotonic.wall() / 1000)
            if let usage { answer.usage = .told(usage) }
            return answer.pieces
        }
        switch spoil {
        case .badBase64: reply.pieces = pieces("this is *no* base64!")
        case .noPicture: reply.pieces = pieces("dGhpcyBpcyBubyBwaWN0dXJl")
        case .empty: break
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
        return wire.spoil(reply)
    }
}

extension Refusal {
    /// Whether no contract has an error object for it.
    var isEmptySuccess: Bool { self == .noImageReturned }
}

extension [JSONValue.Member] {
    /// The members with those of `others` in place of their namesakes, and the rest of them behind.
    fileprivate func replacing(_ others: Self) -> Self {
        map { member in others.first { $0.key == member.key } ?? member }
            + others.filter { self[$0.key] == nil }
    }
}
