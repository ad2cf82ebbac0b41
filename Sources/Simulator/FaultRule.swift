import Documents
import Domain

/// One rule of a fault script: which requests it meets, how often, and what becomes of them.
package struct FaultRule: Sendable {
    /// How the wait is written that an answer asks for.
    enum RetryForm: String, CaseIterable {
        /// `Retry-After` in seconds.
        case seconds
        /// `Retry-After` as an HTTP date.
        case date
        /// `retry-after-ms`.
        case milliseconds
        /// Gemini's `RetryInfo` in the body; seconds elsewhere.
        case retryInfo = "retry_info"
        /// "Try again in N seconds" in the message.
        case text
    }

    /// What is wrong with an answer that looks like a success.
    enum Spoil: String, CaseIterable {
        case truncatedJSON = "truncated_json"
        case malformedJSON = "malformed_json"
        case badBase64 = "bad_base64"
        /// Base64 of something else.
        case noPicture = "no_picture"
        /// A page for people instead.
        case html
        /// A right answer that calls itself `text/html`.
        case wrongType = "wrong_type"
        case usageMissing = "usage_missing"
        /// One picture more than was asked for.
        case severalPictures = "several_pictures"
        /// A right answer whose slashes are written `\/`.
        case escapedSlashes = "escaped_slashes"
        /// A few megabytes that unpack to a gigabyte.
        case gzipBomb = "gzip_bomb"
        /// A gigabyte of base64.
        case huge
    }

    enum Break: String, CaseIterable {
        case before
        case within
        case after
    }

    // MARK: which requests

    var name = ""
    var providers: Set<Contract> = []
    /// Nil for both.
    var isEdit: Bool?
    var markers: [String] = []
    /// Counted from 1 among the requests that fit all of the above.
    var requests: Set<Int> = []
    var every: Int?
    var percent: Double?
    var seed = 0
    var times: Int?
    /// Whether `requests`, `every` and `times` are counted for each prompt by itself.
    var isPerPrompt = false

    // MARK: what becomes of them

    var delay: Span?
    var refusal: Refusal?
    var status: Int?
    var body: String?
    var contentType: String?
    var redirect: String?
    var retryAfter: Span?
    var retryForm: RetryForm?
    var spoil: Spoil?
    var bytesPerSecond: Int?
    /// The connection is reset.
    var reset: Break?
    /// The connection is closed; `after` is the body whole, chunked and without its last chunk.
    var close: Break?
    var isHanging = false
    var billed: Bool?

    /// What the ledger says of such a request.
    var isBilled: Bool {
        if let billed { return billed }
        if let refusal { return refusal.isBilled }
        return redirect == nil && (status ?? 200) < 300
    }
}

/// What is wrong with a fault file.
package struct FaultFileError: Error, Sendable, CustomStringConvertible {
    /// One line a fault, each naming its rule.
    package let faults: [String]

    package var description: String { faults.joined(separator: "\n") }
}

extension FaultRule {
    /// Reads one rule; what is wrong is left in `faults`.
    init(_ value: JSONValue, number: Int, faults: inout [FieldFault]) {
        let label = value["name"]?.string.map { "rule \(number) (\(JSONParser.shown($0)))" } ?? "rule \(number)"
        let fields = FieldReader(value, at: label)
        name = fields.string("name") ?? "rule-\(number)"
        if let match = fields.object("match") {
            readMatch(match)
            fields.adopt(match.finish())
        }
        times = fields.int("times", in: 1...1_000_000)
        isPerPrompt = fields.bool("per_prompt") ?? false
        if let answer = fields.object("answer") {
            readAnswer(answer)
            fields.adopt(answer.finish())
        } else if !fields.has("answer") {
            fields.fail("answer", "is missing", hint: "such as { refuse: \"overloaded\" }")
        }
        faults += fields.finish()
    }

    private mutating func readMatch(_ match: FieldReader) {
        providers = Set(
            Self.some(match, "provider", "the name of a provider, or a list of them") {
                $0.string.flatMap(Contract.init)
            })
        markers = Self.some(match, "marker", "a word, or a list of words") { value in
            value.string.flatMap { !$0.isEmpty && !$0.contains("]") ? $0 : nil }
        }
        isEdit = match.read("kind", expecting: "\"generate\" or \"edit\"") { value in
            value.string.flatMap { ["generate": false, "edit": true][$0] }
        }
        requests = Set(
            Self.some(match, "request", "a number from 1 on, or a list of them") {
                $0.int.flatMap { $0 > 0 ? $0 : nil }
            })
        every = match.int("every", in: 1...1_000_000)
        percent = match.read("percent", expecting: "a number above 0, at most 100") { value in
            value.double.flatMap { $0 > 0 && $0 <= 100 ? $0 : nil }
        }
        seed = match.int("seed", in: 0...Int(Int32.max)) ?? 0
        if match.has("seed"), percent == nil { match.fail("seed", "is for percent", hint: "add percent") }
    }

    private mutating func readAnswer(_ answer: FieldReader) {
        func span(_ key: String) -> Span? {
            answer.read(key, expecting: "a duration such as \"2s\"") { $0.string.flatMap { Span($0) } }
        }
        delay = span("delay")
        refusal = answer.choice("refuse", as: Refusal.self)
        status = answer.int("status", in: 200...599)
        body = answer.string("body")
        contentType = answer.string("content_type")
        redirect = answer.string("redirect")
        retryAfter = span("retry_after")
        retryForm = answer.choice("retry_after_as", as: RetryForm.self)
        if retryForm != nil, retryAfter == nil {
            answer.fail("retry_after_as", "is for retry_after", hint: "add retry_after")
        }
        spoil = answer.choice("spoil", as: Spoil.self)
        bytesPerSecond = answer.read("bytes_per_second", expecting: "a size such as \"10kB\"") { value in
            value.string.flatMap { ByteCount(text: $0) }.flatMap { $0.bytes > 0 ? $0.bytes : nil }
        }
        reset = answer.choice("reset", as: Break.self)
        close = answer.choice("close", as: Break.self)
        isHanging = answer.bool("hang") ?? false
        billed = answer.bool("billed")
        checkTogether(answer)
    }

    private func checkTogether(_ answer: FieldReader) {
        if answer.keys.isEmpty {
            answer.fail("refuse", "is missing", hint: "an answer says what becomes of the request")
        }
        let heads = ["refuse", "redirect", "spoil", "hang"].filter(answer.has)
        if heads.count > 1 { answer.fail(heads[1], "contradicts \(heads[0])", hint: "leave one out") }
        if reset != nil, close != nil { answer.fail("close", "contradicts reset", hint: "leave one out") }
        if spoil != nil, status != nil || body != nil {
            answer.fail("spoil", "is for an answer that looks right", hint: "leave status and body out")
        }
    }

    private static func some<Element>(
        _ fields: FieldReader, _ key: String, _ what: String, _ convert: (JSONValue) -> Element?
    ) -> [Element] {
        fields.read(key, expecting: what) { value -> [Element]? in
            let all = value.array ?? [value]
            let read = all.compactMap(convert)
            return read.count == all.count && !read.isEmpty ? read : nil
        } ?? []
    }
}
