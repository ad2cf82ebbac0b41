import Pipeline
import Synchronization
import Testing

/// `Task.immediate` runs up to the first wait before it returns: who came first is no question of luck.
@Suite struct TurnstileTests {
    @Test func `whoever came first is let in first`() async {
        let turnstile = Turnstile(width: 1)
        #expect(await turnstile.enter())
        let order = Order()
        let tasks = (0..<50).map { number in
            Task.immediate {
                guard await turnstile.enter() else { return }
                order.note(number)
                turnstile.leave()
            }
        }
        turnstile.leave()
        for task in tasks { await task.value }
        #expect(order.numbers == Array(0..<50))
    }

    @Test func `a thousand tasks lose no place and never crowd`() async {
        let turnstile = Turnstile(width: 3)
        let crowd = Crowd()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 {
                group.addTask {
                    guard await turnstile.enter() else { return }
                    crowd.come()
                    await Task.yield()
                    crowd.go()
                    turnstile.leave()
                }
            }
        }
        #expect(crowd.all == 1000)
        #expect(crowd.most <= 3)
        #expect(await Self.places(of: turnstile) == 3)
    }

    @Test func `closing turns away those who wait and those who come later`() async {
        let turnstile = Turnstile(width: 1)
        #expect(await turnstile.enter())
        let waiting = (0..<10).map { _ in Task.immediate { await turnstile.enter() } }
        turnstile.close()
        for task in waiting { #expect(await task.value == false) }
        turnstile.leave()
        #expect(await turnstile.enter() == false)
    }

    @Test func `a heavy one waits until there is room and is not passed by light ones`() async {
        let turnstile = Turnstile(width: 10)
        #expect(await turnstile.enter(6))
        let order = Order()
        let tasks = [8, 1, 1].map { weight in
            Task.immediate {
                guard await turnstile.enter(weight) else { return }
                order.note(weight)
            }
        }
        #expect(order.numbers.isEmpty)
        turnstile.leave(6)
        for task in tasks { await task.value }
        #expect(order.numbers == [8, 1, 1])
        #expect(await Self.places(of: turnstile) == 0)
    }

    @Test func `one that weighs more than all goes in alone`() async {
        let turnstile = Turnstile(width: 10)
        #expect(await turnstile.enter(4))
        let heavy = Task.immediate { await turnstile.enter(Int.max) }
        turnstile.leave(4)
        #expect(await heavy.value)
        turnstile.leave(Int.max)
        #expect(await Self.places(of: turnstile) == 10)
    }

    @Test func `a width below one still lets one in`() async {
        #expect(await Self.places(of: Turnstile(width: 0)) == 1)
        #expect(await Self.places(of: Turnstile(width: -5)) == 1)
    }

    /// How many get in before one has to wait.
    private static func places(of turnstile: Turnstile) async -> Int {
        let order = Order()
        let tasks = (0..<10).map { number in
            Task.immediate { if await turnstile.enter() { order.note(number) } }
        }
        let count = order.numbers.count
        turnstile.close()
        for task in tasks { await task.value }
        return count
    }
}

private final class Order: Sendable {
    private let noted = Mutex<[Int]>([])

    func note(_ number: Int) { noted.withLock { $0.append(number) } }
    var numbers: [Int] { noted.withLock { $0 } }
}

private final class Crowd: Sendable {
    private struct State {
        var now = 0
        var most = 0
        var all = 0
    }

    private let state = Mutex(State())

    func come() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
            state.all += 1
        }
    }

    func go() { state.withLock { $0.now -= 1 } }
    var most: Int { state.withLock { $0.most } }
    var all: Int { state.withLock { $0.all } }
}

@Suite struct TokenBucketTests {
    @Test func `requests are spread evenly over the minute`() {
        var bucket = TokenBucket(requestsPerMinute: 2, now: 0)
        #expect((0..<4).map { _ in bucket.take(now: 0) } == [0, 30_000, 60_000, 90_000])
    }

    @Test func `a rest saves up one request and no more`() {
        var bucket = TokenBucket(requestsPerMinute: 60, now: 0)
        #expect(bucket.take(now: 0) == 0)
        #expect(bucket.take(now: 3_600_000) == 0)
        #expect(bucket.take(now: 3_600_000) == 1000)
    }

    @Test func `a token that was not used is there for the next one`() {
        var bucket = TokenBucket(requestsPerMinute: 1, now: 0)
        #expect(bucket.take(now: 0) == 0)
        #expect(bucket.take(now: 0) == 60_000)
        bucket.giveBack()
        #expect(bucket.take(now: 0) == 60_000)
        bucket.giveBack()
        bucket.giveBack()
        bucket.giveBack()
        #expect(bucket.take(now: 0) == 0)
        #expect(bucket.take(now: 0) == 60_000)
    }

    @Test func `a clock that stands still or goes back gives no token`() {
        var bucket = TokenBucket(requestsPerMinute: 1, now: 100_000)
        #expect(bucket.take(now: 100_000) == 0)
        #expect(bucket.take(now: 0) == 60_000)
        bucket.giveBack()
        #expect(bucket.take(now: 160_000) == 0)
    }

    @Test(arguments: [0, -1, Int.min])
    func `a pace of nothing is a pace of one and no crash`(pace: Int) {
        var bucket = TokenBucket(requestsPerMinute: pace, now: 0)
        #expect(bucket.take(now: 0) == 0)
        #expect(bucket.take(now: 0) == 60_000)
    }
}
