/// How long it is kept what a subject asked for.
package enum HistoryTerm: Sendable, Hashable, CustomStringConvertible {
    /// As long as the subject is not erased.
    case account
    case span(Span)

    /// Reads `account` or a duration; nil for anything else.
    package init?(_ text: String) {
        if text == "account" {
            self = .account
        } else if let span = Span(text), span > .zero {
            self = .span(span)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .account: "account"
        case .span(let span): span.description
        }
    }
}
