import Disk
package import Ledger
import Synchronization

/// What has happened since the start, counted from the events that every step records.
package final class Tally: Sendable {
    /// One counter's name and labels.
    struct Key: Hashable, Comparable {
        let name: String
        let labels: [String]

        static func < (left: Key, right: Key) -> Bool {
            (left.name, left.labels.joined(separator: "\n")) < (right.name, right.labels.joined(separator: "\n"))
        }
    }

    /// Seconds that a stage took, in buckets that Prometheus adds up.
    struct Histogram {
        static let bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 600, 3600]
        var counts = [Int](repeating: 0, count: bounds.count + 1)
        var sum = 0.0

        mutating func add(_ seconds: Double) {
            counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            sum += seconds
        }
    }

    struct State {
        var counters: [Key: Int] = [:]
        var stages: [String: Histogram] = [:]
        /// How long calls took, by route.
        var calls: [String: Histogram] = [:]
        /// Milliseconds at which a stage of a job, or of one of its outputs, began.
        var begun: [String: Int64] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Counts one event.
    package func take(_ event: LedgerEvent) {
        let now = Monotonic.milliseconds()
        let job = event.job ?? ""
        let output = job + ":" + (event.facts["output"] ?? "")
        state.withLock { state in
            switch event.name {
            case "job.accepted":
                state.count("darkroom_jobs_accepted_total")
                state.begin(job, now)
            case "job.prepared": state.end("prepare", job, now, keeps: true)
            case "call.sent": state.begin("call " + output, now)
            case "call.ended":
                let route = event.facts["route"] ?? ""
                state.end("call", "call " + output, now, route: route)
                state.count("darkroom_calls_total", route, event.facts["class"] ?? "", event.facts["billed"] ?? "")
                let blocked = ["content_blocked_input", "content_blocked_output"]
                if let found = event.facts["class"], blocked.contains(found) {
                    state.count(Tally.State.security, found)
                }
                if event.facts["class"] == "success" { state.begin("finish " + output, now) }
            case "hook.failed": state.count("darkroom_hook_failures_total", event.facts["hook"] ?? "")
            case "abuse.refused": state.count(Tally.State.security, event.facts["rule"] ?? "")
            case "output.made": state.end("finish", "finish " + output, now)
            case "output.failed": state.drop("finish " + output)
            case "job.settled":
                state.end("job", job, now)
                state.count("darkroom_jobs_settled_total", event.facts["outcome"] ?? "", event.facts["reason"] ?? "")
            case "job.waits":
                state.count("darkroom_jobs_delayed_total", event.facts["reason"] ?? "")
                if event.facts["reason"] == "over_rate" { state.count(Tally.State.security, "over_rate") }
            default: break
            }
        }
    }

    var snapshot: State { state.withLock { $0 } }
}

extension Tally.State {
    /// What abuse is seen by: jobs that a rule of this machine refused, calls whose content was refused, paces that were passed.
    static let security = "darkroom_security_events_total"

    private static let mostBegun = 100_000

    mutating func count(_ name: String, _ labels: String...) {
        counters[Tally.Key(name: name, labels: labels), default: 0] += 1
    }

    mutating func begin(_ what: String, _ now: Int64) {
        // Of what never comes to its end only so much is kept; what is begun after that is not timed.
        if begun.count < Self.mostBegun { begun[what] = now }
    }

    mutating func drop(_ what: String) { begun[what] = nil }

    /// - Parameter route: whose call it was, where it was one.
    mutating func end(_ stage: String, _ what: String, _ now: Int64, keeps: Bool = false, route: String? = nil) {
        guard let start = keeps ? begun[what] : begun.removeValue(forKey: what) else { return }
        stages[stage, default: Tally.Histogram()].add(Double(now - start) / 1000)
        if let route { calls[route, default: Tally.Histogram()].add(Double(now - start) / 1000) }
    }
}
