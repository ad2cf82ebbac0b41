package import Domain

extension Route {
    /// How long a call is taken to last as long as none has shown it.
    private static let assumedCall = Span.minutes(1)
    /// A job lives for a day, and its call and the making of its output are a part of that.
    private static let longestWait = Span.hours(23)

    /// How many requests this route can serve in a time, by its pace and by how many it lets through at once.
    ///
    /// - Parameter callTakes: how long its calls took lately; nil where there were none.
    package func requests(within wait: Span, callTakes: Span?) -> Int {
        let wait = Double(min(wait, Self.longestWait).milliseconds)
        let call = Double(max(1, min(callTakes ?? Self.assumedCall, timeout).milliseconds))
        let atOnce = Double(concurrency) * max(1, wait / call)
        let paced = requestsPerMinute.map { Double($0) * wait / 60_000 } ?? .infinity
        return Int(min(atOnce, max(1, paced), 1e9))
    }
}
