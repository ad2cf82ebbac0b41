import Domain
import Ledger
import Synchronization

/// What settled in the last hour, minute by minute, as the ledger has it: a restart of the daemon takes nothing from it.
final class HourHistory: Sendable {
    /// One minute.
    struct Minute: Sendable {
        var done = 0
        var failed = 0
        /// From acceptance to settling, half of the jobs and 95 of a hundred; zero where none settled.
        var median = Span.zero
        var most = Span.zero
    }

    /// Jobs that failed for one reason.
    struct Failure: Sendable {
        let reason: String
        let jobs: Int
        let newest: String
    }

    struct Picture: Sendable {
        /// The oldest first; the last one is not over.
        var minutes: [Minute]
        var failures: [Failure]
        var done: Int { minutes.reduce(0) { $0 + $1.done } }
        var failed: Int { minutes.reduce(0) { $0 + $1.failed } }
        var median = Span.zero
        var most = Span.zero
    }

    static let length = 60
    /// A job that settled in a minute may be written down a little after it.
    private static let unsure: Int64 = 2

    private struct Known {
        var minutes: [Int64: [SettledGroup]] = [:]
        /// The last minute that was asked for.
        var through: Int64?
    }

    private let known = Mutex(Known())

    /// The hour until now. Of the minutes that are over each is asked for once.
    func picture(_ ledger: any JobLedger, now: Timestamp) async throws(LedgerError) -> Picture {
        let last = now.milliseconds / 60_000
        let first = last - Int64(Self.length) + 1
        // Nobody may have looked for a while: what came since the last look is asked for whole.
        let from = known.withLock { max(first, ($0.through ?? first) - Self.unsure) }
        let found = try await ledger.settled(since: Timestamp(milliseconds: from * 60_000))
        let groups = known.withLock { known in
            known.minutes = known.minutes.filter { (first..<from).contains($0.key) }
            for group in found { known.minutes[group.minute, default: []].append(group) }
            known.through = last
            return known.minutes
        }
        return Self.picture(of: groups, first...last)
    }

    static func picture(of groups: [Int64: [SettledGroup]], _ range: ClosedRange<Int64>) -> Picture {
        var picture = Picture(minutes: range.map { minute(groups[$0] ?? []) }, failures: [])
        let all = range.flatMap { groups[$0] ?? [] }
        picture.median = share(0.5, of: all)
        picture.most = share(0.95, of: all)
        picture.failures = Dictionary(grouping: all.filter { $0.state == .failed }) { $0.reason?.rawValue ?? "" }
            .map { reason, groups in
                Failure(
                    reason: reason, jobs: groups.reduce(0) { $0 + $1.jobs },
                    newest: groups.max { $0.minute < $1.minute }?.newest ?? "")
            }
            .sorted { ($1.jobs, $0.reason) < ($0.jobs, $1.reason) }
        return picture
    }

    private static func minute(_ groups: [SettledGroup]) -> Minute {
        Minute(
            done: groups.filter { $0.state == .done }.reduce(0) { $0 + $1.jobs },
            failed: groups.filter { $0.state == .failed }.reduce(0) { $0 + $1.jobs }, median: share(0.5, of: groups),
            most: share(0.95, of: groups))
    }

    /// The time that this share of the jobs did not pass.
    private static func share(_ share: Double, of groups: [SettledGroup]) -> Span {
        let count = groups.reduce(0) { $0 + $1.jobs }
        var left = Int((Double(count) * share).rounded(.up))
        for group in groups.sorted(by: { $0.took < $1.took }) {
            left -= group.jobs
            if left <= 0 { return group.took }
        }
        return .zero
    }
}
