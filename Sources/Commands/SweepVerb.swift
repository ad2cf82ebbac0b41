import Audit
import Daemon
import Disk
import Documents
import Domain
import Ledger
import Retention
import Rights
import Spool

extension Program {
    static let sweepVerb = Verb(
        name: "sweep", summary: "runs retention once, now; safe beside the daemon and without it",
        options: [.json], examples: ["darkroom sweep --spool /srv/pictures --json"]
    ) { invocation throws(CommandError) in
        let stores = try invocation.stores(try invocation.configuration())
        let report: SweepReport
        do throws(LedgerError) {
            await stores.erasure.resume(isAlone: !FolderLock.isHeld(stores.spool.lock))
            let isBehind = try await stores.ledger.isBehind(stores.spool.privateFolder)
            report = try await stores.sweeper.runOnce(strays: !isBehind)
            try await stores.sweeper.noteDeliveries()
        } catch {
            throw CommandError(.inputOutput, error.description)
        }
        do throws(AuditError) { try await stores.auditor.move() } catch {
            Console.remark("the audit log can not be written: \(error)")
        }
        let overdue = report.state.oldestOverdue.map { max(0, report.now.since($0).milliseconds / 1000) } ?? 0
        if invocation.wantsJSON {
            Console.print(
                .fields([
                    "schema": "darkroom.sweep/1",
                    "deleted": .fields([
                        "jobs": .integer(report.jobs), "files": .integer(report.files), "bytes": .integer(report.bytes),
                        "outputs": .integer(report.outputs), "claims": .integer(report.strays),
                    ]),
                    "expired": .integer(report.expired), "forgotten": .integer(report.forgotten),
                    "failures": .integer(report.failures),
                    "left": .integer(report.state.holding),
                    "next_deadline": .text(report.state.nextDeadline?.description),
                    "oldest_overdue": .integer(overdue),
                ]))
        } else {
            Console.print(
                Console.table([
                    ["deleted", "inputs of \(report.jobs) jobs (\(report.files) files, \(report.bytes) bytes)"],
                    ["", "\(report.outputs) outputs"], ["expired", "\(report.expired) jobs"],
                    ["left", "inputs of \(report.state.holding) jobs"],
                    ["next deadline", report.state.nextDeadline?.description ?? "none"],
                    ["oldest overdue", "\(overdue) s"],
                ]))
        }
        return (report.failures == 0 && overdue == 0 ? ExitCode.fine : .notAllWell).rawValue
    }
}
