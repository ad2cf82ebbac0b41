import Audit
import Disk
import Domain
import Journal
import Ledger
import Pipeline
import Retention
import Synchronization
import Workers

/// What goes on beside the jobs as long as the daemon runs: workers, deadlines, the audit log.
extension Service {
    /// Says at once that this machine gives no lock, before the first job needs a worker; and later that no worker can be started
    /// any more, and that one can again.
    func checkWorkers() async {
        while !stopping.isSet {
            do throws(WorkerError) {
                try await workers.makeSure()
                if workerWatch.note(trouble: nil) { stores.recorder.log.info("image workers can be started again") }
            } catch {
                guard error != .stopped else { return }
                if workerWatch.note(trouble: error.description) {
                    stores.recorder.log.error("no picture is opened, and jobs wait", ["why": error.description])
                }
            }
            await stopping.pause(.seconds(5))
        }
    }

    /// How often each work file is looked at whether it belongs to a job; every start looks too.
    private static let strayTime = Span.hours(1)

    /// Sweeps when the next deadline comes, and at least every minute.
    func sweep() async {
        var wait = Span.seconds(1)
        var strays = Monotonic.milliseconds() + Self.strayTime.milliseconds
        while !stopping.isSet {
            sweeps.beat()
            await stopping.pause(wait)
            guard !stopping.isSet else { return }
            do throws(LedgerError) {
                let isTime = Monotonic.milliseconds() >= strays
                let report = try await stores.sweeper.runOnce(strays: isTime)
                if isTime { strays = Monotonic.milliseconds() + Self.strayTime.milliseconds }
                let seen = SystemClock().wall().after(Span(milliseconds: -Reconciliation.margin.milliseconds))
                try await stores.ledger.note(seen: seen)
                let next = report.state.nextDeadline?.since(report.now) ?? .minutes(1)
                wait = min(.minutes(1), max(.seconds(1), next))
            } catch {
                stores.recorder.log.error("the sweep failed", ["why": error.description])
                wait = .seconds(10)
            }
        }
    }

    /// How often what was recorded goes into the audit log: the ledger holds it until then.
    private static let auditEvery = Span.seconds(5)

    /// How often it is seen what was taken away from `done/`.
    private static let lookEvery = Span.seconds(30)

    func audit() async {
        var looked: Int64?
        var place = ""
        while !stopping.isSet {
            if looked.map({ Monotonic.milliseconds() - $0 >= Self.lookEvery.milliseconds }) ?? true {
                looked = Monotonic.milliseconds()
                do throws(LedgerError) {
                    place = try await stores.sweeper.noteDeliveries(after: place, most: Sweeper.mostLooks)
                } catch {
                    stores.recorder.log.error("deliveries could not be noted", ["why": error.description])
                }
            }
            await moveEvents()
            await stopping.pause(Self.auditEvery)
        }
    }

    /// A log that can not be written to stops nothing: what belongs into it stays in the ledger.
    func moveEvents() async {
        do throws(AuditError) {
            try await stores.auditor.moveIfNew()
            auditTrouble.withLock { $0 = nil }
        } catch {
            let isNew = auditTrouble.withLock { said in
                defer { said = error.description }
                return said != error.description
            }
            guard isNew else { return }
            stores.recorder.log.error(
                "the audit log can not be written", ["why": error.description, "see": "darkroom audit verify"])
        }
    }
}
