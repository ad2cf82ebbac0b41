import Documents
package import Domain

/// What the audit log takes from the ledger: its events in order, each written in the transaction of what it speaks of.
package protocol EventBook: Sendable {
    /// Events with a higher number, in order, at most `limit`.
    func events(after number: Int64, limit: Int) async throws(LedgerError) -> [RecordedEvent]
    /// The number of the newest event; 0 where there is none.
    func lastEvent() async throws(LedgerError) -> Int64
    /// The number of the first event of a job that is still here; nil where none is.
    func firstEvent(of job: String) async throws(LedgerError) -> Int64?
    func record(_ event: LedgerEvent) async throws(LedgerError)
    /// What a call is booked at, in micro-dollars; nil where the ledger has it no more.
    func cost(ofCall id: String) async throws(LedgerError) -> Int64?
    /// How far the audit log had come when it was last signed; nil before that.
    func auditMark() async throws(LedgerError) -> AuditMark?
    func setAuditMark(_ mark: AuditMark) async throws(LedgerError)
    /// The last event that the operator's commands were told of; nil where none has to be.
    func hookMark() async throws(LedgerError) -> Int64?
    func setHookMark(_ event: Int64?) async throws(LedgerError)
    func installationSecret(_ name: String, make: @Sendable () -> [UInt8]) async throws(LedgerError) -> [UInt8]
}

/// An event as it stands in the ledger.
package struct RecordedEvent: Sendable, Hashable {
    /// Counted from 1; rises with each event.
    package let number: Int64
    package let wall: Timestamp
    package let event: LedgerEvent
    /// Keyed hash of the subject, where the event is the acceptance of one's job or a request of one.
    package let subjectRef: String?

    package init(number: Int64, wall: Timestamp, event: LedgerEvent, subjectRef: String? = nil) {
        self.number = number
        self.wall = wall
        self.event = event
        self.subjectRef = subjectRef
    }
}

/// How many entries the audit log had, the root of their tree in hexadecimal digits, and the last event among them.
package struct AuditMark: Sendable, Hashable {
    package let size: Int
    package let root: String
    package let event: Int64

    package init(size: Int, root: String, event: Int64) {
        self.size = size
        self.root = root
        self.event = event
    }
}

extension LedgerEvent {
    /// A job was taken in. The one event of a job that the log names a subject in.
    package static func accepted(_ job: JobRecord) -> LedgerEvent {
        LedgerEvent(
            acceptedName, job: job.id,
            ["references": String(job.referenceCount), "outputs": String(job.count), "route": job.route])
    }

    static let acceptedName = "job.accepted"

    /// A published output was deleted because its time was over.
    package static func deleted(_ output: OutputRecord, at now: Timestamp, found: Bool) -> LedgerEvent {
        let late = output.expiresAt.map { max(0, now.since($0).milliseconds / 1000) } ?? 0
        return LedgerEvent(
            "output.deleted", job: output.job,
            ["output": String(output.index), "late_s": String(late), "found": found ? "yes" : "no"])
    }
}

