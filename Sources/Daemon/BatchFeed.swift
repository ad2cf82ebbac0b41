import Disk
import Domain
import Intake
import Journal
import Ledger
import Pipeline
import Settings
import Synchronization

/// Batches whose lines become jobs bit by bit, as places in the queue become free.
final class BatchFeed: Sendable {
    /// Most lines that are accepted at once.
    private static let atOnce = 4

    private let stores: Stores
    private let acceptor: Acceptor
    private let watcher: InboxWatcher
    private let conductor: Conductor
    private let reserve: DiskReserve
    private let stopping: StopFlag
    private let batches = Mutex<[Batch]>([])

    init(
        _ stores: Stores, _ acceptor: Acceptor, watcher: InboxWatcher, conductor: Conductor, reserve: DiskReserve,
        stopping: StopFlag
    ) {
        self.stores = stores
        self.acceptor = acceptor
        self.watcher = watcher
        self.conductor = conductor
        self.reserve = reserve
        self.stopping = stopping
    }

    /// Batches that have lines left.
    var count: Int { batches.withLock { $0.count } }

    /// How soon to look again where something was left: a place in the queue becomes free at any moment.
    ///
    /// - Parameter look: how long a look takes. A full inbox is not to be listed all the time while the queue is full.
    static func pause(_ room: Int, after look: Span = .zero) -> Span {
        let least = Span(milliseconds: max(200, 10 * look.milliseconds))
        return room > 0 ? .seconds(2) : min(.seconds(2), least)
    }

    /// Takes up the batch of a claim; false where it holds none that can be read, which makes it a hand-over like any other.
    ///
    /// - Parameter isNew: whether no line of it can be a job yet.
    func open(_ claim: Claim, isNew: Bool) async throws(Acceptor.AcceptError) -> Bool {
        let longest = stores.configuration.limits.manifestBytes.bytes
        let owners = stores.configuration.inbox.allowed
        do {
            let known = isNew ? LineSet() : try await linesKnown(of: claim)
            let now = try await stores.ledger.now()
            let batch = try await BlockingLane.disk.run { () throws(DiskError) in
                let batch = try Batch(claim, longest: longest, owners: owners, known: known)
                // Found after days: a sweep would take it while its lines are being failed.
                if let batch, Self.isExpired(batch, now) { try batch.prolong(claimedAt: Self.lastMoment(now)) }
                return batch
            }
            if let batch { batches.withLock { $0.append(batch) } }
            return batch != nil
        } catch let error as LedgerError {
            throw .ledger(error)
        } catch let error as DiskError {
            throw .disk(error)
        } catch {
            throw .disk(DiskError("open a batch", code: 5))
        }
    }

    /// The lines that are jobs already, asked for some at a time.
    private func linesKnown(of claim: Claim) async throws(LedgerError) -> LineSet {
        var known = LineSet()
        var last = ""
        while true {
            let some = try await stores.ledger.claimTokens(
                startingWith: claim.token + ".", after: last, limit: 2000)
            for token in some { known.insert(token: token) }
            guard let end = some.last else { return known }
            last = end
        }
    }

    /// Takes lines of batches as long as there is room; a few at a time, so that a long batch keeps nothing else waiting.
    ///
    /// - Returns: what the routes can serve after that.
    func feed(_ room: inout Int, _ admission: Admission?, after look: Span = .zero) async -> Admission? {
        var admission = admission
        let open = batches.withLock { batches in
            defer { batches = [] }
            return batches
        }
        for batch in open {
            var batch = batch
            var isTroubled = false
            let before = room
            do throws(Acceptor.AcceptError) {
                isTroubled = try await !feed(&batch, &room, &admission)
                if batch.isOver {
                    try await acceptor.end(batch)
                    continue
                }
            } catch {
                isTroubled = true
                stores.recorder.log.error("a batch could not be read on", ["why": error.description])
                let current = batch
                if await BlockingLane.disk.run({ current.isGone }) { continue }
            }
            batches.withLock { [batch] in $0.append(batch) }
            let isHeldUp = isTroubled || room <= 0 || !reserve.hasRoom || (batch.hasAside && room == before)
            watcher.wake(within: isHeldUp ? Self.pause(isTroubled ? 1 : room, after: look) : .zero)
        }
        return admission
    }

