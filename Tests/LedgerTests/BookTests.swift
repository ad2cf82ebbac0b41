import Domain
import Foundation
import Ledger
import Support
import Testing

/// The book of calls beside the ledger.
@Suite struct BookTests {
    let scratch: Scratch
    let clock = ManualClock()

    init() throws { scratch = try Scratch("book") }

    func open(_ name: String = "ledger.sqlite") throws -> SQLiteLedger {
        try SQLiteLedger(path: scratch.file(name), timekeeper: clock)
    }

    private func keep(_ ledger: SQLiteLedger, isAnew: Bool = false) async throws {
        try await ledger.keepBook(
            in: scratch.path, isAnew: isAnew, seen: Timestamp(milliseconds: 0))
    }

    /// A job of the id, claimed and prepared.
    private func ready(_ id: String, _ ledger: SQLiteLedger) async throws -> JobRecord {
        let now = try await ledger.now()
        let job = JobRecord(
            id: id, claimToken: "claim-" + id, route: "mai", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .hours(24))
        _ = try await ledger.accept(job, blobs: [])
        let claimed = try #require(try await ledger.claim(1, for: "run", lease: .hours(1)).first)
        return try await ledger.write(claimed.hold, .prepared, [])
    }

    @discardableResult
    private func call(_ id: String, _ ledger: SQLiteLedger, limits: SpendLimits = SpendLimits()) async throws
        -> EffectRecord
    {
        let job = try await ready(id, ledger)
        let effect = EffectRecord(
            id: "call-" + id, job: id, output: 1, route: "mai", provider: "p", model: "m", cost: 40_000,
            sentAt: try await ledger.now())
        _ = try await ledger.write(job.hold, .called, [.spend(effect, within: limits)])
        return effect
    }

    /// Ids of the calls that the book's files name, the old one's first.
    private func named() async throws -> [String] {
        let (current, old) = try CallBookFile.look(scratch.path)
        var names: [String] = []
        for file in [old, current].compactMap({ $0 }) {
            try await file.read(from: 0) { entries, _ in names += entries.map(\.effect.id) }
        }
        return names
    }

    @Test func `what a ledger lets leave stands in the book, and the ledger knows how far`() async throws {
        let ledger = try open()
        try await keep(ledger)
        try await call("a", ledger)
        try await call("b", ledger)
        #expect(try await named() == ["call-a", "call-b"])
        let current = try #require(try CallBookFile.look(scratch.path).current)
        let mark = try #require(try await ledger.bookmark())
        #expect(mark.id == current.id && mark.place == current.length && !current.isCopy)
    }

    @Test func `a call that a budget refuses stands nowhere`() async throws {
        let ledger = try open()
        try await keep(ledger)
        await #expect(throws: LedgerError.self) { try await call("a", ledger, limits: SpendLimits(perDay: 10)) }
        #expect(try await named() == [])
        try await call("b", ledger)
        #expect(try await named() == ["call-b"])
    }

    @Test func `a line longer than any may be is passed over and not taken for another`() async throws {
        let ledger = try open()
        try await keep(ledger)
        let job = try await ready("b", ledger)
        let effect = EffectRecord(
            id: "call-b", job: "b", output: 1, route: "mai", provider: "p",
            model: String(repeating: "m", count: 20_000), cost: 1, sentAt: try await ledger.now())
        _ = try await ledger.write(job.hold, .called, [.spend(effect, within: SpendLimits())])
        try await call("c", ledger)
        #expect(try await named() == ["call-c"])
    }

    @Test func `a torn line is passed over, and what follows it is read`() async throws {
        let ledger = try open()
        try await keep(ledger)
        try await call("a", ledger)
        let path = scratch.file("calls")
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"call":"half","job":"#.utf8))
        try file.write(contentsOf: Data("\n\u{0}\u{0}\n".utf8))
        try file.close()
        let again = try open()
        try await keep(again)
        try await call("b", again)
        #expect(try await named() == ["call-a", "call-b"])
    }

    @Test func `after a day another file is begun, and the one before is kept`() async throws {
        let ledger = try open()
        try await keep(ledger)
        try await call("a", ledger)
        clock.pass(.hours(27))
        try await call("b", ledger)
        let (current, old) = try CallBookFile.look(scratch.path)
        #expect(current != nil && old != nil && current?.id != old?.id)
        #expect(try await named() == ["call-a", "call-b"])
        clock.pass(.hours(27))
        try await call("c", ledger)
        #expect(try await named() == ["call-b", "call-c"])
        #expect(try await ledger.bookmark()?.id == CallBookFile.look(scratch.path).current?.id)
    }

    @Test func `a copy of the book is known as one`() async throws {
        let ledger = try open()
        try await keep(ledger)
        try await call("a", ledger)
        let bytes = try #require(FileManager.default.contents(atPath: scratch.file("calls")))
        try FileManager.default.removeItem(atPath: scratch.file("calls"))
        #expect(FileManager.default.createFile(atPath: scratch.file("calls"), contents: bytes))
        #expect(try CallBookFile.look(scratch.path).current?.isCopy == true)
        // Begun anew it is none any more, and the copy is the old one.
        try await keep(try open(), isAnew: true)
        #expect(try CallBookFile.look(scratch.path).current?.isCopy == false)
        #expect(try await named() == ["call-a"])
    }

    @Test func `the book tells how calls ended`() async throws {
        let ledger = try open()
        try await keep(ledger)
        var effect = try await call("a", ledger)
        (effect.state, effect.callClass, effect.billed, effect.cost) = (.failed, "rate_limited", .no, 0)
        let job = try #require(try await ledger.job("a"))
        _ = try await ledger.write(job.hold, nil, [.effect(effect)])
        var ends: [CallEnd] = []
        let current = try #require(try CallBookFile.look(scratch.path).current)
        try await current.read(from: 0) { _, some in ends += some }
        #expect(ends.map(\.call) == ["call-a"] && ends.first?.billed == .no)
        // A power cut may take the end, which is not made durable: so much is not counted on.
        #expect(try #require(try await ledger.bookmark()).place < current.length)
        try await call("b", ledger)
        #expect(try await ledger.bookmark()?.place == CallBookFile.look(scratch.path).current?.length)
    }
}
