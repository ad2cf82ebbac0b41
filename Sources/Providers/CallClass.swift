package import Domain

/// How a call ended: the normalised taxonomy of the provider contracts, section 3.
package enum CallClass: String, Sendable, CaseIterable {
    case success
    case invalidRequest = "invalid_request"
    case payloadTooLarge = "payload_too_large"
    case contentBlockedInput = "content_blocked_input"
    case contentBlockedOutput = "content_blocked_output"
    case noImageReturned = "no_image_returned"
    case auth
    case permission
    case accountBlocked = "account_blocked"
    case modelNotFound = "model_not_found"
    case quotaExhausted = "quota_exhausted"
    case rateLimited = "rate_limited"
    case overloaded
    case serverError = "server_error"
    case outcomeUnknown = "outcome_unknown"
    case notSent = "not_sent"
    case badResponse = "bad_response"
    case cancelled

    /// Whether such a call was paid for, as far as can be said.
    package var billed: Billed {
        switch self {
        case .success: .yes
        case .contentBlockedOutput, .noImageReturned, .serverError, .outcomeUnknown, .badResponse, .cancelled: .possible
        case .invalidRequest, .payloadTooLarge, .contentBlockedInput, .auth, .permission, .accountBlocked,
            .modelNotFound, .quotaExhausted, .rateLimited, .overloaded, .notSent:
            .no
        }
    }

    /// Whether a code of this class may stand around another one that says more: it tells only that something went wrong, or when
    /// to come again.
    var saysLittle: Bool {
        switch self {
        case .rateLimited, .overloaded, .serverError, .outcomeUnknown, .payloadTooLarge: true
        default: false
        }
    }

    /// Whether the service has looked at the request itself, so that key, account and model must be in order.
    var showsRouteWorks: Bool {
        switch self {
        case .success, .contentBlockedInput, .contentBlockedOutput, .noImageReturned, .invalidRequest, .payloadTooLarge:
            true
        default: false
        }
    }

    /// The reason a job carries when it stands still for this class; nil for success.
    package var reasonCode: ReasonCode? {
        self == .success ? nil : ReasonCode(rawValue: rawValue)
    }
}

/// A judged call: what happened, in closed words, and how long the provider asks to wait.
package struct Verdict: Sendable, Hashable {
    package var callClass: CallClass
    /// The provider's own code, reduced to `[A-Za-z0-9._-]`, at most 64 characters.
    package var providerCode: String?
    /// The provider's hint: `retry-after-ms`, then `retry-after`.
    package var wait: Span?
    /// What a refusal of content was for.
    package var moderation: [Moderation] = []
    package var httpStatus: Int?
    /// The host that answered, without a port.
    package var host: String?
    /// What came in place of an answer.
    package var oddity: Oddity?
    /// A refusal that may have been of this request alone: the route stays open for others.
    package var isDoubtful = false
    /// Whether the call was paid for, as far as can be said without its bill.
    package var billed: Billed
    /// What the answer says that the call took, whatever became of it.
    package var bill: Bill?
    /// The provider's id of the request, for its support.
    package var requestID: String?
    /// Whether the service says that the same request must not be repeated automatically (`x-should-retry: false`).
    package var forbidsRepeat = false

    package init(_ callClass: CallClass) {
        self.callClass = callClass
        billed = callClass.billed
    }

    /// The same answer, whose picture turned out to be none.
    package func failed(_ oddity: Oddity) -> Verdict {
        var verdict = self
        (verdict.callClass, verdict.oddity, verdict.billed) = (.badResponse, oddity, oddity.billed)
        return verdict
    }
}

/// What follows a judged call.
package enum NextAction: Sendable, Hashable {
    case take
    case fail(Reason)
    /// The same request may be sent again after this time.
    case wait(Span, Reason)
    /// The outcome must be put before a person.
    case hold(Reason)
}

