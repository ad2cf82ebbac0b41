import Audit
import Disk
import Domain
import Journal
import Ledger
import Settings
import Spool

extension Checkup {
    /// The ledger, its book of credits, what is overdue, and the clock; and the pauses that it knows.
    func ledgerFindings() async -> ([Finding], [RoutePause]) {
        let spool = spool
        guard spool.exists else {
            return ([.ok("ledger.file", "there is no ledger yet: run makes it"), Self.clock(nil, SystemClock())], [])
        }
        for path in [spool.ledger, spool.privateFolder] {
            guard let refusal = Files.refusal(to: .write, path) else { continue }
            let why = "\(path) can not be written to: \(DiskError.text(of: refusal.code))"
            return ([.error("ledger.file", why, remedy: "run Darkroom as the user that owns it, or chown it")], [])
        }
        let inspection: Result<LedgerInspection, LedgerError> = await BlockingLane.disk.run { @Sendable in
            do throws(LedgerError) {
                return .success(try LedgerInspection(path: spool.ledger))
            } catch {
                return .failure(error)
            }
        }
        let found: LedgerInspection
        do throws(LedgerError) {
            found = try inspection.get()
        } catch {
            return ([Self.unreadable(error)], [])
        }
        let clock = SystemClock()
        let file = Self.ledgerFile(found)
        let around = [file, Self.clock(found.anchor, clock)]
        // An older ledger would be migrated by opening it, which is for the next start to do.
        guard file.level == .ok, found.version == found.known else { return (around, []) }
        do throws(LedgerError) {
            let (book, pauses) = try await readLedger(clock)
            return (around + book, pauses)
        } catch {
            return ([Self.unreadable(error)] + around.dropFirst(), [])
        }
    }

    static func ledgerFile(_ found: LedgerInspection) -> Finding {
        if found.version > found.known {
            return .error(
                "ledger.file", LedgerError.newer(found: found.version, known: found.known).description,
                remedy: "install the newer Darkroom again: an older one must not touch its ledger")
        }
        if let first = found.damage.first { return damaged("SQLite finds it damaged: \(first)") }
        if found.version < found.known {
            return .ok(
                "ledger.file",
                "the ledger is whole and of version \(found.version): the next start brings it to \(found.known)")
        }
        return .ok("ledger.file", "the ledger is whole and of version \(found.version)")
    }

    private static func unreadable(_ error: LedgerError) -> Finding {
        if error.isDamage { return damaged("the ledger is damaged: \(error)") }
        return .error(
            "ledger.file", error.description,
            remedy: "see that the disk has room and gives no errors (dmesg), and that no other program holds the file")
    }

    private static func damaged(_ why: String) -> Finding {
        .error(
            "ledger.file", why,
            remedy: "stop the daemon, keep ledger.sqlite and its -wal beside it, and put a backup in its place; "
                + "or have `sqlite3 ledger.sqlite .recover` save what can be read")
    }

    /// No clock that goes right is before this: 1 September 2026.
    private static let thisProgram = Timestamp(milliseconds: 1_788_220_800_000)

    /// The wall clock against what the ledger saw of it last.
    static func clock(_ anchor: LedgerInspection.Anchor?, _ machine: some Timekeeper) -> Finding {
        let name = "ledger.clock"
        guard machine.bootID != "unknown" else {
            return .warning(
                name, "the boot's id can not be read, so deadlines hang on the wall clock alone",
                remedy: "let Darkroom read /proc/sys/kernel/random/boot_id (ProcSubset=all under systemd)")
        }
        guard machine.wall() > thisProgram else {
            return .warning(
                name,
                "the wall clock says \(machine.wall()), before this program was written: no certificate is valid then",
                remedy: "set the clock by a time service: timedatectl set-ntp true")
        }
        guard let anchor else { return .ok(name, "no time has been written down yet") }
        let isSameBoot = anchor.bootID == machine.bootID
        let wall = machine.wall().since(anchor.wall).milliseconds
        let passed = isSameBoot ? max(0, machine.sinceBoot() - anchor.sinceBoot) : 0
        let astray = wall - passed
        let minutes = abs(astray) / 60_000
        if astray < -120_000 {
            return .warning(
                name,
                "the wall clock went back by \(minutes) min since the ledger was last open: times of jobs and "
                    + "days of budgets are wrong" + (isSameBoot ? "" : ", and deadlines come later"),
                remedy: "set the clock by a time service (timedatectl set-ntp true), then start the daemon again")
        }
        if isSameBoot, astray > 120_000 {
            return .warning(
                name, "the wall clock was set forward by \(minutes) min since the ledger was last open",
                remedy: "see that a time service keeps it (timedatectl set-ntp true); deadlines do not go by it")
        }
        return .ok(name, "the clock goes on from where the ledger saw it last")
    }