    /// Most lines of a batch that are taken at one look.
    private static let linesAtALook = 256

    /// When what is left of a batch is given up: inputs live a day at most, and a sweep would take them unexplained then.
    private static let batchLife = Span(milliseconds: Span.hours(24).milliseconds - Span.minutes(10).milliseconds)

    private static func isExpired(_ batch: Batch, _ now: Timestamp) -> Bool { batch.claimed <= lastMoment(now) }

    /// What was claimed then or before is given up now.
    private static func lastMoment(_ now: Timestamp) -> Timestamp {
        now.after(Span(milliseconds: -batchLife.milliseconds))
    }

    private func prolong(_ batch: Batch, _ now: Timestamp) async throws(Acceptor.AcceptError) {
        do throws(DiskError) {
            try await BlockingLane.disk.run { () throws(DiskError) in
                try batch.prolong(claimedAt: Self.lastMoment(now))
            }
        } catch {
            throw .disk(error)
        }
    }

    /// False where a line could not be accepted.
    private func feed(
        _ batch: inout Batch, _ room: inout Int, _ admission: inout Admission?
    ) async throws(Acceptor.AcceptError) -> Bool {
        var quota = Self.linesAtALook
        while quota > 0, !stopping.isSet {
            let now = try await now()
            let isExpired = Self.isExpired(batch, now)
            let isCancelled = await BlockingLane.disk.run { [batch] in batch.isCancelled }
            // What is refused takes no place.
            let refusal =
                isCancelled ? Self.cancelled : isExpired ? Self.expired : batch.isDoubted ? Self.doubted : nil
            let most = refusal != nil ? Self.atOnce : min(room, quota, Self.atOnce)
            guard most > 0, reserve.hasRoom else { return true }
            let (lines, next, left) = try await read(most, of: batch, refusal != nil ? nil : admission)
            batch = next
            if refusal == nil { admission = left }
            guard !lines.isEmpty else { return true }
            let refused = await accept(lines, of: batch, refusing: refusal)
            for line in refused { batch.putBack(line) }
            guard refused.isEmpty else { return false }
            if isExpired { try await prolong(batch, now) }
            quota -= lines.count
            if refusal == nil { room -= lines.count }
            conductor.poke()
        }
        return true
    }

    private func now() async throws(Acceptor.AcceptError) -> Timestamp {
        do throws(LedgerError) { return try await stores.ledger.now() } catch { throw .ledger(error) }
    }

    private func read(
        _ most: Int, of batch: Batch, _ admission: Admission?
    ) async throws(Acceptor.AcceptError) -> ([BatchLine], Batch, Admission?) {
        do throws(DiskError) {
            return try await BlockingLane.disk.run { () throws(DiskError) in
                var batch = batch
                var admission = admission
                let lines = try batch.next(most) { line in
                    guard case .whole(let bytes) = line.text else { return true }
                    return admission?.admits(Admission.Request(manifest: bytes)) ?? true
                }
                return (lines, batch, admission)
            }
        } catch {
            throw .disk(error)
        }
    }

    /// The lines that could not be accepted yet.
    private func accept(_ lines: [BatchLine], of batch: Batch, refusing refusal: Reason?) async -> [BatchLine] {
        await withTaskGroup(of: BatchLine?.self) { group in
            for line in lines {
                group.addTask { [acceptor, stores] in
                    do throws(Acceptor.AcceptError) {
                        if let refusal {
                            try await acceptor.refuse(line, of: batch, refusal)
                        } else {
                            try await acceptor.accept(line, of: batch)
                        }
                        return nil
                    } catch {
                        stores.recorder.log.error(
                            "a line of a batch could not be accepted yet",
                            ["line": String(line.number), "why": error.description])
                        return line
                    }
                }
            }
            return await group.reduce(into: []) { found, line in if let line { found.append(line) } }
        }
    }

    private static let doubted = Reason(
        .outcomeUnknown, "the ledger was lost or is older than the spool: whether this line was called is not known",
        hint: "look at the provider's account, then hand over again what is missing")

    private static let cancelled = Reason(
        .cancelled, "the batch was cancelled before this line was read", hint: "hand it over again if it is wanted")

    private static let expired = Reason(
        .expired, "the line waited a day for a place in the queue", limit: "queue.max_accepted",
        hint: "hand it over again, or raise queue.max_accepted")
}
