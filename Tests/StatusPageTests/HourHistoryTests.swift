import Domain
import Ledger
import Support
import Testing

@testable import StatusPage

@Suite struct HourHistoryTests {
    let scratch: Scratch
    let clock = ManualClock()
    let ledger: SQLiteLedger

    init() throws {
        scratch = try Scratch("hour")
        ledger = try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
    }

    /// Takes a job in and settles it at once.
    func settle(_ id: String) async throws {
        let now = try await ledger.now()
        let job = JobRecord(
            id: id, claimToken: "c-" + id, route: "offline", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .zero)
        _ = try await ledger.accept(job, blobs: [])
        let hold = try #require(try await ledger.claim(1, for: "test", lease: .hours(1)).first).hold
        for event in [JobEvent.prepared, .called, .answered, .finished] { _ = try await ledger.write(hold, event, []) }
        _ = try await ledger.write(hold, .settled(.done), [.settled(at: now, inputsDeleteBy: now)])
    }

    private func minutes(_ history: HourHistory) async throws -> [Int] {
        try await history.picture(ledger, now: ledger.now()).minutes.map(\.done)
    }

    /// Jobs of each of the last minutes, the youngest last.
    private func hour(_ last: [Int]) -> [Int] { Array(repeating: 0, count: HourHistory.length - last.count) + last }

    @Test func `minutes in which nobody looked are there at the next look, and each job counts once`() async throws {
        let history = HourHistory()
        try await settle("a")
        #expect(try await minutes(history) == hour([1]))
        clock.pass(.minutes(5))
        try await settle("b")
        clock.pass(.minutes(10))
        try await settle("c")
        #expect(try await minutes(history) == hour([1, 0, 0, 0, 0, 1] + Array(repeating: 0, count: 9) + [1]))
        #expect(try await minutes(history).reduce(0, +) == 3)
        clock.pass(.minutes(50))
        #expect(try await minutes(history).reduce(0, +) == 1, "what is older than an hour is not shown")
        clock.pass(.minutes(500))
        try await settle("d")
        #expect(try await minutes(history) == hour([1]))
    }
}
