import Foundation
import HTTPServer
import Support
import Testing

/// Credits by the built program: a policy's file, jobs, faults, kills, and the verb `account`.
@Suite(.serialized) struct CreditTests {
    /// A spool whose policy takes one credit an output.
    private func spool(
        _ provider: Provider, policy: String = "credits: { per_output: 1, expire: \"365d\" }", route: String = "",
        more: String = ""
    ) throws -> TestSpool {
        let folder = try Scratch("policy")
        let file = folder.file("shop.json5")
        try "{ id: \"shop\", \(policy) }".write(toFile: file, atomically: true, encoding: .utf8)
        let spool = try TestSpool("credit", config: provider.configuration("policy: \"POLICY\", \(more)", route: route))
        // The policy lies beside the configuration, and goes with it.
        try FileManager.default.moveItem(atPath: file, toPath: spool.scratch.file("shop.json5"))
        let config = try #require(spool.config)
        let text = try String(contentsOfFile: config, encoding: .utf8)
            .replacingOccurrences(of: "POLICY", with: spool.scratch.file("shop.json5"))
        try text.write(toFile: config, atomically: true, encoding: .utf8)
        return spool
    }

    private func drop(_ spool: TestSpool, _ id: String, subject: String? = "user-42", count: Int = 1) throws {
        let owner = subject.map { #","subject":"\#($0)""# } ?? ""
        try spool.drop(
            id,
            manifest: #"{"prompt":"\#(id)","id":"\#(id)","count":\#(count)\#(owner),"output":{"size":"native"}}"#)
    }

    private func drain(_ spool: TestSpool) async throws -> Int32 {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key).code
    }

    /// The ledger is made by the first drain.
    private func begin(_ spool: TestSpool, credits: Int) async throws {
        #expect(try await drain(spool) == 0)
        let given = try await spool.darkroom("account", "credit", "user-42", "--amount", "\(credits)")
        #expect(given.code == 0, "\(given.err)")
    }

    private func balance(_ spool: TestSpool) async throws -> [Int?] {
        let json = try await spool.darkroom("account", "balance", "user-42", "--json").json
        return ["free", "reserved", "spent", "expired"].map { json[$0] as? Int }
    }

    private func addsUp(_ spool: TestSpool) async throws {
        let check = try await spool.darkroom("account", "check")
        #expect(check.code == 0, "\(check.out)")
    }

    @Test func `fifty jobs with twenty credits are twenty pictures and thirty refusals`() async throws {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try spool(provider, route: "concurrency: 8")
        try await begin(spool, credits: 20)
        for number in 1...50 { try drop(spool, "j\(number)") }
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("done").count == 20 && provider.requests.count == 20)
        let refused = spool.outcomes("failed")
        #expect(refused.count == 30)
        for job in refused { #expect(try spool.reason(job).code == "no_credit") }
        #expect(try await balance(spool) == [0, 0, 20, 0])
        // With credit one of them runs, without a second one there is nothing to retry.
        _ = try await spool.darkroom("account", "credit", "user-42", "--amount", "1")
        #expect(try await spool.darkroom("retry", refused[0]).code == 0)
        let second = try await spool.darkroom("retry", refused[1])
        #expect(second.code == 1 && second.err.contains("0 free credits") && second.err.contains("account credit"))
        #expect(spool.outcomes("failed").contains(refused[1]), "what was refused is still there")
        #expect(try await drain(spool) == 0)
        #expect(spool.outcomes("done").count == 21)
        #expect(try await balance(spool) == [0, 0, 21, 0])
        try await addsUp(spool)
        #expect(spool.files(holding: ["user-42"]) == [], "a subject is kept as a keyed hash only")
        await provider.stop()
    }

    @Test func `only what is delivered is paid, and a refusal of content gives the credit back`() async throws {
        let provider = try Provider { number, _ in number == 2 ? .error(400, "content_safety_violation") : nil }
        let spool = try spool(provider, route: "concurrency: 1")
        try await begin(spool, credits: 5)
        try drop(spool, "j", count: 3)
        #expect(try await drain(spool) == 1)
        #expect(try spool.status("done", "j")["partial"] as? Bool == true)
        #expect(try await balance(spool) == [3, 0, 2, 0])
        #expect(try await spool.darkroom("retry", "j").code == 0)
        #expect(try await balance(spool) == [2, 1, 2, 0], "the missing one is reserved anew")
        #expect(try await drain(spool) == 0)
        #expect(try await balance(spool) == [2, 0, 3, 0])
        let history = try await spool.darkroom("account", "history", "user-42", "--json").json
        let kinds = (history["movements"] as? [[String: Any]])?.compactMap { $0["kind"] as? String }
        // The outputs of a job settle in one write, in whatever order they were made.
        let (first, middle, last) = (
            kinds?.prefix(2) ?? [], kinds?.dropFirst(2).prefix(3) ?? [], kinds?.dropFirst(5) ?? []
        )
        #expect(first == ["settle", "reserve"] && middle.sorted() == ["release", "settle", "settle"])
        #expect(last == ["reserve", "reserve", "reserve", "credit"])
        let table = try await spool.darkroom("account", "history", "user-42", "--limit", "2").out
        #expect(table.split(separator: "\n").count == 3 && table.contains("FREE AFTER"))
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `whatever a service answers, a credit is spent for a picture and for nothing else`() async throws {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try spool(provider)
        let words = ["input", "output", "pace", "fails", "reset", "torn", "away", "slow"]
        try await begin(spool, credits: words.count)
        for word in words {
            let manifest =
                #"{"prompt":"a mill [[fault:\#(word)]]","id":"\#(word)","subject":"user-42","output":{"size":"native"}}"#
            try spool.drop(word, manifest: manifest)
        }
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("done") == ["pace", "slow"] && spool.outcomes("held") == ["reset"])
        #expect(try await balance(spool) == [words.count - 3, 1, 2, 0])
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `a held job keeps its credit, and given up it gives it back`() async throws {
        let provider = try Provider { _, _ in Reply(status: 200, body: [], ending: .dropBeforeReply) }
        let spool = try spool(provider)
        try await begin(spool, credits: 1)
        try drop(spool, "j")
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("held") == ["j"])
        #expect(try await balance(spool) == [0, 1, 0, 0])
        #expect(try await spool.darkroom("release", "--give-up", "j").code == 0)
        #expect(try await balance(spool) == [1, 0, 0, 0])
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `a job that names nobody fails, and one that repeats another costs nothing`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        try await begin(spool, credits: 2)
        try drop(spool, "a")
        try drop(spool, "nobody", subject: nil)
        #expect(try await drain(spool) == 1)
        #expect(try spool.reason("nobody").code == "invalid_manifest")
        #expect(try spool.reason("nobody").field == "subject")
        try drop(spool, "a")
        #expect(try await drain(spool) == 0)
        #expect(spool.outcomes("done").count == 2 && provider.requests.count == 1)
        #expect(try await balance(spool) == [1, 0, 1, 0])
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `a job that waits has its credit, and cancelled it gives it back`() async throws {
        let provider = try Provider()
        let spool = try spool(provider, more: "budget: { per_day: 0 }")
        try await begin(spool, credits: 1)
        try drop(spool, "a")
        #expect(try await drain(spool) == 1)
        #expect(try await balance(spool) == [0, 1, 0, 0])
        #expect(try await spool.darkroom("cancel", "a").code == 0)
        #expect(try await balance(spool) == [1, 0, 0, 0])
        #expect(provider.requests.isEmpty)
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `a daemon that is killed between answer and publication charges once`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        try await begin(spool, credits: 3)
        for id in ["a", "b", "c"] { try drop(spool, id) }
        // Killed at moments spread over the whole life of the jobs, again and again.
        for milliseconds in stride(from: 150, through: 1350, by: 150) {
            let daemon = try Darkroom.Running(
                ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
            try await Task.sleep(for: .milliseconds(milliseconds))
            await daemon.end(SIGKILL)
            try await addsUp(spool)
        }
        _ = try await drain(spool)
        let (done, held) = (spool.outcomes("done").count, spool.outcomes("held").count)
        #expect(done + held == 3 && provider.requests.count <= 3)
        #expect(try await balance(spool) == [0, held, done, 0])
        for job in spool.outcomes("held") { _ = try await spool.darkroom("release", "--give-up", job) }
        #expect(try await balance(spool) == [held, 0, done, 0])
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `account says what it was asked, once for each id, also beside the daemon`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        try await eventually("the daemon runs") { daemon.printed.contains("darkroom is running") }
        func credit(_ more: String...) async throws -> Darkroom.Finished {
            try await Darkroom.run(["account", "credit", "user-42"] + spool.arguments + more)
        }
        #expect(try await credit("--amount", "4", "--expires", "2d", "--id", "order-1").code == 0)
        let again = try await credit("--amount", "4", "--expires", "2d", "--id", "order-1", "--json")
        #expect(again.json["repeated"] as? Bool == true && again.json["free"] as? Int == 4)
        #expect(try await credit("--amount", "5", "--id", "order-1").code == 65)
        #expect(try await credit("--amount", "2", "--expires", "2999-12-31").code == 0)
        #expect(try await credit("--amount", "-7").code == 1)
        #expect(try await credit("--amount", "-1").code == 0)
        let balance = try await spool.darkroom("account", "balance", "user-42")
        #expect(balance.out.contains("free           5\n") && balance.out.contains("expiring next  3 at "))
        #expect(try await spool.darkroom("account", "balance", "stranger", "--json").json["free"] as? Int == 0)
        for bad in [["--amount", "0"], ["--amount", "x"], [], ["--amount", "1", "--expires", "2001-02-03"]] {
            #expect(try await Darkroom.run(["account", "credit", "user-42"] + spool.arguments + bad).code == 64)
        }
        #expect(try await spool.darkroom("account", "balance", "user 42").code == 64)
        #expect(try await spool.darkroom("account", "balnace", "user-42").err.contains("did you mean balance"))
        #expect(await daemon.end() == 0)
        await provider.stop()
    }

    @Test func `what is entered many times at once under one id is given once`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        try await begin(spool, credits: 1)
        let codes = await withTaskGroup(of: Int32?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try? await spool.darkroom("account", "credit", "user-42", "--amount", "5", "--id", "order-7").code
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: 0, count: 8))
        #expect(try await balance(spool) == [6, 0, 0, 0])
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `a plan has its price`() async throws {
        let provider = try Provider()
        let spool = try spool(provider, policy: "credits: { per_output: { free: 2, pro: 1 } }")
        try await begin(spool, credits: 5)
        for (id, plan) in [("a", "free"), ("b", "pro"), ("c", "gold")] {
            try spool.drop(
                id,
                manifest:
                    #"{"prompt":"\#(id)","id":"\#(id)","subject":"user-42","plan":"\#(plan)","output":{"size":"native"}}"#
            )
        }
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("done") == ["a", "b"])
        #expect(try spool.reason("c").field == "plan")
        #expect(try await balance(spool) == [2, 0, 3, 0])
        try await addsUp(spool)
        await provider.stop()
    }

    @Test func `the default policy uses no credits`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("credit", config: provider.configuration())
        try drop(spool, "a")
        #expect(try await drain(spool) == 0)
        let refused = try await spool.darkroom("account", "credit", "user-42", "--amount", "1")
        #expect(refused.code == 78 && refused.err.contains("uses no credits"))
        #expect(try await spool.darkroom("account", "history", "user-42", "--json").out.contains("\"movements\": []"))
        await provider.stop()
    }

    @Test func `a policy's file is checked with the configuration, and stamps its jobs`() async throws {
        let provider = try Provider()
        let bad = try spool(provider, policy: "credits: { per_outptu: 1, expire: \"soon\" }")
        let faults = try await bad.darkroom("config", "check")
        #expect(faults.code == 78)
        for words in ["policy.credits.per_outptu", "\"per_output\"", "policy.credits.expire", "is missing"] {
            #expect(faults.err.contains(words), "\(words): \(faults.err)")
        }
        let spool = try spool(provider)
        try await begin(spool, credits: 1)
        try drop(spool, "a")
        #expect(try await drain(spool) == 0)
        let policy = try spool.json("done/a/a-1.png.json")["policy"] as? [String: String]
        #expect(policy?["id"] == "shop" && policy?["sha256"]?.count == 64)
        let shown = try await spool.darkroom("config", "show").json
        #expect((shown["policy"] as? String)?.hasSuffix("/shop.json5") == true)
        await provider.stop()
    }
}
