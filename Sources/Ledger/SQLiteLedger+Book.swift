import Disk
package import Domain

/// The book of calls beside the ledger, and how far the ledger knows it.
extension SQLiteLedger {
    /// How far this ledger knows what stands beside it.
    package struct Bookmark: Sendable {
        /// The file of the book that was written on, and how many bytes of it are known.
        package let id: String
        package let place: Int64
        /// Outcome folders that were made before this moment of the wall clock are known.
        package let seen: Timestamp
        /// When a start last found more than the ledger knew, by the wall clock, and what.
        package let settled: (at: Timestamp, what: String)?
    }

    /// Nil in a new ledger, and in one that was kept before there was a book.
    package func bookmark() throws(LedgerError) -> Bookmark? {
        guard let row = try database.rows("SELECT * FROM book").first, let id = row["id"].text,
            let place = row["place"].integer, let seen = Timestamp(row["seen"])
        else { return nil }
        var settled: (Timestamp, String)?
        if let at = Timestamp(row["settled_at"]), let what = row["settled"].text { settled = (at, what) }
        return Bookmark(id: id, place: place, seen: seen, settled: settled)
    }

    /// Keeps the book from now on: no paid request is written down here that does not stand there.
    ///
    /// - Parameters:
    ///   - isAnew: begins a file, since the one that is there may lack calls.
    ///   - seen: every outcome folder that was made before is known, by the wall clock.
    package func keepBook(in folder: String, isAnew: Bool, seen: Timestamp) throws(LedgerError) {
        let now = try now()
        let book: CallBook
        do throws(DiskError) {
            book = try CallBook(folder: folder, isAnew: isAnew, now: now)
        } catch {
            throw Self.error(error)
        }
        try database.run(
            """
            INSERT INTO book (one, id, place, seen) VALUES (1, ?, ?, ?)
            ON CONFLICT (one) DO UPDATE SET id = excluded.id, place = excluded.place, seen = excluded.seen
            """, [.text(book.place.id), .integer(book.place.offset), .integer(seen.milliseconds)])
        callBook = book
    }

    /// Every outcome folder that was made before `moment`, by the wall clock, is known.
    package func note(seen moment: Timestamp) async throws(LedgerError) {
        try await commit { [self] () throws(LedgerError) in
            _ = try database.run("UPDATE book SET seen = ?", [.integer(moment.milliseconds)])
        }
    }

    /// What a start found that the ledger did not know.
    package func note(settled what: String) throws(LedgerError) {
        try database.run(
            "UPDATE book SET settled_at = ?, settled = ?",
            [.integer(timekeeper.wall().milliseconds), .text(what)])
    }

    /// What a write that was not undone has to say to the book.
    func note(_ changes: [Change], of job: JobRecord) {
        guard let callBook else { return }
        for change in changes {
            switch change {
            case .spend(let effect, within: _):
                callBook.note(CallEntry(effect, token: job.claimToken, batch: job.batch))
            case .effect(let effect): if let end = CallEnd(effect) { callBook.note(end) }
            default: break
            }
        }
    }

    /// Last in every commit: the calls that it lets leave, on the disk before it is.
    func writeCalls() throws(LedgerError) {
        guard let callBook else { return }
        do throws(DiskError) {
            guard try callBook.write() else { return }
        } catch {
            throw Self.error(error)
        }
        let place = callBook.place
        try database.run("UPDATE book SET id = ?, place = ?", [.text(place.id), .integer(place.offset)])
    }

    private static func error(_ error: DiskError) -> LedgerError {
        error.isFull ? .full : .disk(code: error.code, doing: error.operation)
    }
}