/// The decision after each call of one output: verdict in, next action out. No clock, no socket.
package struct CallDecision: Sendable {
    /// Calls of this output so far that were judged `server_error` or `overloaded`.
    package var faultsBefore: Int
    /// Calls of this output before this one whose end is unknown.
    package var unknownBefore: Int
    /// Whether the route's owner accepts that such a call may be paid twice.
    package var repeatsUnknown: Bool
    package var requestsPerMinute: Int?
    /// 0 to below 1, for the jitter.
    package var chance: Double

    package init(
        faultsBefore: Int, unknownBefore: Int = 0, repeatsUnknown: Bool = false, requestsPerMinute: Int?, chance: Double
    ) {
        self.faultsBefore = faultsBefore
        self.unknownBefore = unknownBefore
        self.repeatsUnknown = repeatsUnknown
        self.requestsPerMinute = requestsPerMinute
        self.chance = chance
    }

    private static let shortest = Span.seconds(1)
    private static let longest = Span.minutes(15)
    static let mostOverloads = 5

    package func next(after verdict: Verdict) -> NextAction {
        let callClass = verdict.callClass
        guard let code = callClass.reasonCode else { return .take }
        let categories = verdict.moderation.map(\.rawValue).joined(separator: " ")
        let reason = Reason(
            code, Self.sentence(verdict), field: verdict.oddity == .url ? "accept_urls" : nil,
            value: categories.isEmpty ? nil : categories, hint: Self.hint(verdict), providerCode: verdict.providerCode)
        switch callClass {
        case .rateLimited where verdict.forbidsRepeat, .overloaded where verdict.forbidsRepeat,
            .serverError where verdict.forbidsRepeat:
            return .fail(reason.with(hint: "the service asks not to repeat the call: retry the job later"))
        case .rateLimited:
            if let asked = verdict.wait, asked > Self.longest {
                let spent = Verdict(.quotaExhausted)
                return .wait(asked, Reason(.quotaExhausted, Self.sentence(spent), hint: Self.hint(spent)))
            }
            let paced = Span(milliseconds: 60_000 / Int64(max(1, requestsPerMinute ?? 6)))
            return .wait(clamp(verdict.wait ?? paced), reason)
        case .overloaded where faultsBefore < Self.mostOverloads, .notSent:
            return .wait(clamp(verdict.wait ?? backoff), reason)
        case .serverError where faultsBefore < 1: return .wait(clamp(verdict.wait ?? backoff), reason)
        case .quotaExhausted: return .wait(verdict.wait ?? Self.longest, reason)
        case .outcomeUnknown where repeatsUnknown && unknownBefore == 0: return .wait(clamp(backoff), reason)
        case .outcomeUnknown, .cancelled: return .hold(reason)
        default: return .fail(reason)
        }
    }

    /// 2·2ⁿ s with full jitter, at most 120 s.
    private var backoff: Span {
        let most = min(120_000, 2000 << min(6, Int64(faultsBefore)))
        return Span(milliseconds: Int64(Double(most) * chance))
    }

    private func clamp(_ span: Span) -> Span { min(max(span, Self.shortest), Self.longest) }

    private static func sentence(_ verdict: Verdict) -> String {
        if let oddity = verdict.oddity {
            let source = verdict.host.map { " from \($0)" } ?? ""
            let answer = verdict.httpStatus.map { "HTTP \($0)\(source)" } ?? "the answer\(source)"
            return "\(answer) is not a usable answer: it is \(oddity.words)"
        }
        if verdict.isDoubtful { return "the model service refused this request without saying why" }
        return sentence(verdict.callClass)
    }

    private static func sentence(_ callClass: CallClass) -> String {
        switch callClass {
        case .success: "the model answered"
        case .invalidRequest: "the model refused a field of the request"
        case .payloadTooLarge: "the request was too large for the model service"
        case .contentBlockedInput: "the model service refused the prompt or a reference"
        case .contentBlockedOutput: "the model service held back its picture"
        case .noImageReturned: "the model service answered without a picture"
        case .auth: "the model service refused the key"
        case .permission: "the account may not use this model"
        case .accountBlocked: "the model service has blocked or limited the account"
        case .modelNotFound: "the model service does not know the model or deployment"
        case .quotaExhausted: "the account's quota or credit is used up"
        case .rateLimited: "the model service asks for a slower pace"
        case .overloaded: "the model service is overloaded"
        case .serverError: "the model service failed"
        case .outcomeUnknown: "the request may have reached the model service, and no whole answer came back"
        case .notSent: "the request could not be sent"
        case .badResponse: "the answer could not be read"
        case .cancelled: "the call was stopped while it was under way"
        }
    }

    private static func hint(_ verdict: Verdict) -> String? {
        switch verdict.oddity {
        case .redirect?, .page?, .empty?, .stream?, .unreadable?:
            return "check the route's endpoint, and any proxy or gateway before it"
        case .url?: return "name the host of its pictures in the route's accept_urls.hosts"
        case .noPicture?, .lostURL?: return "the call was billed; check with the provider before you retry"
        case nil: break
        }
        if verdict.isDoubtful { return "check the key's rights; retry the job if it was a passing block" }
        switch verdict.callClass {
        case .contentBlockedInput, .contentBlockedOutput: return "change the prompt or the references"
        case .auth: return "check the route's key, then run darkroom route resume"
        case .permission, .accountBlocked: return "check the account at the provider, then run darkroom route resume"
        case .modelNotFound: return "check the route's endpoint, deployment and family"
        case .outcomeUnknown, .cancelled:
            return "check with the provider whether it was billed, then release or give up the job"
        case .quotaExhausted: return "raise the quota or add credit at the provider, then run darkroom route resume"
        case .badResponse: return "the answer is kept, sealed, until the inputs are deleted"
        default: return nil
        }
    }
}

extension Reason {
    fileprivate func with(hint: String) -> Reason {
        var reason = self
        reason.hint = hint
        return reason
    }
}
