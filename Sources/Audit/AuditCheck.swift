import Disk
import Domain
package import Ledger

/// Looks whether a log is whole: each line after the one before it, all of them as signed, and as the ledger has it.
///
/// Changes nothing, and works beside a daemon: files only grow, and what is signed is read first.
package struct AuditCheck: Sendable {
    private let folder: AuditFolder
    private let book: (any EventBook)?
    private let key: VerifierKey?
    private let earlier: [Checkpoint]

    /// - Parameters:
    ///   - book: the ledger that the log belongs to; nil compares with none.
    ///   - key: the published key; nil takes the one that the log is signed with.
    ///   - earlier: signed checkpoints of this log that were kept elsewhere, checked already.
    package init(
        _ folder: AuditFolder, book: (any EventBook)?, key: VerifierKey? = nil, earlier: [Checkpoint] = []
    ) {
        self.folder = folder
        self.book = book
        self.key = key
        self.earlier = earlier
    }

    package func run() async throws(AuditError) -> AuditReport {
        var report = AuditReport()
        // In this order: a mark is made after the head that it speaks of, and a head after its lines.
        let mark = try await onLedger { book throws(LedgerError) in try await book.auditMark() } ?? nil
        let head = try await signed(&report)
        guard let head else {
            if let mark, mark.size > 0, report.faultCount == 0 {
                report.add(.signature, nil, "the ledger knows of a log, and there is none")
            }
            return report
        }
        report.checkpoint = head
        var walk = LogWalk(size: head.size, roots: Set(earlier.map(\.size) + (mark.map { [$0.size] } ?? [])))
        var cursor = try await LogCursor.begin(folder)
        while let piece = try await cursor.read() { walk.take(piece, &report) }
        walk.finish(head, &report)
        compare(walk, head, mark, &report)
        guard walk.isWhole else { return report }
        if let book { try await compare(with: book, walk, &report) }
        if report.unsigned > 0 { try await lookAtTail(&report) }
        return report
    }

    /// What stands behind the signed part is being written, was left by a crash, or was put there by somebody else.
    private func lookAtTail(_ report: inout AuditReport) async throws(AuditError) {
        let lock = try await Auditor.takeLock(folder)
        do throws(AuditError) {
            let reading = try await tail(&report)
            if case .alarm(let what) = reading { report.add(.tail, nil, what) }
        } catch {
            guard case .alarm(let what) = error else { throw error }
            report.add(.tail, nil, what)
        }
        _ = consume lock
    }

    private func tail(_ report: inout AuditReport) async throws(AuditError) -> AuditTail.Reading {
        let folder = folder
        var ledger: String?
        if let book { ledger = try await Auditor.identity(book) }
        let desk = try await BlockingLane.disk.run { [ledger] () throws(AuditError) in
            try AuditDesk(folder, ledger: ledger ?? "")
        }
        report.unsigned = Int64(desk.tail.count)
        var events: [RecordedEvent]?
        if let book, desk.head.ledger == ledger {
            events = try await Auditor.events(of: book, after: desk.head.event, limit: Auditor.Limits().batch)
        }
        return AuditTail.read(
            desk.tail, after: desk.tailHead, events: events ?? [], isSameLedger: events != nil)
    }

    /// The newest signed checkpoint; nil where there is none that can be believed.
    private func signed(_ report: inout AuditReport) async throws(AuditError) -> Checkpoint? {
        let (folder, key) = (folder, key)
        do throws(AuditError) {
            return try await BlockingLane.disk.run { () throws(AuditError) in
                let logs = try AuditDesk.onDisk { () throws(DiskError) in try folder.logs() }
                guard let note = try AuditHead.note(in: folder) else {
                    guard logs.isEmpty else { throw .alarm("what was signed of the audit log is gone") }
                    return nil
                }
                let own = try AuditDesk.verifier(folder)
                guard let key = key ?? own else { throw .alarm("the audit log's key is gone") }
                return try Checkpoint.open(note, with: key)
            }
        } catch {
            guard case .alarm(let what) = error else { throw error }
            report.add(.signature, nil, what)
            return nil
        }
    }

    // MARK: with what was signed elsewhere

    private func compare(_ walk: LogWalk, _ head: Checkpoint, _ mark: AuditMark?, _ report: inout AuditReport) {
        for checkpoint in earlier {
            if checkpoint.size > head.size {
                report.add(
                    .short, nil, "a checkpoint was signed for \(checkpoint.size) entries, and \(head.size) are left")
            } else if let root = walk.root(at: checkpoint.size), root != checkpoint.root {
                report.add(.root, nil, "the first \(checkpoint.size) entries are not those of an earlier checkpoint")
            }
        }
        guard let mark else { return }
        if mark.size > head.size {
            report.add(.short, nil, "the ledger knows of \(mark.size) entries, and \(head.size) are signed")
        } else if let root = walk.root(at: mark.size), root.description != mark.root {
            report.add(.root, nil, "the first \(mark.size) entries are not those that the ledger knows of")
        }
    }

    // MARK: with the ledger

    /// Reads the log a second time, beside the ledger's events.
    private func compare(
        with book: any EventBook, _ walk: LogWalk, _ report: inout AuditReport
    ) async throws(AuditError) {
        report.comparesLedger = true
        var events = EventCursor(book)
        var cursor = try await LogCursor.begin(folder)
        var index = 0
        while index < walk.size, let piece = try await cursor.read() {
            for line in piece.lines.prefix(walk.size - index) {
                defer { index += 1 }
                guard let entry = AuditEntry(line: line), let number = entry.number,
                    walk.isOfThisLedger(index, number)
                else { continue }
                try await compare(entry, number, &events, &report)
            }
        }
        while try await events.peek() != nil {
            events.advance()
            report.pending += 1
        }
    }

    private func compare(
        _ entry: AuditEntry, _ number: Int64, _ events: inout EventCursor, _ report: inout AuditReport
    ) async throws(AuditError) {
        while let event = try await events.peek(), event.number < number {
            report.add(.ledger, entry.index, "event \(event.number) of the ledger is missing before it")
            events.advance()
        }
        guard let event = try await events.peek(), event.number == number else {
            // A job that is long settled is forgotten with all its events; its id may have come again.
            let first =
                try await onLedger { book throws(LedgerError) in
                    guard let job = entry.job else { return Int64(0) as Int64? }
                    return try await book.firstEvent(of: job)
                } ?? nil
            if let first, first <= number { report.add(.ledger, entry.index, "the ledger has no event \(number)") }
            return
        }
        events.advance()
        if !entry.agrees(with: event) {
            report.add(.ledger, entry.index, "it does not say what the ledger says of event \(number)")
        }
        try await compareCost(of: entry, &report)
    }

    /// Budgets and bills are sums over the ledger's calls: each has to cost what was written down when it ended.
    private func compareCost(of entry: AuditEntry, _ report: inout AuditReport) async throws(AuditError) {
        guard entry.event == "call.ended", let call = entry.facts["call"],
            let written = entry.facts["micro_usd"].flatMap({ Int64($0) }),
            let booked = try await onLedger({ book throws(LedgerError) in try await book.cost(ofCall: call) }) ?? nil,
            booked != written
        else { return }
        report.add(
            .ledger, entry.index,
            "the ledger books this call at \(Money.text(booked)) dollars, and \(Money.text(written)) were written down")
    }

    private func onLedger<Value: Sendable>(
        _ work: (any EventBook) async throws(LedgerError) -> Value
    ) async throws(AuditError) -> Value? {
        guard let book else { return nil }
        do throws(LedgerError) { return try await work(book) } catch { throw .ledger(error) }
    }
}

