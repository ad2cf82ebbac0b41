import Testing

@testable import Workers

/// When a worker is late, by readings of its processor time and of the wall clock.
@Suite struct TimeWatchTests {
    private static let limit = TimeLimit(processor: .seconds(30))

    /// Looks at a worker that was started with 5 s on its clock, each second until somebody gives a verdict.
    private func lateness(
        seconds: Int, _ used: (Int) -> Duration
    ) -> (after: Int, Lateness)? {
        var watch = TimeWatch(Self.limit, used: .seconds(5) + used(0), at: .zero)
        for second in 1...seconds {
            let found = watch.lateness(used: .seconds(5) + used(second), at: .seconds(second))
            if let found { return (second, found) }
        }
        return nil
    }

    @Test func `a worker that computes all the time is late after its processor time`() throws {
        let (after, how) = try #require(lateness(seconds: 100) { .seconds($0) })
        #expect(after == 31 && how == .processorTime(.seconds(30)))
    }

    @Test func `four threads use it up four times as fast`() throws {
        let (after, how) = try #require(lateness(seconds: 100) { .seconds(4 * $0) })
        #expect(after == 8 && how == .processorTime(.seconds(30)))
    }

    @Test func `a worker that gets a hundredth of a processor lives on for as long as it needs`() {
        #expect(lateness(seconds: 2900) { .milliseconds(10 * $0) } == nil)
    }

    @Test func `a worker that gets nothing for minutes and then goes on is not late`() {
        #expect(lateness(seconds: 2000) { .milliseconds(400 * ($0 / 500)) } == nil)
    }

    @Test func `a worker cannot keep its place for ever by doing next to nothing`() throws {
        let (after, how) = try #require(lateness(seconds: 100_000) { .milliseconds(300 * ($0 / 599)) })
        #expect(after < 2100 * 30 && how == .processorTime(.seconds(30)))
    }

    @Test func `a worker that stands still is late after twenty times its processor time`() throws {
        let (after, how) = try #require(lateness(seconds: 2000) { min(.seconds($0), .seconds(10)) })
        #expect(after == 610 && how == .standstill(.seconds(600)))
    }

    @Test func `what signals and timers cost a process is no progress`() throws {
        let (after, how) = try #require(lateness(seconds: 2000) { .microseconds(5 * $0) })
        #expect(after == 600 && how == .standstill(.seconds(600)))
    }

    @Test func `time in which nobody looked, as in a frozen container, does not count`() {
        var watch = TimeWatch(Self.limit, used: .zero, at: .zero)
        #expect(watch.lateness(used: .zero, at: .seconds(1)) == nil)
        #expect(watch.lateness(used: .zero, at: .seconds(86_400)) == nil)
        #expect(watch.lateness(used: .zero, at: .seconds(86_401)) == nil)
    }

    @Test func `spans are written as people write them`() {
        #expect(Lateness.processorTime(.seconds(30)).description == "it used more than 30 s of processor time")
        #expect(Lateness.standstill(.milliseconds(1400)).description == "it made no progress for 1.4 s")
        #expect(Lateness.words(.milliseconds(1960)) == "2 s" && Lateness.words(.milliseconds(400)) == "0.4 s")
    }
}
