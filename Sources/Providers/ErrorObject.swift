import Documents
import Domain

/// The error of an answer, wherever services and gateways put it: `error` as an object or a sentence, no wrapper at all, and
/// another service's whole error inside a message.
struct ErrorObject {
    /// Whether the answer says that it is an error, rather than its status alone.
    let isStated: Bool
    /// What may be codes, the most specific first.
    let codes: [String]
    /// Sentences, the outer one first.
    let messages: [String]
    /// A status that stands in the body in place of a code.
    let status: Int?
    /// The field of the request that was refused.
    let parameter: String?
    /// Where a filter stood: `input` or `output`.
    let stage: String?

    /// Errors inside errors that are looked into.
    private static let deepest = 4

    init(_ document: JSONValue) {
        var reader = Reader()
        // Gemini's streaming form wraps the one answer in an array.
        let document = document.array?.count == 1 ? document[0] ?? document : document
        isStated = document["error"].map { ![.null, .bool(false), "", [], .object([])].contains($0) } ?? false
        reader.read(document, depth: 0)
        codes = reader.codes
        messages = reader.messages
        status = reader.status
        parameter = reader.parameter
        stage = reader.stage
    }

    private struct Reader {
        var codes: [String] = []
        var messages: [String] = []
        var status: Int?
        var parameter: String?
        var stage: String?

        mutating func read(_ document: JSONValue, depth: Int) {
            guard depth < ErrorObject.deepest else { return }
            let error = document["error"].flatMap { $0 == .null ? nil : $0 } ?? document
            if let sentence = error.string { return take(sentence, depth: depth) }
            guard error.members != nil else { return }
            let metadata = error["metadata"]
            // What stands deeper was said by whom the refusal comes from.
            for inner in [error["innererror"], error["inner_error"]] { add(inner?["code"]) }
            add(metadata?["error_type"])
            add(error["availability"]?["code"] ?? metadata?["availability"]?["code"])
            add(error["code"])
            for detail in (error["details"]?.array ?? []).prefix(16) {
                add(detail["reason"])
                add(detail["code"])
            }
            add(error["type"])
            add(error["status"])
            parameter = parameter ?? error["param"]?.string
            stage = stage ?? error["moderation_details"]?["moderation_stage"]?.string
            if status == nil { status = Self.status(error["code"]) ?? Self.status(error["status"]) }
            for key in ["message", "detail", "error_description"] { take(error[key]?.string, depth: depth) }
            readRaw(metadata?["raw"], depth: depth)
        }

        private mutating func readRaw(_ raw: JSONValue?, depth: Int) {
            guard let raw else { return }
            if let text = raw.string { take(text, depth: depth) } else { read(raw, depth: depth + 1) }
        }

        private mutating func add(_ code: JSONValue?) {
            guard let text = code?.string, !text.isEmpty, codes.count < 32 else { return }
            codes.append(text)
        }

        /// Keeps a sentence, and looks into the document that stands in it.
        private mutating func take(_ sentence: String?, depth: Int) {
            guard let sentence, !sentence.isEmpty, messages.count < 16 else { return }
            messages.append(sentence)
            guard sentence.utf8.count <= 65_536, let start = sentence.firstIndex(of: "{"),
                let end = sentence.lastIndex(of: "}"), start < end,
                let inner = try? JSONParser.parse(String(sentence[start...end]))
            else { return }
            read(inner, depth: depth + 1)
        }

        private static func status(_ value: JSONValue?) -> Int? {
            let number = value?.int ?? value?.string.flatMap { Int($0) }
            return number.flatMap { (400...599).contains($0) ? $0 : nil }
        }
    }
}

extension ErrorObject {
    /// How a call with this error is to be judged: by codes, by the refused field, by words, and last by status.
    ///
    /// - Parameter status: of the answer; what stands in the body counts where that is a success.
    func fault(status answered: Int) -> CallFault {
        let status = (200..<300).contains(answered) ? self.status : answered
        let stated = stated(status)
        var fault = CallFault(stated ?? Self.callClass(status), providerCode: providerCode)
        fault.isDoubtful = stated == nil && fault.callClass == .permission
        return fault
    }

    /// The class that codes give, or words. A code of whoever refused wins over one that only says that something failed: a
    /// gateway's `server_error` around a refusal of content is that refusal.
    private func stated(_ status: Int?) -> CallClass? {
        let byCode = codes.compactMap(ErrorCode.callClass)
        if let specific = byCode.first(where: { !$0.saysLittle }) { return staged(specific) }
        if parameter == "model" { return .modelNotFound }
        if let general = byCode.first {
            // "server_error" with a status that says more: such as 503, of a service that is only busy.
            let byStatus = Self.callClass(status)
            return general == .serverError && byStatus.saysLittle ? byStatus : general
        }
        return messages.lazy.compactMap { ErrorWords.callClass(of: $0, status: status) }.first.map(staged)
    }

    private func staged(_ callClass: CallClass) -> CallClass {
        callClass == .contentBlockedInput && stage == "output" ? .contentBlockedOutput : callClass
    }

    private static func callClass(_ status: Int?) -> CallClass {
        switch status {
        case 401: return .auth
        case 402: return .quotaExhausted
        case 403: return .permission
        case 404, 410: return .modelNotFound
        case 408, 504, 524: return .outcomeUnknown
        case 413: return .payloadTooLarge
        case 429: return .rateLimited
        case 451: return .contentBlockedInput
        case 503, 529: return .overloaded
        case .some(500...599): return .serverError
        case .some(400...499): return .invalidRequest
        // An error inside a success that says nothing known: the service may have drawn.
        default: return .badResponse
        }
    }

    private var providerCode: String? {
        codes.lazy.compactMap(PlainWord.read).first ?? status.map { String($0) }
    }
}

/// A provider's word as it may be kept.
enum PlainWord {
    /// `text` where it is 1 to 64 characters of `[A-Za-z0-9._-]`; nil for anything else.
    static func read(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= 64 else { return nil }
        let isPlain = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "._-".utf8.contains(byte)
        }
        return isPlain ? text : nil
    }
}

/// Why a call brought no picture.
package struct CallFault: Error, Sendable, Hashable {
    package var callClass: CallClass
    package var providerCode: String?
    /// Whether the refusal may have been of this request alone, rather than of the account.
    package var isDoubtful = false
    /// What stood in the picture's place, where it was something else.
    package var oddity: Oddity?

    init(_ callClass: CallClass, providerCode: String? = nil) {
        self.callClass = callClass
        self.providerCode = providerCode
    }
}
