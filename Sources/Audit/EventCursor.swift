import Disk
import Ledger

/// The ledger's events in order, some hundred at a time.
struct EventCursor {
    private let book: any EventBook
    private var events: ArraySlice<RecordedEvent> = []
    /// The last one that was taken.
    private(set) var last: Int64

    init(_ book: any EventBook, after number: Int64 = 0) {
        self.book = book
        last = number
    }

    mutating func peek() async throws(AuditError) -> RecordedEvent? {
        if events.isEmpty { events = try await Auditor.events(of: book, after: last, limit: 500)[...] }
        return events.first
    }

    mutating func advance() {
        if let event = events.popFirst() { last = event.number }
    }
}

extension EventCursor {
    /// The last event up to which log and ledger say the same; reads the whole log.
    ///
    /// - Parameter known: the last event of which the ledger was told that it is in the log.
    static func lastInCommon(
        _ folder: AuditFolder, _ book: any EventBook, known: Int64
    ) async throws(AuditError) -> Int64 {
        var (common, isCommon) = (known, true)
        var events = EventCursor(book, after: known)
        var cursor = try await LogCursor.begin(folder)
        while let piece = try await cursor.read() {
            for entry in piece.lines.compactMap(AuditEntry.init) {
                if let change = LedgerChange(entry) {
                    common = max(known, min(common, change.to))
                    isCommon = common >= change.to
                    events = EventCursor(book, after: common)
                } else if isCommon, let number = entry.number, number > common {
                    let event = try await events.peek()
                    isCommon = event.map { entry.agrees(with: $0) } ?? false
                    if isCommon { common = number }
                    events.advance()
                }
            }
        }
        return common
    }
}
