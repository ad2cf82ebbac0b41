import Domain
import Ledger
import Support
import Testing

@Suite struct CreditTests {
    let scratch: Scratch
    let clock = ManualClock()
    let ledger: SQLiteLedger

    init() throws {
        scratch = try Scratch("credits")
        ledger = try SQLiteLedger(path: scratch.file("ledger.sqlite"), timekeeper: clock)
    }

    @discardableResult
    func give(_ amount: Int64, to subject: String = "s", for life: Span? = nil, key: String? = nil) async throws
        -> CreditAnswer
    {
        let now = try await ledger.now()
        return try await ledger.credit(
            CreditGrant(
                subjectRef: subject, amount: amount, expiresAt: life.map { now.after($0) },
                key: key ?? "k\(UInt64.random(in: 0 ... .max))", policy: ("shop", "h")))
    }

    /// Takes a job in; its reason says whether there was credit for it.
    @discardableResult
    func accept(
        _ id: String, _ subject: String = "s", count: Int = 1, price: Int64 = 1,
        change: (inout JobRecord) -> Void = { _ in }
    ) async throws -> JobRecord {
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "claim-" + id, route: "r", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .hours(24), count: count)
        job.subjectRef = subject
        job.creditsPerOutput = price
        change(&job)
        _ = try await ledger.accept(job, blobs: [])
        return try #require(try await ledger.job(id))
    }

    func write(_ id: String, _ event: JobEvent?, _ changes: [Change] = []) async throws {
        let job = try #require(try await ledger.seize(id, for: "me", from: JobState.allCases))
        _ = try await ledger.write(job.hold, event, changes)
    }

    /// Brings a job to `done` with these outputs made, the others failed.
    func deliver(_ id: String, _ made: [Int], of count: Int) async throws {
        for event in [JobEvent.prepared, .called, .answered] { try await write(id, event) }
        try await finish(id, made, of: count)
    }

    func finish(_ id: String, _ made: [Int], of count: Int) async throws {
        try await write(id, .finished, outputs(id, made, of: count))
        try await write(id, .settled(.done))
    }

    func outputs(_ id: String, _ made: [Int], of count: Int) -> [Change] {
        (1...count).map { index in
            var output = OutputRecord(job: id, index: index)
            output.state = made.contains(index) ? .made : .failed
            return .output(output)
        }
    }

    func balance(_ subject: String = "s") async throws -> [Int64] {
        let balance = try await ledger.creditBalance(of: subject)
        return [balance.free, balance.reserved, balance.spent, balance.expired]
    }

    func addsUp() async throws { #expect(try await ledger.creditFaults() == []) }

    // MARK: by hand

    @Test func `a credit under one key is given once, and the key belongs to it`() async throws {
        #expect(try await give(5, key: "order-1") == .entered)
        #expect(try await give(5, key: "order-1") == .repeated)
        #expect(try await give(6, key: "order-1") == .keyTaken)
        #expect(try await give(5, to: "t", key: "order-1") == .keyTaken)
        #expect(try await balance() == [5, 0, 0, 0])
        try await addsUp()
    }

    @Test func `a correction takes what expires first, and never more than is free`() async throws {
        try await give(5, for: .hours(48))
        try await give(5, for: .hours(24))
        #expect(try await give(-7) == .entered)
        #expect(try await give(-4) == .moreThanFree(3))
        #expect(try await ledger.creditBalance(of: "s").expiringNext?.amount == 3)
        clock.pass(.hours(25))
        #expect(try await balance() == [3, 0, 0, 0], "the lot that was left is the later one")
        #expect(try await give(-7, key: "back") == .moreThanFree(3))
        #expect(try await give(-3, key: "back") == .entered)
        #expect(try await give(-3, key: "back") == .repeated)
        try await addsUp()
    }

    @Test func `no subject is given more than can be counted`() async throws {
        for _ in 0..<1000 { try await give(CreditGrant.most) }
        #expect(try await give(1) == .tooMany)
        try await addsUp()
    }

    // MARK: jobs

    @Test func `a job reserves all its outputs or none, and pays for what it delivers`() async throws {
        try await give(5)
        #expect(try await accept("a", count: 2, price: 2).reason == nil)
        #expect(try await balance() == [1, 4, 0, 0])
        let refused = try await accept("b", count: 1, price: 2)
        #expect(refused.reason?.code == .noCredit && refused.reason?.limit == "1" && refused.reason?.value == "2")
        try await deliver("a", [2], of: 2)
        #expect(try await balance() == [3, 0, 2, 0], "the output that failed costs nothing")
        #expect(
            try await ledger.creditHistory(of: "s", limit: 9).map(\.kind)
                == [.settle, .release, .reserve, .reserve, .credit])
        try await addsUp()
    }

    @Test(arguments: [JobEvent.settled(.failed), .restored])
    func `a job that delivers nothing costs nothing`(end: JobEvent) async throws {
        try await give(1)
        try await accept("a")
        try await write("a", end)
        #expect(try await balance() == [1, 0, 0, 0])
        try await addsUp()
    }

    @Test func `a held job keeps its credits until a person decides`() async throws {
        try await give(1)
        try await accept("a")
        for event in [JobEvent.prepared, .called, .settled(.held)] { try await write("a", event) }
        #expect(try await balance() == [0, 1, 0, 0])
        try await write("a", .reopened(.ready), [.reopened(inputsDeleteBy: try await ledger.now())])
        #expect(try await balance() == [0, 1, 0, 0], "and takes no second one when it goes on")
        try await write("a", .called)
        try await write("a", .answered)
        try await finish("a", [1], of: 1)
        #expect(try await balance() == [0, 0, 1, 0])
        try await addsUp()
    }

    @Test func `a retry reserves anew for what was not delivered, and for nothing else`() async throws {
        try await give(3)
        try await accept("a", count: 3)
        try await deliver("a", [1], of: 3)
        #expect(try await balance() == [2, 0, 1, 0])
        try await write("a", .reopened(.answered))
        #expect(try await balance() == [0, 2, 1, 0])
        try await finish("a", [1, 2], of: 3)
        #expect(try await balance() == [1, 0, 2, 0], "the first output is made again and not charged again")
        try await write("a", .reopened(.answered))
        try await finish("a", [1, 2, 3], of: 3)
        #expect(try await balance() == [0, 0, 3, 0])
        try await addsUp()
    }

    @Test func `a retry without credit is said before, and ends the job again where somebody was faster`() async throws
    {
        try await give(1)
        let job = try await accept("a", count: 2)
        #expect(job.reason?.code == .noCredit)
        try await write("a", .settled(.failed))
        #expect(try await ledger.lackOfCredit(for: job) == CreditLack(free: 1, need: 2))
        try await write("a", .reopened(.ready), [.reopened(inputsDeleteBy: try await ledger.now())])
        #expect(try await ledger.job("a")?.reason?.code == .noCredit)
        try await write("a", .settled(.failed))
        try await give(1)
        #expect(try await ledger.lackOfCredit(for: job) == nil)
        try await write("a", .reopened(.ready), [.reopened(inputsDeleteBy: try await ledger.now())])
        #expect(try await ledger.job("a")?.reason == nil)
        #expect(try await balance() == [0, 2, 0, 0])
        try await addsUp()
    }

    @Test func `no request leaves for an output without its credits`() async throws {
        try await accept("a")
        try await write("a", .prepared)
        let effect = EffectRecord(
            id: "e", job: "a", output: 1, route: "r", provider: "p", model: "m", cost: 1,
            sentAt: try await ledger.now())
        await #expect(throws: LedgerError.noCredit(CreditLack(free: 0, need: 1))) {
            try await write("a", .called, [.spend(effect, within: SpendLimits())])
        }
        #expect(try await ledger.effects(of: "a").isEmpty)
    }

    @Test func `a duplicate, a refused job and one whose policy takes none leave the book alone`() async throws {
        try await give(1)
        try await accept("a") { $0.duplicateOf = "z" }
        try await accept("b") { $0.reason = Reason(.invalidManifest, "no") }
        try await accept("c", price: 0)
        #expect(try await balance() == [1, 0, 0, 0])
        #expect(try await ledger.creditHistory(of: "s", limit: 9).count == 1)
    }

    // MARK: expiry

    @Test func `what expires first is used first, and what is reserved stays until it is decided`() async throws {
        try await give(2)
        try await give(2, for: .hours(2))
        try await accept("a", count: 3)
        clock.pass(.hours(3))
        #expect(try await balance() == [1, 3, 0, 0])
        try await deliver("a", [1], of: 3)
        #expect(try await balance() == [2, 0, 1, 1], "one comes back to a lot that lives, one to a lot that is over")
        try await addsUp()
    }

    @Test func `the sweep ends lots of everybody whose time is over`() async throws {
        for subject in ["s", "t"] { try await give(2, to: subject, for: .hours(1)) }
        try await give(3, to: "u")
        #expect(try await ledger.expireCredits() == 0)
        clock.pass(.hours(1))
        #expect(try await ledger.expireCredits() == 4)
        #expect(try await ledger.expireCredits() == 0)
        #expect(try await balance("t") == [0, 0, 0, 2])
        #expect(try await balance("u") == [3, 0, 0, 0])
        try await addsUp()
    }

    // MARK: whatever happens

    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state ^ state >> 29) &* 0x9E37_79B9_7F4A_7C15
        }
    }

    @Test(arguments: 1...6)
    func `whatever happens in whatever order, all credits add up`(seed: UInt64) async throws {
        var dice = Dice(state: seed)
        var live: [String] = []
        var settled: [String] = []
        var given: [String: Int64] = [:]
        var taken: [String: Int64] = [:]
        var delivered: [String: Set<Int>] = [:]
        let subjects = ["s", "t", "u"]
        for step in 0..<150 {
            let subject = subjects[Int.random(in: 0..<3, using: &dice)]
            switch Int.random(in: 0..<9, using: &dice) {
            case 0:
                let amount = Int64.random(in: -4...12, using: &dice)
                let life = Bool.random(using: &dice) ? Span.hours(Int64.random(in: 1...20, using: &dice)) : nil
                if amount != 0, try await give(amount, to: subject, for: life) == .entered {
                    given[subject, default: 0] += amount
                }
            case 1, 2, 3:
                let (count, price) = (Int.random(in: 1...3, using: &dice), Int64.random(in: 1...3, using: &dice))
                let job = try await accept("j\(step)", subject, count: count, price: price)
                live.append(job.id)
                if job.reason != nil {
                    try await write(job.id, .settled(.failed))
                    settled.append(live.removeLast())
                }
            case 4, 5, 6:
                guard let id = live.randomElement(using: &dice), let job = try await ledger.job(id) else { continue }
                live.removeAll { $0 == id }
                settled.append(id)
                let made = (1...job.count).filter { _ in Bool.random(using: &dice) }
                if made.isEmpty || job.reason != nil {
                    try await write(id, .settled(.failed), outputs(id, [], of: job.count))
                    continue
                }
                if job.state == .accepted { for event in [JobEvent.prepared, .called] { try await write(id, event) } }
                if job.state != .answered { try await write(id, .answered) }
                try await finish(id, made, of: job.count)
                let new = Set(made).subtracting(delivered[id] ?? [])
                delivered[id, default: []].formUnion(new)
                taken[job.subjectRef ?? "", default: 0] += Int64(new.count) * job.creditsPerOutput
            case 7:
                guard let id = settled.randomElement(using: &dice) else { continue }
                let next: JobState = Bool.random(using: &dice) ? .ready : .answered
                try await write(id, .reopened(next), [.reopened(inputsDeleteBy: try await ledger.now())])
                settled.removeAll { $0 == id }
                live.append(id)
            default: clock.pass(.hours(Int64.random(in: 0...6, using: &dice)))
            }
            #expect(try await ledger.creditFaults() == [], "after step \(step)")
        }
        for subject in subjects {
            let balance = try await balance(subject)
            #expect(balance.reduce(0, +) == given[subject] ?? 0)
            #expect(balance[2] == taken[subject] ?? 0)
        }
        for id in live { try await write(id, .settled(.failed), []) }
        for subject in subjects { #expect(try await balance(subject)[1] == 0, "nothing stays reserved") }
        try await addsUp()
    }

    // MARK: what the check finds

    @Test(arguments: [
        (
            "UPDATE credit_entry SET amount = amount + 1 WHERE account = 'free'",
            ["sum to", "sums to", "lot", "balance"]
        ),
        ("UPDATE credit_account SET free = free + 1", ["balance of subject"]),
        ("UPDATE credit_lot SET free = free - 1", ["lot 1"]),
        ("UPDATE credit_hold SET state = 'settled'", ["has reserved is not what its jobs hold"]),
        ("UPDATE job SET state = 'failed'", ["output 1 of job a, which is not under way"]),
        ("DELETE FROM output; DELETE FROM job", ["which is not under way"]),
        (
            "UPDATE job SET state = 'done'; UPDATE output SET state = 'made'",
            ["which is not under way", "delivered without its credits"]
        ),
    ])
    func `damage to the book is named`(damage: String, words: [String]) async throws {
        try await give(9)
        try await accept("a")
        try await addsUp()
        try Spawned.run("sqlite3", [scratch.file("ledger.sqlite"), damage])
        let found = try await ledger.creditFaults().map(\.description)
        for word in words { #expect(found.contains { $0.contains(word) }, "\(word) in \(found)") }
    }

    @Test func `a job that is forgotten leaves its credits in the history, and its id pays again`() async throws {
        try await give(10)
        for round in 1...2 {
            #expect(try await accept("a", count: 2, price: 2).reason == nil)
            for event in [JobEvent.prepared, .called, .answered] { try await write("a", event) }
            try await write("a", .finished, outputs("a", [1], of: 2))
            let now = try await ledger.now()
            try await write(
                "a", .settled(.done), [.settled(at: now, inputsDeleteBy: now), .inputsDeleted(at: now)])
            clock.pass(.hours(24 * 31))
            let moment = try await ledger.now().after(Span(milliseconds: -30 * 86_400_000))
            // As long as its pictures stand in done/, they are the subject's to ask for.
            #expect(try await ledger.forget(settledBefore: moment) == 0)
            _ = try await ledger.delivered(["a"])
            #expect(try await ledger.forget(settledBefore: moment) == 1)
            #expect(try await ledger.job("a") == nil)
            let balance = try await ledger.creditBalance(of: "s")
            #expect(balance.spent == Int64(2 * round) && balance.free == Int64(10 - 2 * round) && balance.reserved == 0)
            #expect(try await ledger.creditFaults() == [])
        }
        #expect(try await ledger.creditHistory(of: "s", limit: 100).count { $0.job == "a" } == 8)
    }
}
