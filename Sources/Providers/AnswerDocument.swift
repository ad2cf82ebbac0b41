import Documents
import Domain

/// An answer's body as it was kept, and what it is where it is no answer of a model.
struct AnswerDocument {
    let status: Int
    /// `.null` where the body is no JSON.
    let json: JSONValue
    /// What came in place of an answer; nil for JSON, and for anything with a status that says by itself that it failed.
    let oddity: Oddity?
    /// The one picture that the body was, without any JSON around it.
    let barePicture: AnswerPicture?

    init(status: Int, body: [UInt8]) {
        self.status = status
        var json = (try? JSONParser.parse(body)) ?? .null
        if json.array?.count == 1, let only = json[0], only.members != nil { json = only }
        self.json = json
        barePicture = AnswerPicture.taken(json)
        oddity = Self.oddity(status, json, body)
    }

    private static func oddity(_ status: Int, _ json: JSONValue, _ body: [UInt8]) -> Oddity? {
        if (300..<400).contains(status) { return .redirect }
        guard (200..<300).contains(status), json.members == nil else { return nil }
        let start = body.drop { $0 <= 0x20 || [0xEF, 0xBB, 0xBF].contains($0) }.prefix(16)
        if start.isEmpty { return .empty }
        if start.first == UInt8(ascii: "<") { return .page }
        let isStream = ["data:", "event:", "id:", ":"].contains { start.starts(with: $0.utf8) }
        return isStream ? .stream : .unreadable
    }
}

/// What came in place of a model's answer.
package enum Oddity: String, Sendable, Hashable {
    case redirect, page, empty, stream, unreadable
    /// A picture's place held what is no picture.
    case noPicture
    /// A URL, which the route may not fetch.
    case url
    /// A URL that could not be fetched in time.
    case lostURL

    /// What such a call may have cost: nothing where the service cannot have drawn.
    var billed: Billed {
        switch self {
        case .redirect, .page: .no
        case .empty, .stream, .unreadable: .possible
        case .noPicture, .url, .lostURL: .yes
        }
    }

    /// Whether it says something of the route, rather than of one picture.
    var isOfRoute: Bool {
        switch self {
        case .redirect, .page, .empty, .stream, .unreadable: true
        case .noPicture, .url, .lostURL: false
        }
    }

    /// What it is, after "it is".
    var words: String {
        switch self {
        case .redirect: "a redirect, which is not followed"
        case .page: "a web page"
        case .empty: "empty"
        case .stream: "an event stream, which was not asked for"
        case .unreadable: "no JSON"
        case .noPicture: "no picture of a known format"
        case .url: "a URL, which this route may not fetch"
        case .lostURL: "a URL that could not be fetched in time"
        }
    }
}
