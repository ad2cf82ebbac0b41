package import Domain

/// What the last ends of one route's calls say of the route, where each alone says nothing sure.
package struct RouteStreak: Sendable {
    /// The job whose call met the last doubtful refusal.
    private var doubted: String?
    /// When the last answers came that were none of a model, in milliseconds of a clock that never jumps.
    private var strange: [Int64] = []

    /// Answers in a row, and the time inside which they come, that pause a route.
    package static let mostStrange = 5
    package static let strangeSpan = Span.minutes(10)

    package init() {}

    /// Takes the end of one more call; gives why the route should be paused, and starts over then.
    ///
    /// - Parameter now: milliseconds of a clock that never jumps.
    package mutating func take(_ verdict: Verdict, job: String, now: Int64) -> ReasonCode? {
        if verdict.callClass.showsRouteWorks {
            self = RouteStreak()
        } else if verdict.isDoubtful {
            guard let before = doubted, before != job else {
                doubted = job
                return nil
            }
            self = RouteStreak()
            return verdict.callClass.reasonCode
        } else if verdict.oddity?.isOfRoute == true {
            strange = strange.filter { now - $0 <= Self.strangeSpan.milliseconds } + [now]
            guard strange.count >= Self.mostStrange else { return nil }
            self = RouteStreak()
            return .badResponse
        }
        return nil
    }
}
