package import Domain
package import Ledger

/// The one seam that every step passes: what happened goes to the ledger, and from there into the audit log; to the log, and to
/// whoever watches.
package struct Recorder: Sendable {
    private let ledger: any JobLedger
    package let log: Log
    private let watch: @Sendable (LedgerEvent) -> Void

    /// - Parameter watch: told of every event as well; a progress line hangs here.
    package init(ledger: any JobLedger, log: Log, watch: @escaping @Sendable (LedgerEvent) -> Void = { _ in }) {
        self.ledger = ledger
        self.log = log
        self.watch = watch
    }

    /// - Parameter level: how loud the log says it.
    package func record(_ event: LedgerEvent, level: Log.Level = .info) async {
        do throws(LedgerError) {
            try await ledger.record(event)
        } catch {
            log.error("an event could not be recorded", ["event": event.name, "why": error.description])
        }
        tell(event, level: level)
    }

    /// Moves a job and writes down what happened, in one transaction: neither stands without the other. Then tells of it.
    @discardableResult
    package func write(
        _ hold: Hold, _ move: JobEvent?, _ changes: [Change], _ event: LedgerEvent
    ) async throws(LedgerError) -> JobRecord {
        let job = try await ledger.write(hold, move, changes + [.record(event)])
        tell(event)
        return job
    }

    /// Tells the log and whoever watches of an event that stands in the ledger already.
    package func tell(_ event: LedgerEvent, level: Log.Level = .info) {
        let job: [(String, String)] = event.job.map { [("job", $0)] } ?? []
        let facts = event.facts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        log.line(level, event.name, job + facts)
        watch(event)
    }

    package func record(_ name: String, _ job: String?, _ facts: [String: String] = [:]) async {
        await record(LedgerEvent(name, job: job, facts))
    }
}
