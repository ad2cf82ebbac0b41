import Domain
import Ledger
import Rights
import Support
import Testing

@Suite struct RequestClockTests {
    @Test func `half, four fifths and all of a request's time are said once each, until it is closed`() async throws {
        let scratch = try Scratch("register")
        let clock = ManualClock()
        let ledger = try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
        let request = RightsRequest(id: "q", verb: "export", subjectRef: "ann", received: try await ledger.now())
        try await ledger.open(request)
        let register = RequestClock(ledger)
        var said: [Int] = []
        for day in 1...40 {
            clock.pass(.hours(24))
            for _ in 1...2 { said += try await register.warnings().map { $0.share * 1000 + day } }
        }
        #expect(said == [50_015, 80_024, 100_030])
        #expect(try await ledger.openRequests().map(\.id) == ["q"])
        try await ledger.close(request, result: "exported")
        #expect(try await register.warnings().isEmpty)
        #expect(try await ledger.openRequests().isEmpty)
    }

    @Test func `a start after a long rest says no more than the last`() async throws {
        let scratch = try Scratch("register")
        let clock = ManualClock()
        let ledger = try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
        try await ledger.open(
            RightsRequest(id: "q", verb: "erase", subjectRef: "ann", received: try await ledger.now()))
        clock.pass(.hours(24 * 50))
        #expect(try await RequestClock(ledger).warnings().map(\.share) == [100])
        #expect(try await RequestClock(ledger).warnings().isEmpty)
    }
}
