import Domain
import Ledger
import Support
import Synchronization
import Testing

@Suite struct BudgetDayTests {
    /// Clocks that a test moves by hand, each by itself.
    final class Clocks: Timekeeper {
        private let state = Mutex<(wall: Int64, boot: Int64)>((0, 1000))
        let bootID = "boot-1"

        init(_ wall: String) {
            guard let moment = Timestamp(day: wall) else { return }
            state.withLock { $0.wall = moment.milliseconds }
        }

        func wall() -> Timestamp { Timestamp(milliseconds: state.withLock { $0.wall }) }
        func sinceBoot() -> Int64 { state.withLock { $0.boot } }
        /// Time passes.
        func pass(_ span: Span) {
            state.withLock {
                $0.wall += span.milliseconds
                $0.boot += span.milliseconds
            }
        }
        /// Somebody sets the wall clock.
        func set(_ span: Span) { state.withLock { $0.wall += span.milliseconds } }
    }

    @Test func `a budget's day does not begin again when the wall clock jumps`() async throws {
        let scratch = try Scratch("budget-day")
        let clocks = Clocks("2026-12-01")
        clocks.pass(.hours(10))
        let path = scratch.file("ledger.sqlite")
        var ledger = try SQLiteLedger(path: path, timekeeper: clocks)
        let now = try await ledger.now()
        let job = JobRecord(
            id: "j", claimToken: "t", route: "r", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .hours(24))
        _ = try await ledger.accept(job, blobs: [])
        let held = try #require(try await ledger.claim(1, for: "me", lease: .hours(1)).first)
        _ = try await ledger.write(held.hold, .prepared, [])
        var number = 0
        func spend() async throws {
            number += 1
            let effect = EffectRecord(
                id: "e\(number)", job: "j", output: 1, route: "r", provider: "p", model: "m", cost: 30,
                sentAt: try await ledger.now())
            _ = try await ledger.write(
                held.hold, .called, [.spend(effect, within: SpendLimits(perDay: 50))])
        }
        try await spend()
        #expect(try await ledger.budgetDay().day == "2026-12-01")
        for jump in [Span.hours(24), .hours(24 * 400), .hours(-24 * 800), .hours(24 * 400)] {
            clocks.set(jump)
            await #expect(throws: LedgerError.self, "\(jump)") { try await spend() }
            // Not even with a new daemon in between.
            ledger = try SQLiteLedger(path: path, timekeeper: clocks)
            await #expect(throws: LedgerError.self, "\(jump)") { try await spend() }
        }
        // The fourteen hours that were left of the day, and it is over.
        clocks.pass(.hours(13))
        await #expect(throws: LedgerError.self) { try await spend() }
        clocks.pass(.hours(1))
        try await spend()
        #expect(try await ledger.budgetDay().day == String(clocks.wall().description.prefix(10)))
    }
}
