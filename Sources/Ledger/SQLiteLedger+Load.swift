package import Domain

/// What lies before a route.
package struct RouteLoad: Sendable, Hashable {
    /// Outputs of jobs that are open and not held.
    package var requests = 0
    /// How long its calls took lately; nil where none was answered.
    package var callTakes: Span?

    package init(requests: Int = 0, callTakes: Span? = nil) {
        self.requests = requests
        self.callTakes = callTakes
    }
}

extension SQLiteLedger {
    package func loads() throws(LedgerError) -> [String: RouteLoad] {
        var loads: [String: RouteLoad] = [:]
        for row in try database.rows(
            """
            SELECT route, sum(count) AS requests FROM job
            WHERE state NOT IN ('done', 'failed') AND state <> 'held' GROUP BY route
            """)
        {
            guard let route = row["route"].text else { continue }
            loads[route, default: RouteLoad()].requests = Int(row["requests"].integer ?? 0)
        }
        // Those that were answered with a picture: a refusal takes no time.
        for row in try database.rows(
            """
            SELECT route, CAST(avg(ended_at - sent_at) AS INTEGER) AS took
            FROM (SELECT route, sent_at, ended_at, billed FROM effect ORDER BY sent_at DESC LIMIT 400)
            WHERE ended_at IS NOT NULL AND billed = 'yes' GROUP BY route
            """)
        {
            guard let route = row["route"].text, let took = row["took"].integer else { continue }
            loads[route, default: RouteLoad()].callTakes = Span(milliseconds: took)
        }
        return loads
    }
}
