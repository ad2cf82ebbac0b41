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
        /// A right picture in base64 with a line break after every 76 letters.
        case base64Lines = "base64_lines"
        /// A right picture as a `data:` URL.
        case base64DataURL = "base64_data_url"
        /// A right picture whose base64 needs padding and has none.
        case base64Unpadded = "base64_unpadded"
        /// A right picture in the alphabet of base64 for URLs.
        case base64URLSafe = "base64_url_safe"
        /// Base64 of something else.
        case noPicture = "no_picture"
        /// An entry without a picture first, then one with it.
        case secondPlace = "second_place"
        /// The picture itself as the body.
        case barePicture = "bare_picture"
        /// A right answer as one event of `text/event-stream`.
        case eventStream = "event_stream"
        /// A body of no bytes.
        case empty
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
    /// Whether `requests`, `every` and `times` are counted for each prompt separately.
    var isPerPrompt = false

    // MARK: what becomes of them

    var wire = WireFault()
    var refusal: Refusal?
    /// Members of the refusal's error object, in place of its own or beside them.
    var error: [JSONValue.Member] = []
    /// A refusal whose error object stands beside the picture.
    var beside: Refusal?
    /// What stands in the place of the token counts; `null` is a value too.
    var usage: JSONValue?
    var retryAfter: Span?
    var retryForm: RetryForm?
    var spoil: Spoil?
    /// Where the pictures are, in place of the pictures.
    var address: ServedAddress?
    var billed: Bool?

    /// What the ledger says of such a request.
    var isBilled: Bool {
        if let billed { return billed }
        if let refusal { return refusal.isBilled }
        return wire.redirect == nil && (wire.status ?? 200) < 300
    }
}

/// What is wrong with a fault file.
package struct FaultFileError: Error, Sendable, CustomStringConvertible {
    /// One line a fault, each naming its rule.
    package let faults: [String]

    package var description: String { faults.joined(separator: "\n") }
}