extension SQLiteLedger: EventBook {
    /// Writes an event down as a part of the open transaction.
    func note(_ event: LedgerEvent) throws(LedgerError) {
        let facts = JSONValue.object(
            event.facts.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) })
        // A number that stands in the audit log is never given again, whatever became of its row.
        try database.run(
            """
            INSERT INTO event (number, at, wall, name, job, facts, subject_ref)
            VALUES (
                1 + max(coalesce((SELECT max(number) FROM event), 0), coalesce((SELECT event FROM audit_mark), 0)),
                ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(try now().milliseconds), .integer(timekeeper.wall().milliseconds), .text(event.name),
                .init(event.job), .text(facts.compact), .init(event.subjectRef),
            ])
    }

    package func events(after number: Int64, limit: Int) throws(LedgerError) -> [RecordedEvent] {
        try database.rows(
            """
            SELECT number, wall, name, event.job, facts, coalesce(
                event.subject_ref, CASE WHEN name = '\(LedgerEvent.acceptedName)' THEN job.subject_ref END) AS subject_ref
            FROM event LEFT JOIN job ON job.id = event.job
            WHERE number > ? ORDER BY number LIMIT ?
            """, [.integer(number), .init(limit)]
        ).compactMap { row in
            guard let number = row["number"].integer, let wall = Timestamp(row["wall"]), let name = row["name"].text,
                let facts = row["facts"].text.flatMap({ try? JSONParser.parse($0) })?.members
            else { return nil }
            let pairs = facts.compactMap { member in member.value.string.map { (member.key, $0) } }
            return RecordedEvent(
                number: number, wall: wall,
                event: LedgerEvent(name, job: row["job"].text, Dictionary(pairs) { first, _ in first }),
                subjectRef: row["subject_ref"].text)
        }
    }

    package func cost(ofCall id: String) throws(LedgerError) -> Int64? {
        try database.rows("SELECT cost FROM effect WHERE id = ?", [.text(id)]).first?["cost"].integer
    }

    package func lastEvent() throws(LedgerError) -> Int64 {
        try database.rows("SELECT max(number) AS number FROM event").first?["number"].integer ?? 0
    }

    package func firstEvent(of job: String) throws(LedgerError) -> Int64? {
        try database.rows("SELECT min(number) AS number FROM event WHERE job = ?", [.text(job)]).first?["number"]
            .integer
    }

    package func auditMark() throws(LedgerError) -> AuditMark? {
        try database.rows("SELECT * FROM audit_mark").first.flatMap { row in
            guard let size = row["size"].integer, let root = row["root"].text, let event = row["event"].integer else {
                return nil
            }
            return AuditMark(size: Int(size), root: root, event: event)
        }
    }

    package func setAuditMark(_ mark: AuditMark) async throws(LedgerError) {
        _ = try await commit { [self] () throws(LedgerError) in
            try database.run(
                "INSERT OR REPLACE INTO audit_mark (one, size, root, event) VALUES (1, ?, ?, ?)",
                [.init(mark.size), .text(mark.root), .integer(mark.event)])
        }
    }
}

extension SQLiteLedger {
    package func hookMark() throws(LedgerError) -> Int64? {
        try database.rows("SELECT event FROM hook_mark").first?["event"].integer
    }

    package func setHookMark(_ event: Int64?) async throws(LedgerError) {
        _ = try await commit { [self] () throws(LedgerError) in
            guard let event else { return try database.run("DELETE FROM hook_mark") }
            return try database.run("INSERT OR REPLACE INTO hook_mark (one, event) VALUES (1, ?)", [.integer(event)])
        }
    }
}

/// What was published, until it is gone.
extension SQLiteLedger {
    package func published(after job: String, limit: Int) throws(LedgerError) -> [String] {
        try database.rows("SELECT job FROM publication WHERE job > ? ORDER BY job LIMIT ?", [.text(job), .init(limit)])
            .compactMap { $0["job"].text }
    }

    package func delivered(_ jobs: [String]) async throws(LedgerError) -> [LedgerEvent] {
        guard !jobs.isEmpty else { return [] }
        return try await commit { [self] () throws(LedgerError) in
            var events: [LedgerEvent] = []
            for job in jobs {
                // Whoever looked at the same time may have written it down; and a job may be forgotten by now.
                let isNew = try database.run("DELETE FROM publication WHERE job = ?", [.text(job)]) == 1
                guard isNew, let found = try find(job), found.state == .done else { continue }
                let outputs = try outputs(of: job).filter { $0.file != nil && $0.deletedAt == nil }
                for output in outputs { try enterDelivery(output, of: found) }
                try checkPlan(of: job)
                let event = LedgerEvent("outputs.delivered", job: job, ["outputs": String(outputs.count)])
                try note(event)
                events.append(event)
            }
            return events
        }
    }
}
