import Foundation
import HTTPServer
import Support
import Synchronization
import Testing

/// Answers as services, gateways and enemies write them, through the whole daemon.
@Suite(.serialized) struct AnswerTests {
    private static let picture: [UInt8] = Array(
        FileManager.default.contents(atPath: Darkroom.samples + "/dandelion.jpg") ?? Data())
    private static let base64 = Data(picture).base64EncodedString()

    private static func json(_ body: String, status: Int = 200) -> Reply {
        Reply(status: status, headers: [("Content-Type", "application/json")], body: Array(body.utf8))
    }

    private func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
    }

    private func daemon(_ spool: TestSpool) throws -> Darkroom.Running {
        try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon-\(UUID()).log"))
    }

    private func drop(_ spool: TestSpool, _ id: String) throws {
        try spool.drop(id, manifest: #"{"prompt":"a mill","id":"\#(id)","output":{"size":"native"}}"#)
    }

    private func spool(_ provider: Provider, route: String = "concurrency: 1", more: String = "listen: 'off'") throws
        -> TestSpool
    {
        try TestSpool("answers", config: provider.configuration(more, route: route))
    }

    private func attempt(_ spool: TestSpool, _ outcome: String, _ job: String) throws -> [String: Any] {
        try #require((try spool.status(outcome, job)["attempts"] as? [[String: Any]])?.last)
    }

    private func reason(_ spool: TestSpool, _ outcome: String, _ job: String) throws -> [String: Any] {
        try #require(try spool.status(outcome, job)["reason"] as? [String: Any])
    }

    // MARK: money

    /// An answer with a picture and this count wherever the provider's contract has one.
    private static func answer(_ provider: String, count: String) -> Reply {
        let usage =
            switch provider {
            case "microsoft-mai": #"{"num_output_tokens":\#(count),"num_input_text_tokens":\#(count)}"#
            case "google-gemini":
                #"{"promptTokenCount":\#(count),"candidatesTokenCount":\#(count),"thoughtsTokenCount":\#(count)}"#
            case "openrouter": #"{"completion_tokens":\#(count),"prompt_tokens":\#(count),"cost":\#(count)}"#
            default: #"{"output_tokens":\#(count),"input_tokens_details":{"text_tokens":\#(count)}}"#
            }
        guard provider == "google-gemini" else {
            return json(#"{"data":[{"b64_json":"\#(base64)"}],"usage":\#(usage)}"#)
        }
        let part = #"{"inlineData":{"mimeType":"image/jpeg","data":"\#(base64)"}}"#
        return json(#"{"candidates":[{"content":{"parts":[\#(part)]}}],"usageMetadata":\#(usage)}"#)
    }

    @Test(arguments: ["microsoft-mai", "openai", "azure-openai", "google-gemini", "openrouter"])
    func `poisoned usage neither stops the daemon nor the day`(name: String) async throws {
        let poisons = [
            "1e30", "-9223372036854775808", "9223372036854775807", "1000000000", "-7", "0", #""x""#, "null", "[]",
            "1e400",
        ]
        let provider = try Provider { number, _ in Self.answer(name, count: poisons[(number - 1) % poisons.count]) }
        // What one picture is set aside for; ten of them are the day's budget.
        let probe = try TestSpool("price", config: provider.configuration(provider: name))
        let dry = try await Darkroom.run(
            ["submit", "--dry-run", "--prompt", "a mill", "--json"] + probe.arguments, environment: CallTests.key)
        let each = try #require(dry.json["estimate_micro_usd"] as? Int, "\(dry.out)")
        let limit = Double(each * poisons.count + 1000) / 1_000_000
        let spool = try TestSpool(
            "answers", config: provider.configuration("listen: 'off', budget: { per_day: \(limit) }", provider: name))
        for number in poisons.indices { try drop(spool, "p\(number)") }
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(spool.outcomes("done").count == poisons.count)
        let status = try await spool.darkroom("status", "--json").json
        let spent = try #require((status["spend"] as? [String: Any])?["micro_usd"] as? Int)
        #expect((1...Int(limit * 1_000_000)).contains(spent), "\(spent) of \(limit)")
        #expect(drained.err.contains("call.usage_doubted"))
        #expect(try await spool.darkroom("route", "list").out.contains("paused") == false)
        // The next day's worth waits, as for any other job.
        try drop(spool, "more")
        #expect(try await drain(spool).code == 1)
        #expect(try await spool.darkroom("jobs", "--state", "waiting").out.contains("over_budget"))
        #expect(try await spool.darkroom("audit", "verify").code == 0)
        await provider.stop()
    }

    @Test func `a cost that was changed in the ledger does not pass audit verify`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        try drop(spool, "j")
        #expect(try await drain(spool).code == 0)
        #expect(try await spool.darkroom("audit", "verify").code == 0)
        try await Darkroom.tool("sqlite3", spool.path + "/.darkroom/ledger.sqlite", "UPDATE effect SET cost = 1")
        let verified = try await spool.darkroom("audit", "verify")
        #expect(verified.code == 1 && verified.out.contains("books this call at 0.000001 dollars"), "\(verified.out)")
        await provider.stop()
    }

    @Test func `costs of an earlier version that no call can have had overflow no sum`() async throws {
        let provider = try Provider()
        let spool = try spool(provider, more: "listen: 'off', budget: { per_day: 50 }")
        for id in ["a", "b"] { try drop(spool, id) }
        #expect(try await drain(spool).code == 0)
        try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite",
            "UPDATE effect SET cost = CASE job WHEN 'a' THEN 9223372036854775807 ELSE -9223372036854775808 END")
        #expect(try await spool.darkroom("status").code == 0)
        try drop(spool, "c")
        #expect(try await drain(spool).code == 1, "the day is spent")
        #expect(try await spool.darkroom("show", "a").code == 0)
        await provider.stop()
    }

    // MARK: refusals

    @Test func `a hard limit of the account told as 400 pauses the route after one job`() async throws {
        let provider = try Provider { _, _ in .error(400, "billing_hard_limit_reached", "Billing hard limit reached") }
        let spool = try spool(provider)
        for number in 1...5 { try drop(spool, "j\(number)") }
        let drained = try await drain(spool)
        #expect(drained.code == 1 && provider.requests.count == 1)
        let jobs = try await spool.darkroom("jobs", "--state", "waiting")
        #expect(jobs.out.components(separatedBy: "quota_exhausted").count >= 5, "\(jobs.out)")
        #expect(drained.err.contains("route.paused") && drained.err.contains("route resume mai"))
        await provider.stop()
    }

    @Test func `one unexplained 403 fails one job, a second one on another job pauses the route`() async throws {
        let answers = [403, 200, 403, 403, 200]
        let provider = try Provider { number, _ in
            answers[min(number, answers.count) - 1] == 403 ? .error(403, "", "Your request was blocked.") : nil
        }
        let spool = try spool(provider)
        let running = try daemon(spool)
        for number in 1...5 {
            try drop(spool, "j\(number)")
            if number < 5 {
                try await eventually("job \(number) settled") {
                    spool.outcomes("done").contains("j\(number)") || spool.outcomes("failed").contains("j\(number)")
                }
            }
        }
        #expect(spool.outcomes("failed") == ["j1", "j3", "j4"] && spool.outcomes("done") == ["j2"])
        #expect(try reason(spool, "failed", "j1")["retryable"] as? String == "yes")
        try await eventually("the fifth job waits") {
            running.printed.contains("job.waits")
        }
        #expect(provider.requests.count == 4)
        let listed = try await spool.darkroom("route", "list")
        #expect(listed.out.contains("permission"), "\(listed.out)")
        // Opened again beside the running daemon.
        #expect(try await spool.darkroom("route", "resume", "mai").code == 0)
        try await eventually("the waiting job is done") { spool.outcomes("done").contains("j5") }
        await running.end()
        await provider.stop()
    }

    @Test func `SIGHUP reads the key again and opens the paused route`() async throws {
        let provider = try Provider { _, request in
            request.headers["api-key"] == "good" ? nil : .error(401, "invalid_api_key")
        }
        let spool = try TestSpool(
            "hangup",
            config: provider.configuration("listen: 'off'").replacingOccurrences(
                of: #"{ env: "TEST_MAI_KEY" }"#, with: #"{ file: "SPOOL.key" }"#))
        let key = spool.path + ".key"
        func put(_ text: String) throws {
            try text.write(toFile: key, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        }
        try put("bad")
        let running = try daemon(spool)
        for id in ["a", "b"] { try drop(spool, id) }
        try await eventually("one job met the refusal") { spool.outcomes("failed").count >= 1 }
        try put("good")
        running.signal(SIGHUP)
        try await eventually("the daemon reloaded") { running.printed.contains("daemon.reloaded") }
        try drop(spool, "c")
        try await eventually("the next job is done") { spool.outcomes("done").contains("c") }
        #expect(try await spool.darkroom("route", "list").out.contains("open"))
        await running.end()
        await provider.stop()
    }

    @Test func `an operator's pause outlives a restart, and resume ends it`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        try drop(spool, "warm")
        #expect(try await drain(spool).code == 0)
        #expect(try await spool.darkroom("route", "pause", "mai").code == 0)
        try drop(spool, "j")
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 1)
        #expect(try await spool.darkroom("jobs", "--state", "waiting").out.contains("route_paused"))
        #expect(try await spool.darkroom("route", "resume", "mai").code == 0)
        #expect(try await drain(spool).code == 0)
        #expect(try await spool.darkroom("route", "resume", "mia").code == 65)
        #expect(try await spool.darkroom("route", "resume").code == 64)
        await provider.stop()
    }

    // MARK: what is no answer

    @Test(arguments: [
        (302, "", [("Location", "https://elsewhere.example/secret-place")], "no", "HTTP 302 from 127.0.0.1"),
        (200, "<!doctype html><title>Sign in</title>", [("Content-Type", "text/html")], "no", "a web page"),
        (200, "", [], "possible", "empty"),
        (200, "data: {}\n\n", [("Content-Type", "text/event-stream")], "possible", "stream"),
    ])
    func `what is no answer of a model is not booked as paid`(
        status: Int, body: String, headers: [(String, String)], billed: String, words: String
    ) async throws {
        let provider = try Provider { _, _ in Reply(status: status, headers: headers, body: Array(body.utf8)) }
        let spool = try spool(provider)
        try drop(spool, "j")
        #expect(try await drain(spool).code == 1)
        let reason = try reason(spool, "failed", "j")
        #expect(reason["code"] as? String == "bad_response")
        #expect((reason["message"] as? String ?? "").contains(words), "\(reason)")
        #expect(try attempt(spool, "failed", "j")["billed"] as? String == billed)
        #expect(provider.requests.count == 1 && spool.files(holding: ["secret-place"]).isEmpty)
        await provider.stop()
    }

    @Test func `five web pages in a row pause the route`() async throws {
        let provider = try Provider { _, _ in Reply(status: 200, headers: [], body: Array("<html>".utf8)) }
        let spool = try spool(provider)
        for number in 1...8 { try drop(spool, "j\(number)") }
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 5 && spool.outcomes("failed").count == 5)
        await provider.stop()
    }

    // MARK: wrappings

    static let wrapped: [(String, @Sendable () -> Reply)] = [
        (
            "a picture beside an error",
            { json(#"{"error":{"code":"server_error"},"data":[{"b64_json":"\#(base64)"}]}"#) }
        ),
        ("a bare picture", { Reply(status: 200, headers: [("Content-Type", "image/jpeg")], body: picture) }),
        ("the second of data", { json(#"{"data":[{"b64_json":null},{"b64_json":"\#(base64)"}]}"#) }),
        ("the first that is a picture", { json(#"{"data":[{"b64_json":"aGVsbG8="},{"b64_json":"\#(base64)"}]}"#) }),
        ("a data URL", { json(#"{"data":[{"url":"data:image/jpeg;base64,\#(base64)"}]}"#) }),
    ]

    @Test(arguments: wrapped.map(\.0))
    func `a paid picture is kept whatever it is wrapped in`(name: String) async throws {
        let wrap = try #require(Self.wrapped.first { $0.0 == name }?.1)
        let provider = try Provider { _, _ in wrap() }
        let spool = try spool(provider)
        try drop(spool, "j")
        let drained = try await drain(spool)
        #expect(drained.code == 0 && provider.requests.count == 1, "\(drained.err)")
        #expect(try attempt(spool, "done", "j")["billed"] as? String == "yes")
        await provider.stop()
    }

    // MARK: addresses

    private static let path = "/pictures/only-for-you-81f2.jpg"

    /// A service that answers with the address of its picture, and serves that as `serve` says.
    private func addressing(
        host: String = "127.0.0.1",
        _ serve: @escaping @Sendable (Int) -> Reply = { _ in Reply(status: 200, headers: [], body: picture) }
    ) throws -> (Provider, gets: @Sendable () -> Int) {
        let count = Mutex(0)
        let port = Mutex<UInt16>(0)
        let provider = try Provider { _, request in
            if request.method == "GET" {
                // No key leaves for it.
                if request.headers["api-key"] != nil { return .error(500, "key_was_sent") }
                return serve(
                    count.withLock {
                        $0 += 1; return $0
                    })
            }
            return Self.json(
                #"{"data":[{"url":"http://\#(host):\#(port.withLock { $0 })\#(Self.path)"}],"usage":{"num_output_tokens":1024}}"#
            )
        }
        port.withLock { $0 = provider.port }
        return (provider, { count.withLock { $0 } })
    }

    @Test func `a picture behind a URL is fetched where the route allows it, and the URL is told to nobody`()
        async throws
    {
        let (provider, gets) = try addressing { number in
            number == 1 ? .error(503) : Reply(status: 200, headers: [], body: Self.picture)
        }
        let spool = try spool(provider, route: "accept_urls: { hosts: ['127.0.0.1'] }")
        try drop(spool, "j")
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(gets() == 2 && provider.requests.filter { $0.method == "POST" }.count == 1)
        let attempt = try attempt(spool, "done", "j")
        #expect(attempt["class"] as? String == "success" && attempt["billed"] as? String == "yes")
        #expect(spool.files(holding: ["only-for-you"]).isEmpty && !drained.err.contains("only-for-you"))
        await provider.stop()
    }

    @Test func `a URL that is not allowed fails the job, paid for, and names the setting`() async throws {
        for (route, host) in [("", "127.0.0.1"), ("accept_urls: { hosts: ['images.example.com'] }", "127.0.0.1")] {
            let (provider, gets) = try addressing(host: host)
            let spool = try spool(provider, route: route)
            try drop(spool, "j")
            #expect(try await drain(spool).code == 1)
            let reason = try reason(spool, "failed", "j")
            #expect(reason["code"] as? String == "bad_response" && reason["field"] as? String == "accept_urls")
            let attempt = try attempt(spool, "failed", "j")
            #expect(attempt["billed"] as? String == "yes" && gets() == 0)
            #expect(spool.files(holding: ["only-for-you"]).isEmpty)
            await provider.stop()
        }
    }

    @Test func `a name that resolves to this machine is no public host, and no redirect leads around it`() async throws
    {
        // "localhost" is on the list, the address that it resolves to is not.
        let (provider, gets) = try addressing(host: "localhost")
        let spool = try spool(provider, route: "accept_urls: { hosts: ['localhost'] }")
        try drop(spool, "j")
        let running = try daemon(spool)
        try await eventually("the job waits for its picture") { running.printed.contains("job.waits") }
        #expect(gets() == 0)
        await running.end()
        await provider.stop()
        let (other, redirected) = try addressing { _ in
            Reply(status: 302, headers: [("Location", "http://127.0.0.2:1/x")], body: [])
        }
        let second = try self.spool(other, route: "accept_urls: { hosts: ['127.0.0.1'] }")
        try drop(second, "j")
        let again = try daemon(second)
        try await eventually("the redirect was not followed") { again.printed.contains("job.waits") }
        #expect(redirected() >= 1)
        await again.end()
        await other.stop()
    }

    // MARK: a crash over an answer

    @Test func `an answer that Darkroom crashed on is set aside once, and release reads it again without paying`()
        async throws
    {
        let isThere = Mutex(false)
        let (provider, _) = try addressing { _ in
            isThere.withLock { $0 } ? Reply(status: 200, headers: [], body: Self.picture) : .error(503)
        }
        let spool = try spool(provider, route: "accept_urls: { hosts: ['127.0.0.1'] }")
        try drop(spool, "j")
        let running = try daemon(spool)
        try await eventually("the answer is durable and its picture awaited") { running.printed.contains("job.waits") }
        await running.end(SIGKILL)
        // As after a crash within the reading of this answer: a note of the crash, and no end of the call.
        let ledger = spool.path + "/.darkroom/ledger.sqlite"
        try await Darkroom.tool("sqlite3", ledger, "UPDATE effect SET class = NULL")
        try Data("1".utf8).write(to: URL(fileURLWithPath: spool.path + "/.darkroom/crash"))
        isThere.withLock { $0 = true }
        try await Darkroom.tool("sqlite3", ledger, "UPDATE job SET run_after = 0")
        #expect(try await drain(spool).code == 1)
        #expect(try reason(spool, "held", "j")["code"] as? String == "quarantined")
        #expect(provider.requests.filter { $0.method == "POST" }.count == 1)
        #expect(try await spool.darkroom("release", "j").code == 0)
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(provider.requests.filter { $0.method == "POST" }.count == 1, "nothing was bought again")
        await provider.stop()
    }

    // MARK: families

    @Test func `a family whose end is published pauses its route alone, and config check names the successor`()
        async throws
    {
        let provider = try Provider()
        let spool = try TestSpool(
            "ended",
            config: """
                { spool: "SPOOL", listen: "off", models: { default: "old",
                  old: { provider: "openai", endpoint: "http://127.0.0.1:\(provider.port)", model: "gpt-image-1",
                         key: { env: "TEST_MAI_KEY" } },
                  new: { provider: "openai", endpoint: "http://127.0.0.1:\(provider.port)", model: "gpt-image-2",
                         key: { env: "TEST_MAI_KEY" } } }, disk: { min_free: "1MB" } }
                """)
        let checked = try await spool.darkroom("config", "check")
        #expect(checked.code == 1 && checked.err.contains("gpt-image-2"), "\(checked.err)")
        try spool.drop("a", manifest: #"{"prompt":"a mill","id":"a","output":{"size":"native"}}"#)
        try spool.drop("b", manifest: #"{"prompt":"a mill","id":"b","model":"new","output":{"size":"native"}}"#)
        #expect(try await drain(spool).code == 1)
        let reason = try reason(spool, "failed", "a")
        #expect(reason["code"] as? String == "model_not_found")
        #expect((reason["hint"] as? String ?? "").contains("gpt-image-2"))
        #expect(spool.outcomes("done") == ["b"] && provider.requests.count == 1)
        #expect(try await spool.darkroom("route", "resume", "old").code == 65)
        await provider.stop()
    }
}
