import Documents
import Domain
import HTTPServer

/// What a fault script does to an answer whatever stands in it.
struct WireFault: Sendable {
    enum Break: String, CaseIterable {
        case before
        case within
        case after
    }

    var delay: Span?
    var status: Int?
    var headers: [(name: String, value: String)] = []
    var body: String?
    var contentType: String?
    var redirect: String?
    var bytesPerSecond: Int?
    /// The connection is reset.
    var reset: Break?
    /// The connection is closed; `after` is the body whole, chunked and without its last chunk.
    var close: Break?
    var isHanging = false

    init() {}

    /// Reads its keys, and checks which of them go together.
    init(_ fields: FieldReader) {
        delay = Self.span("delay", fields)
        status = fields.int("status", in: 200...599)
        if let object = fields.object("headers") {
            headers = object.keys.compactMap { name in object.string(name).map { (name, $0) } }
            fields.adopt(object.finish())
        }
        body = fields.value("body").map { $0.string ?? $0.compact }
        contentType = fields.string("content_type")
        redirect = fields.string("redirect")
        bytesPerSecond = fields.read("bytes_per_second", expecting: "a size such as \"10kB\"") { value in
            value.string.flatMap { ByteCount(text: $0) }.flatMap { $0.bytes > 0 ? $0.bytes : nil }
        }
        reset = fields.choice("reset", as: Break.self)
        close = fields.choice("close", as: Break.self)
        isHanging = fields.bool("hang") ?? false
        if reset != nil, close != nil { fields.fail("close", "contradicts reset", hint: "leave one out") }
        if fields.keys.isEmpty {
            fields.fail("status", "is missing", hint: "an answer says what becomes of the request")
        }
    }

    static func span(_ key: String, _ fields: FieldReader) -> Span? {
        fields.read(key, expecting: "a duration such as \"2s\"") { $0.string.flatMap { Span($0) } }
    }

    /// The answer, where the script says all of it.
    func reply(type: String) -> Reply? {
        if let redirect { return Reply(status: status ?? 307, headers: [("Location", redirect)]) }
        return body.map { Reply(status: status ?? 200, headers: [("Content-Type", type)], body: Array($0.utf8)) }
    }

    /// The same answer with the headers, the pace and the end that the script asks for.
    func spoil(_ reply: Reply) -> Reply {
        var reply = reply
        let type = contentType.map { [(name: "Content-Type", value: $0)] } ?? []
        for (name, value) in type + headers {
            reply.headers.removeAll { $0.0.lowercased() == name.lowercased() }
            reply.headers.append((name, value))
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
