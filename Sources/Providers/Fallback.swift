package import Domain

/// When a route's `fallback` may take an output over: only where the route cannot serve it now, and nothing of it was paid
/// for, nor may have been.
package enum Fallback {
    package enum Moment: Sendable, Hashable {
        case never
        case atOnce
        /// Once the route has been tried as often as an overload is.
        case afterTries
    }

    /// The classes of the provider contracts, section 3.
    package static func moment(after callClass: CallClass) -> Moment {
        switch callClass {
        // The account, its money or the model is what is missing: the next call would meet the same.
        case .auth, .permission, .accountBlocked, .modelNotFound, .quotaExhausted: .atOnce
        case .overloaded, .notSent: .afterTries
        // A pace is waited for; it is no reason to pay somebody else.
        case .rateLimited: .never
        // What was asked is at fault: nobody else is asked behind its owner's back.
        case .invalidRequest, .payloadTooLarge, .contentBlockedInput, .contentBlockedOutput: .never
        // Paid for, or perhaps so.
        case .success, .noImageReturned, .serverError, .outcomeUnknown, .badResponse, .cancelled: .never
        }
    }

    /// Whether the fallback takes over from `action`, which is what would follow without one.
    ///
    /// - Parameters:
    ///   - tries: calls of this output on this route before the last one that overload or the network ended.
    ///   - isFree: whether every call of this output, the last one too, is known to cost nothing.
    package static func takesOver(from action: NextAction, tries: Int, isFree: Bool) -> Bool {
        guard isFree else { return false }
        switch action {
        case .take, .hold: return false
        case .fail(let reason): return moment(after: reason.code) != .never
        case .wait(_, let reason):
            switch moment(after: reason.code) {
            case .never: return false
            case .atOnce: return true
            case .afterTries: return tries >= CallDecision.mostOverloads
            }
        }
    }

    /// The same for a route that is paused, before any call: by an operator, for answers that are none, or for a refusal after which
    /// another route takes over at once.
    package static func takesOver(fromPause code: ReasonCode, isFree: Bool) -> Bool {
        isFree && (code == .routePaused || code == .badResponse || moment(after: code) == .atOnce)
    }

    private static func moment(after code: ReasonCode) -> Moment {
        CallClass(rawValue: code.rawValue).map(moment(after:)) ?? .never
    }
}
