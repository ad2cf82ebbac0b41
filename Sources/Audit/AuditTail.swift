import Ledger

/// What stands in the log after what was signed last: a batch that was being written when the process or the machine stopped.
///
/// Lines of it that are whole and say what the ledger says stay. Where the first that does not is torn, it and what follows
/// were never durable and are cut: their events still stand in the ledger. Anything else was put there by somebody else.
struct AuditTail {
    enum Reading: Sendable, Equatable {
        /// The head after the whole lines, and how many bytes have to be cut.
        case whole(AuditHead, torn: Int)
        case alarm(String)
    }

    /// - Parameters:
    ///   - events: those of the ledger after the head's; at least as many as a batch has.
    ///   - isSameLedger: false where the ledger is another one by now, and has nothing to say about these lines.
    static func read(
        _ bytes: [UInt8], after head: AuditHead, events: [RecordedEvent], isSameLedger: Bool
    ) -> Reading {
        var head = head
        var known = events[...]
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return .whole(head, torn: rest.count) }
            let line = Array(rest[..<end])
            guard let entry = AuditEntry(line: line) else { return .whole(head, torn: rest.count) }
            guard entry.index == head.tree.size, entry.previous == head.last else {
                return .alarm(
                    "an entry after number \(head.tree.size) of the audit log does not follow the one before it")
            }
            if isSameLedger, entry.number != nil {
                guard let event = known.popFirst(), entry.agrees(with: event) else {
                    return .alarm("entry \(entry.index) of the audit log says what the ledger does not")
                }
            }
            head.take(line, entry)
            rest = rest[(end + 1)...]
        }
        return .whole(head, torn: 0)
    }
}
