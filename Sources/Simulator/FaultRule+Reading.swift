import Documents
import Domain

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
            // A reader takes `null` for a missing key; here it may be what the answer says.
            usage = value["answer"]?["usage"]
            _ = answer.value("usage")
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
        wire = WireFault(answer)
        refusal = answer.choice("refuse", as: Refusal.self)
        error = answer.read("error", expecting: "an object") { $0.members } ?? []
        beside = answer.choice("beside", as: Refusal.self)
        retryAfter = WireFault.span("retry_after", answer)
        retryForm = answer.choice("retry_after_as", as: RetryForm.self)
        if retryForm != nil, retryAfter == nil {
            answer.fail("retry_after_as", "is for retry_after", hint: "add retry_after")
        }
        spoil = answer.choice("spoil", as: Spoil.self)
        if let url = answer.object("url") {
            address = ServedAddress(url)
            answer.adopt(url.finish())
        }
        billed = answer.bool("billed")
        checkTogether(answer)
    }

    private func checkTogether(_ answer: FieldReader) {
        let heads = ["refuse", "redirect", "spoil", "hang", "beside", "url"].filter(answer.has)
        if heads.count > 1 { answer.fail(heads[1], "contradicts \(heads[0])", hint: "leave one out") }
        for key in ["spoil", "beside", "url"] where answer.has(key) && (answer.has("status") || answer.has("body")) {
            answer.fail(key, "is for an answer that looks right", hint: "leave status and body out")
        }
        if answer.has("error"), refusal == nil, beside == nil {
            answer.fail("error", "is for refuse and beside", hint: "add one of them")
        }
        if let beside, beside.isEmptySuccess {
            answer.fail("beside", "has no error object", hint: "name another refusal")
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