    // MARK: what it says

    private func readLedger(_ clock: SystemClock) async throws(LedgerError) -> ([Finding], [RoutePause]) {
        let ledger = try SQLiteLedger(path: spool.ledger, timekeeper: clock)
        let retention = try await ledger.retention()
        let book = Self.credits(try await ledger.creditFaults())
        let deletions = Self.deletions(retention, now: try await ledger.now(), isRunning: isRunning)
        let queue = Self.queue(try await ledger.openCounts(), most: configuration.maxAccepted)
        let isBehind = isRunning ? false : try await ledger.isBehind(spool.privateFolder)
        let calls = Self.calls(try await ledger.bookmark(), isBehind: isBehind)
        let audit = await auditLog(ledger)
        return ([queue, book, calls, deletions, audit], try await ledger.pauses())
    }

    /// Reads the whole log, about as fast as the disk gives it.
    private func auditLog(_ ledger: SQLiteLedger) async -> Finding {
        let name = "ledger.audit"
        let remedy =
            "darkroom audit verify lists all; keep the folder .darkroom/audit for whoever looks into it, and move it "
            + "aside: the next start begins a new log from what the ledger has"
        do throws(AuditError) {
            let report = try await AuditCheck(AuditFolder(path: spool.audit, key: spool.auditKey), book: ledger).run()
            if let first = report.faults.first {
                return .error(name, "the audit log is not as it was written: \(first)", remedy: remedy)
            }
            return .ok(name, "the audit log is whole: \(report.entries) entries")
        } catch {
            return .warning(name, "the audit log can not be read: \(error)", remedy: remedy)
        }
    }

    static func queue(_ counts: [JobState: Int], most: Int) -> Finding {
        let open = counts.values.reduce(0, +)
        let held = counts[.held] ?? 0
        let words = "\(open) jobs are open" + (held > 0 ? ", of which \(held) are held for a person" : "")
        guard open >= most else { return .ok("ledger.queue", words) }
        return .warning(
            "ledger.queue", "\(words): queue.max_accepted is reached, and the inbox waits",
            remedy: "decide about what is held (release, cancel), see in status why the rest does not go on, "
                + "or raise queue.max_accepted")
    }

    static func calls(_ mark: SQLiteLedger.Bookmark?, isBehind: Bool) -> Finding {
        if isBehind {
            return .warning(
                "ledger.calls", "the ledger and the book of calls beside it are not of one moment",
                remedy: "start the daemon: it reconciles them before it calls anything")
        }
        return .ok(
            "ledger.calls",
            mark?.settled.map { "the ledger was reconciled with the spool at \($0.at): \($0.what)" }
                ?? "the ledger knows the whole book of calls")
    }

    static func credits(_ faults: [CreditFault]) -> Finding {
        guard let first = faults.first else { return .ok("ledger.credits", "all credits add up") }
        let more = faults.count > 1 ? ", and \(faults.count - 1) more" : ""
        return .error(
            "ledger.credits", "credits do not add up: \(first)\(more)",
            remedy: "darkroom account check lists all; put a backup of the ledger in its place, "
                + "or set subjects right with account credit")
    }

    static func deletions(_ state: RetentionState, now: Timestamp, isRunning: Bool) -> Finding {
        let name = "ledger.deletions"
        guard let oldest = state.oldestOverdue, now > oldest else {
            return .ok(
                name,
                state.nextDeadline.map { "inputs of \(state.holding) jobs are here, the next are deleted at \($0)" }
                    ?? "no inputs are kept")
        }
        let age = Span(milliseconds: now.since(oldest).milliseconds / 1000 * 1000)
        return .error(
            name, "inputs should have been deleted \(age) ago",
            remedy: isRunning
                ? "look into the daemon's log for why its sweep fails; darkroom sweep does it now"
                : "darkroom sweep does it now; keep the daemon running, or its timer")
    }
}
