import Digests
import Disk
import Domain
package import Ledger

/// Moves what the ledger recorded into the audit log, in order, and signs where the log stands.
///
/// The ledger is the outbox: an event is written in the transaction of the change that it speaks of, so that none is lost and
/// none tells of what did not happen. A move makes its lines durable, then the signed head that covers them, then a mark in the
/// ledger; a crash in between leaves lines that the next move finds (`AuditTail`). Any process may move; a lock lets one at a time.
package actor Auditor {
    /// How much goes into a file and into one write.
    package struct Limits: Sendable {
        package var fileBytes: Int64 = 16 << 20
        package var batch = 2000

        package init() {}
    }

    private let book: any EventBook
    package nonisolated let folder: AuditFolder
    private let limits: Limits

    package init(_ book: any EventBook, _ folder: AuditFolder, limits: Limits = Limits()) {
        self.book = book
        self.folder = folder
        self.limits = limits
    }

    /// The newest event of the ledger when this actor last moved all.
    private var moved: Int64?

    /// Moves where the ledger has recorded something since this actor last moved; else looks at nothing.
    package func moveIfNew() async throws(AuditError) {
        let newest = try await onLedger { () throws(LedgerError) in try await book.lastEvent() }
        if newest == moved { return }
        try await move()
        moved = newest
    }

    /// Moves all that the ledger has, and gives where the log stands then. Without anything new it writes nothing.
    @discardableResult
    package func move() async throws(AuditError) -> Checkpoint {
        let lock = try await Self.takeLock(folder)
        let ledger = try await Self.identity(book)
        let folder = folder
        var desk = try await BlockingLane.disk.run { () throws(AuditError) in
            try AuditDesk(folder, ledger: ledger)
        }
        let before = desk.head
        desk = try await recover(desk, ledger)
        desk = try await followLedger(desk, ledger)
        while case let events = try await events(after: desk.head.event), !events.isEmpty {
            let (current, limits) = (desk, limits)
            desk = try await BlockingLane.disk.run { () throws(AuditError) in
                try current.appending(current.entries(of: events), limits)
            }
        }
        let checkpoint = desk.checkpoint
        if desk.head != before || desk.isNew {
            let mark = AuditMark(size: checkpoint.size, root: checkpoint.root.description, event: desk.head.event)
            try await onLedger { () throws(LedgerError) in try await book.setAuditMark(mark) }
        }
        _ = consume lock
        return checkpoint
    }

    /// The subject's entries lose their owner: nobody can tell any more whose they are.
    package func forget(subject reference: String) async throws(AuditError) {
        let keys = SubjectKeys(folder)
        do throws(DiskError) {
            try await BlockingLane.disk.run { () throws(DiskError) in try keys.destroy(reference) }
        } catch {
            throw .disk(error)
        }
    }

    /// A keyed hash of a text of the subject's, for entries that tell of a change without its words.
    package func digest(of text: String, ofSubject reference: String) async throws(AuditError) -> String {
        let keys = SubjectKeys(folder)
        do throws(DiskError) {
            return try await BlockingLane.disk.run { () throws(DiskError) in
                try keys.digest(of: text, ofSubject: reference)
            }
        } catch {
            throw .disk(error)
        }
    }

    // MARK: steps

    static func takeLock(_ folder: AuditFolder) async throws(AuditError) -> FolderLock {
        for _ in 0..<500 {
            do throws(DiskError) {
                try Folders.make(folder.path)
                if let lock = try FolderLock.take(folder.lock) { return lock }
            } catch {
                throw .disk(error)
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        throw .busy
    }

    /// What tells this ledger from one that takes its place.
    static func identity(_ book: any EventBook) async throws(AuditError) -> String {
        do throws(LedgerError) {
            return hexadecimal(try await book.installationSecret("audit-ledger") { randomBytes(8) })
        } catch {
            throw .ledger(error)
        }
    }

    /// Deals with what a crash left after the head.
    private func recover(_ desk: AuditDesk, _ ledger: String) async throws(AuditError) -> AuditDesk {
        guard !desk.tail.isEmpty else { return desk }
        let isSame = desk.head.ledger == ledger
        let events = isSame ? try await events(after: desk.head.event) : []
        switch AuditTail.read(desk.tail, after: desk.tailHead, events: events, isSameLedger: isSame) {
        case .alarm(let what): throw .alarm(what)
        case .whole(let head, let torn):
            let mended = try await BlockingLane.disk.run { () throws(AuditError) in try desk.mended(to: head) }
            if torn > 0 {
                let event = LedgerEvent("audit.mended", ["bytes": String(torn)])
                try await onLedger { () throws(LedgerError) in try await book.record(event) }
            }
            return mended
        }
    }

    /// Says where another ledger, or an older copy of this one, takes over.
    private func followLedger(_ desk: AuditDesk, _ ledger: String) async throws(AuditError) -> AuditDesk {
        let isSame = try await isSame(desk, ledger)
        if isSame { return desk }
        let mark = try await onLedger { () throws(LedgerError) in try await book.auditMark() }
        var event: Int64 = 0
        if desk.head.ledger == ledger {
            event = try await EventCursor.lastInCommon(folder, book, known: mark?.event ?? 0)
        }
        let limits = limits
        return try await BlockingLane.disk.run { [event] () throws(AuditError) in
            try desk.changing(to: ledger, event: event, limits)
        }
    }

    /// Whether the ledger still says of the log's last event what the log says.
    private func isSame(_ desk: AuditDesk, _ ledger: String) async throws(AuditError) -> Bool {
        guard desk.head.ledger == ledger else { return false }
        guard let entry = desk.lastEntry, let number = entry.number else { return true }
        // What the ledger was told of is the same, also where it has forgotten the event since.
        let mark = try await onLedger { () throws(LedgerError) in try await book.auditMark() }
        if let mark, mark.event >= number { return true }
        let event = try await Self.events(of: book, after: number - 1, limit: 1).first
        return event.map { entry.agrees(with: $0) } ?? false
    }

    private func events(after number: Int64) async throws(AuditError) -> [RecordedEvent] {
        try await Self.events(of: book, after: number, limit: limits.batch)
    }

    static func events(
        of book: any EventBook, after number: Int64, limit: Int
    ) async throws(AuditError) -> [RecordedEvent] {
        do throws(LedgerError) {
            return try await book.events(after: number, limit: limit)
        } catch {
            throw .ledger(error)
        }
    }

    private func onLedger<Value: Sendable>(
        _ work: () async throws(LedgerError) -> Value
    ) async throws(AuditError) -> Value {
        do throws(LedgerError) { return try await work() } catch { throw .ledger(error) }
    }
}
