import Foundation
import Support
import Testing

/// What a route can not serve inside `queue.max_wait` stays in the inbox, and keeps nothing else there.
@Suite(.serialized) struct PaceTests {
    /// A route for which two requests are as many as two minutes take, and one without a pace.
    private static let config = """
        { spool: "SPOOL", queue: { max_wait: "2m" }, inbox: { settle: "100ms" }, listen: "off",
          models: { default: "quick", quick: { provider: "simulator" },
                    slow: { provider: "simulator", requests_per_minute: 1 } },
          output: { size: "native", format: "jpeg" }, disk: { min_free: "1MB" } }
        """

    private func drop(_ ids: [String], on model: String, in spool: TestSpool, count: Int = 1) throws {
        for id in ids {
            try spool.drop(
                id, manifest: #"{"prompt":"hill \#(id)","id":"\#(id)","model":"\#(model)","count":\#(count)}"#)
        }
    }

    private func taken(_ spool: TestSpool) async throws -> [String] {
        let listed = try await spool.darkroom("jobs", "--json").json["jobs"] as? [[String: Any]] ?? []
        return listed.compactMap { $0["job"] as? String }.sorted()
    }

    @Test func `a slow route's jobs wait in the inbox while a quick one's are made, and status says why`() async throws
    {
        let spool = try TestSpool("pace", config: Self.config)
        let slow = (1...6).map { "slow-\($0)" }
        try drop(slow, on: "slow", in: spool)
        let daemon = try spool.daemon()
        try await eventually("the first went at once") { spool.outcomes("done").count == 1 }
        try drop(["quick-1", "quick-2", "quick-3"], on: "quick", in: spool)
        try Data("a plain hill".utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/plain.txt"))
        try await eventually("the quick ones are made") {
            spool.outcomes("done").count { !$0.hasPrefix("slow") } == 4
        }
        // One was made, and two more are as many as may wait.
        try await eventually("the place that came free was taken") {
            spool.outcomes("inbox").count { $0.hasPrefix("slow") } == 3
        }
        #expect(try await taken(spool).count { $0.hasPrefix("slow") } >= 3)
        // The pace lets another one in each minute: what is shown is compared with what lay there all the while.
        func waiting() -> Int { spool.outcomes("inbox").count { $0.hasPrefix("slow") } }
        var (before, shown, printed) = (0, [String: Any](), "")
        repeat {
            before = waiting()
            shown = try #require(try await spool.darkroom("status", "--json").json["inbox"] as? [String: Any])
            printed = try await spool.darkroom("status").out
        } while waiting() != before
        #expect(shown["waiting"] as? Int == before)
        if before > 0 {
            let why = try #require((shown["waits_for"] as? [String])?.first)
            #expect(why.contains("slow") && why.contains("queue.max_wait"))
            #expect(printed.contains("\(before) waiting; slow"), "\(printed)")
        }
        #expect(daemon.printed.contains("more than can be served in queue.max_wait waits for slow"))
        #expect(daemon.printed.split(separator: "\n").count { $0.contains("hand-overs wait in the inbox") } <= 2)
        await daemon.end()
    }

    @Test func `a job that asks for more than its route can ever serve in time goes when nothing else waits there`()
        async throws
    {
        let spool = try TestSpool("pace-large", config: Self.config)
        try drop(["large"], on: "slow", in: spool, count: 5)
        let daemon = try spool.daemon()
        try await eventually("it is taken") { spool.outcomes("inbox").isEmpty }
        try drop(["next"], on: "slow", in: spool)
        try drop(["quick"], on: "quick", in: spool)
        try await eventually("the quick one is made") { spool.outcomes("done").contains("quick") }
        #expect(spool.outcomes("inbox") == ["next"])
        await daemon.end()
    }

    @Test func `lines of a batch whose route is full are passed by those of another`() async throws {
        let spool = try TestSpool("pace-batch", config: Self.config)
        let lines = (1...40).map { number in
            let model = number <= 10 ? "slow" : "quick"
            return #"{"prompt":"hill \#(number)","id":"line-\#(number)","model":"\#(model)"}"#
        }
        try BatchTests().drop(lines, in: spool)
        let daemon = try spool.daemon()
        try await eventually("all quick lines are made") {
            spool.outcomes("done").count { Int($0.dropFirst(5)) ?? 0 > 10 } == 30
        }
        let all = try await taken(spool)
        #expect(all.count < 40 && all.count >= 32)
        await daemon.end()
    }

    @Test func `a drain takes what its routes have served since, and ends`() async throws {
        let spool = try TestSpool(
            "pace-drain",
            config: Self.config.replacingOccurrences(of: "requests_per_minute: 1", with: "requests_per_minute: 300")
                .replacingOccurrences(of: "2m", with: "1m").replacingOccurrences(
                    of: "slow: { provider", with: "slow: { concurrency: 1, provider"))
        // One at once, and a minute for each as long as none has shown how long it takes.
        try drop((1...12).map { "s-\($0)" }, on: "slow", in: spool)
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 0, "\(drained.err)")
        #expect(spool.outcomes("done").count == 12 && spool.outcomes("inbox").isEmpty)
    }

    @Test(arguments: ["'25h'", "'30s'", "24"])
    func `a time to wait that is none is refused by name`(value: String) async throws {
        let spool = try TestSpool("pace-config", config: "{ spool: 'SPOOL', queue: { max_wait: \(value) } }")
        let checked = try await spool.darkroom("config", "check")
        #expect(checked.code == 78 && (checked.out + checked.err).contains("queue.max_wait"))
    }
}
