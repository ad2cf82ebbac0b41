import Domain
import Foundation
import Ledger
import Support
import Testing

/// Why jobs wait, in whichever state they do.
@Suite struct WaitReasonTests {
    private let scratch: Scratch
    private let clock = ManualClock()

    init() throws { scratch = try Scratch("waits") }

    private func open() throws -> SQLiteLedger {
        try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
    }

    private func accept(_ ids: String..., in ledger: SQLiteLedger) async throws {
        for id in ids {
            let now = try await ledger.now()
            let job = JobRecord(
                id: id, claimToken: "claim-" + id, route: "offline", acceptedAt: now,
                inputsDeleteBy: now.after(.hours(24)), retainInputs: .hours(24))
            _ = try await ledger.accept(job, blobs: [])
            clock.pass(.seconds(1))
        }
    }

    private let noWorker = Reason(.internalFault, "no image worker can be started: error 11", hint: "try doctor")

    @Test func `a job that waits before it is begun says why until it goes on`() async throws {
        let ledger = try open()
        try await accept("a", in: ledger)
        let held = try #require(try await ledger.claim(1, for: "me", lease: .hours(1)).first)
        let until = try await ledger.now().after(.minutes(2))
        let waiting = try await ledger.write(held.hold, nil, [.wait(until: until, noWorker)])
        try await ledger.release(waiting.hold)
        let seen = try #require(try await ledger.job("a"))
        #expect(seen.state == .accepted && seen.waitsFor == .internalFault && seen.waitReason == noWorker)
        #expect(
            try await ledger.waits() == [WaitGroup(state: .accepted, reason: noWorker, jobs: 1, until: until)])
        clock.pass(.minutes(2))
        // Somebody works on it: it does not wait.
        let again = try #require(try await ledger.claim(1, for: "me", lease: .hours(1)).first)
        #expect(again.waitReason == nil)
        #expect(try await ledger.waits().isEmpty)
        let ready = try await ledger.write(again.hold, .prepared, [])
        try await ledger.release(ready.hold)
        #expect(try await ledger.job("a")?.waitReason == nil, "what it waited for is over")
        #expect(try await ledger.waits().isEmpty)
    }

    @Test func `jobs that wait for the same are counted together, with the words of the one that goes on first`()
        async throws
    {
        let ledger = try open()
        try await accept("a", "b", "c", "d", in: ledger)
        let now = try await ledger.now()
        for (index, job) in try await ledger.claim(4, for: "me", lease: .hours(1)).enumerated() {
            let ready = try await ledger.write(job.hold, .prepared, [])
            let reason =
                index == 3 ? noWorker : Reason(.overBudget, "the day's budget is spent", value: String(index))
            let until = now.after(.minutes(Int64(9 - index)))
            _ = try await ledger.write(ready.hold, .hindered, [.wait(until: until, reason)])
        }
        let waits = try await ledger.waits()
        #expect(waits.map(\.jobs) == [3, 1] && waits.map(\.reason.code) == [.overBudget, .internalFault])
        #expect(waits.first?.reason.value == "2" && waits.first?.until == now.after(.minutes(7)))
        #expect(waits.allSatisfy { $0.state == .waiting })
    }

    @Test func `a job of an older ledger, which knows only the code, has the words of the code`() async throws {
        let ledger = try open()
        try await accept("a", in: ledger)
        let change = "UPDATE job SET state = 'waiting', waiting = 'disk_full'"
        try Spawned.run("sqlite3", [scratch.file("ledger.sqlite"), change])
        let reason = try #require(try await ledger.job("a")?.waitReason)
        #expect(reason.code == .diskFull && reason.message == ReasonCode.diskFull.meaning)
        #expect(reason.hint == ReasonCode.diskFull.remedy)
        #expect(try await ledger.waits().map(\.reason) == [reason])
    }
}