/// One pass over the lines, in bounded memory: chain, order and tree.
struct LogWalk {
    /// How many entries are signed for.
    let size: Int
    private var tree = TreeFrontier()
    private var last = AuditEntry.first
    /// Bytes of lines behind the signed part.
    private var roots: [Int: TreeHash?]
    /// Entries after which the ledger is another one, or an older copy: they make part of what stands before them its own affair.
    private var changes: [(index: Int, to: Int64)] = []

    init(size: Int, roots: Set<Int>) {
        self.size = size
        self.roots = Dictionary(uniqueKeysWithValues: roots.map { ($0, $0 == 0 ? .empty : nil) })
    }

    /// Whether all that is signed for was there.
    var isWhole: Bool { tree.size == size }

    func root(at size: Int) -> TreeHash? { roots[size] ?? nil }

    func isOfThisLedger(_ index: Int, _ number: Int64) -> Bool {
        changes.allSatisfy { $0.index < index || number <= $0.to }
    }

    mutating func take(_ piece: LogCursor.Piece, _ report: inout AuditReport) {
        if let start = piece.start {
            report.files += 1
            if start != report.entries {
                report.add(
                    .file, report.entries,
                    "a file begins here whose name says \(start): a file is missing, or was added")
            }
        }
        for line in piece.lines {
            report.entries += 1
            if tree.size < size {
                take(line, &report)
            } else {
                report.unsigned += Int64(line.count) + 1
            }
        }
        guard !piece.rest.isEmpty else { return }
        if tree.size < size {
            report.add(.unreadable, tree.size, "a line without an end stands here")
        } else {
            report.unsigned += Int64(piece.rest.count)
        }
    }

    private mutating func take(_ line: [UInt8], _ report: inout AuditReport) {
        let index = tree.size
        if let entry = AuditEntry(line: line) {
            if entry.index != index { report.add(.order, index, "it says that it is entry \(entry.index)") }
            if entry.previous != last { report.add(.chain, index, "it does not follow the one before it") }
            if let change = LedgerChange(entry) { changes.append((index, change.to)) }
        } else {
            report.add(.unreadable, index, "the line is no entry")
        }
        last = TreeHash(leaf: line)
        tree.add(last)
        if roots[tree.size] != nil { roots[tree.size] = tree.root }
    }

    mutating func finish(_ head: Checkpoint, _ report: inout AuditReport) {
        if tree.size < head.size {
            report.add(.short, nil, "\(head.size) entries are signed for, and \(tree.size) are left")
        } else if tree.root != head.root {
            report.add(.root, nil, "the \(head.size) entries are not those that were signed for")
        }
    }
}
