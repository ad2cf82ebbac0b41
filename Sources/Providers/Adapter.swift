import Documents
package import Domain
package import Settings
package import Transport

/// A normalized reference as it is sent.
package struct SentPicture: Sendable, Hashable {
    package var bytes: [UInt8]
    package var format: PictureFormat
    package var size: PixelSize

    package init(bytes: [UInt8], format: PictureFormat, size: PixelSize) {
        self.bytes = bytes
        self.format = format
        self.size = size
    }
}

/// One model service: a plan in, a request out; an answer in, a verdict out. Opens no socket.
package protocol Adapter: Sendable {
    /// Base URL of the service.
    var endpoint: String { get }
    /// The request. File names in it are ours: `ref-1.png`.
    func request(_ plan: CallPlan, references: [SentPicture], mask: SentPicture?) -> OutgoingRequest
    /// Reads a whole answer.
    func read(_ head: AnswerHead, body: [UInt8]) -> (Verdict, ImageAnswer?)
}

extension Processor {
    /// The adapter of a route that goes by this row: there is no other way to one. Nil where the row names no such host.
    ///
    /// - Parameter endpoint: base URL, for the simulator the address where it listens.
    package func adapter(for route: Route, endpoint: String, key: SecretText?) -> (any Adapter)? {
        guard allows(endpoint: endpoint) else { return nil }
        return switch route.provider {
        case .microsoftMAI: MicrosoftMAI(route: route, endpoint: endpoint, key: key)
        case .openAI, .azureOpenAI, .simulator: OpenAIImages(route: route, endpoint: endpoint, key: key)
        case .googleGemini: GoogleGemini(route: route, endpoint: endpoint, key: key)
        case .openRouter:
            OpenRouter(route: route, endpoint: endpoint, key: key, wantsNothingKept: terms.retention == .nothing)
        }
    }
}

extension Route.Provider {
    /// Whether requests carry a pseudonym of whose they are (`safety_identifier`).
    package var isToldOfSubjects: Bool {
        switch self {
        case .openAI, .azureOpenAI, .simulator: true
        case .microsoftMAI, .googleGemini, .openRouter: false
        }
    }
}

/// What the contracts share.
package enum SharedContract {
    /// Largest body of an answer in bytes: a 2048² PNG is about 10 MB of JSON.
    package static let answerLimit = 64 << 20

    /// The id of the request, for the provider's support.
    static func requestID(_ head: AnswerHead) -> String? {
        ["x-ms-request-id", "apim-request-id", "x-request-id"].lazy.compactMap { PlainWord.read(head.headers[$0]) }
            .first
    }

    /// "Try again in N seconds", as Azure says it where it sends no header.
    static func wait(_ document: AnswerDocument) -> Span? {
        guard document.status == 429 else { return nil }
        let message = ErrorObject(document.json).messages.first?.prefix(4000).lowercased() ?? ""
        guard let found = message.firstRange(of: /(?:try again|retry) (?:in|after) ([0-9]{1,6}) ?s/) else { return nil }
        let digits = message[found].split(whereSeparator: { !("0"..."9").contains($0) }).first
        return digits.flatMap { Double($0) }.flatMap { RetryHint.bounded(milliseconds: $0 * 1000) }
    }

    /// File parts named by us, in order.
    static func fileParts(_ pictures: [SentPicture], name: String) -> [FormPart] {
        pictures.enumerated().map { index, picture in
            FormPart(
                name: name, content: picture.bytes, fileName: "ref-\(index + 1).\(picture.format.suffix)",
                contentType: picture.format.mediaType)
        }
    }
}

/// The wait that an answer asks for.
package enum RetryHint {
    /// A wait of more than this is no hint of a service: it is passed over.
    static let longestBelieved = Span.hours(24 * 31)
    /// What is believed is waited for no longer than this, then tried again.
    package static let longest = Span.hours(24)

    /// `retry-after-ms` in milliseconds, else `retry-after` in seconds or as an HTTP date; nil without either, and for what can be
    /// no wait.
    package static func read(_ headers: [String: String], now: Timestamp? = nil) -> Span? {
        if let wait = headers["retry-after-ms"].flatMap({ Double($0) }).flatMap(bounded) { return wait }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = Double(text) { return bounded(milliseconds: seconds * 1000) }
        guard let moment = httpDate(text), let now = now ?? headers["date"].flatMap(httpDate) else { return nil }
        return bounded(milliseconds: Double(max(.zero, moment.since(now)).milliseconds))
    }

    /// The wait of so many milliseconds: the one place where a number that a service sends becomes a time.
    static func bounded(milliseconds: Double) -> Span? {
        guard milliseconds >= 0, milliseconds <= Double(longestBelieved.milliseconds) else { return nil }
        return min(longest, Span(milliseconds: Int64(milliseconds.rounded(.up))))
    }

    /// Whether the headers say that the request must not be repeated automatically.
    package static func forbidsRepeat(_ headers: [String: String]) -> Bool {
        headers["x-should-retry"]?.lowercased() == "false"
    }

    /// IMF-fixdate of RFC 9110, `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func httpDate(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[5] == "GMT", let day = Int64(words[1]), let year = Int64(words[3]),
            let month = months.firstIndex(of: String(words[2])), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, zip(clock, [23, 59, 60]).allSatisfy({ (0...$1).contains($0) }) else { return nil }
        // Days since 1970 by the rule of leap years, months counted from March.
        let shifted = Int64(month) < 2 ? year - 1 : year
        let fromMarch = Int64(month) < 2 ? Int64(month) + 10 : Int64(month) - 2
        let days =
            shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (153 * fromMarch + 2) / 5 + day - 719_469
        return Timestamp(milliseconds: ((days * 24 + clock[0]) * 3600 + clock[1] * 60 + clock[2]) * 1000)
    }
}
