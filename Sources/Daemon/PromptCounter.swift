import Disk
import Domain
import Journal
import Ledger
import Pipeline
import Policies
import Settings
import Statistics

/// Counts the prompts of jobs that were answered, where the policy that they were accepted under says so.
struct PromptCounter: Sendable {
    private let statistics: PromptStatistics
    private let ledger: SQLiteLedger
    private let log: Log
    private let least: Int
    private let profileHash: String

    /// Nil where nothing is counted.
    init?(_ stores: Stores) {
        guard let least = stores.configuration.policy.statistics else { return nil }
        self.least = least
        statistics = stores.statistics
        ledger = stores.ledger
        log = stores.recorder.log
        profileHash = stores.configuration.profile.hash
    }

    private func isWanted(_ subject: String) async throws(LedgerError) -> Bool {
        if try await ledger.isRestricted(subject) { return false }
        return try await !ledger.objections(of: subject).contains(.statistics)
    }

    var counter: Workshop.Counter {
        { job, spec, route, picture in await count(job, spec, route, picture) }
    }

    /// - Parameter picture: the size that was asked for.
    private func count(_ job: JobRecord, _ spec: JobSpec, _ route: Route, _ picture: PixelSize) async {
        // Nobody is counted who is not told apart from others, nor a job that was promised something else.
        guard let subject = job.subjectRef, job.profileHash == profileHash else { return }
        guard let isWanted = try? await isWanted(subject), isWanted else { return }
        let cell = PromptCell(of: spec, model: "\(route.provider.rawValue)/\(route.family)", picture: picture)
        guard let now = try? await ledger.now() else { return }
        let (statistics, least) = (statistics, least)
        do throws(DiskError) {
            try await BlockingLane.disk.run { () throws(DiskError) in
                try statistics.note(cell, of: subject, least: least, at: now)
            }
        } catch {
            log.warning("a prompt could not be counted", ["job": job.id, "why": error.description])
        }
    }
}
