import Foundation
import Support
import Testing

@Suite struct StatusPageTests {
    let spool: TestSpool

    init() throws {
        spool = try TestSpool(
            "page",
            config: """
                { spool: "SPOOL", listen: "127.0.0.1:0", models: { default: "o", o: { provider: "simulator" } },
                  output: { size: "native", format: "jpeg" } }
                """)
    }

    /// A daemon with its page's address.
    func running(_ spool: TestSpool? = nil) async throws -> (Darkroom.Running, String) {
        let daemon = try (spool ?? self.spool).daemon()
        try await eventually("the page is there") { daemon.printed.contains("http://127.0.0.1:") }
        let rest = try #require(daemon.printed.components(separatedBy: "http://127.0.0.1:").dropFirst().first)
        return (daemon, "http://127.0.0.1:" + rest.prefix { $0.isNumber })
    }

    func get(_ url: String, _ more: String...) async throws -> (status: Int, head: String, body: String) {
        let all = try await Darkroom.run(tool: "/usr/bin/env", ["curl", "-s", "-i", "--max-time", "30"] + more + [url])
            .out
        let parts = all.components(separatedBy: "\r\n\r\n")
        let status = Int(all.split(separator: " ").dropFirst().first ?? "") ?? 0
        return (status, parts[0].lowercased(), parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    @Test func `a daemon shows how it is, to people and to machines, and nothing personal`() async throws {
        try spool.drop("one", manifest: #"{"prompt":"SECRETWORD hill","id":"one","subject":"SECRETWORD"}"#)
        try spool.drop("two", manifest: #"{"prompt":"SECRETWORD","id":"two","colour":1}"#)
        for name in ["tmp", "later.txt.part", ".hidden", "~lock", "fox.swp"] {
            try FileManager.default.createDirectory(
                atPath: spool.path + "/inbox/" + name, withIntermediateDirectories: true)
        }
        let (daemon, url) = try await running()
        try await eventually("both have settled") {
            spool.outcomes("done") == ["one"] && spool.outcomes("failed") == ["two"]
        }
        #expect(try await get(url + "/healthz").status == 200)
        let ready = try await get(url + "/readyz")
        #expect(ready.status == 200 && ready.body.contains(#""ready": true"#), "\(ready.body)")
        let page = try await get(url + "/")
        #expect(page.status == 200 && page.body.contains("work flows"), "\(page.body)")
        #expect(page.body.contains("invalid_manifest"))
        #expect(page.head.contains("content-security-policy: default-src 'none'"))
        #expect(!page.body.contains("http://") && !page.body.contains("https://"))
        // What is there without a script, and what leads on from it.
        #expect(
            page.body.contains("<noscript><meta http-equiv=\"refresh\"") && page.body.contains("href=\"/jobs/two\""))
        #expect(page.body.contains("1 jobs done and 1 failed in the last hour"))
        let job = try await get(url + "/jobs/two")
        #expect(job.status == 200 && job.body.contains("<code>invalid_manifest</code>"))
        #expect(try await get(url + "/jobs/three").status == 404)
        let style = try await get(url + "/style.css")
        #expect(style.status == 200 && style.head.contains("text/css"))
        let jobs = try await get(url + "/jobs.json")
        #expect(jobs.body.contains(#""job": "one""#) && jobs.body.contains("darkroom.jobs/1"))
        let metrics = try await get(url + "/metrics").body
        for line in [
            "darkroom_ready 1.0", "darkroom_inbox_names 0.0", "darkroom_watcher_events 1.0",
            #"darkroom_jobs{state="done"} 1.0"#,
            #"darkroom_jobs_settled_total{outcome="failed",reason="invalid_manifest"} 1"#,
            #"darkroom_calls_total{route="o",class="success",billed="yes"} 1"#,
            #"darkroom_stage_duration_seconds_count{stage="call"} 1"#, "darkroom_deletion_oldest_overdue_seconds 0.0",
        ] { #expect(metrics.contains(line + "\n"), "\(line)") }
        for text in [page.body, job.body, jobs.body, metrics, ready.body] { #expect(!text.contains("SECRETWORD")) }
        #expect(!page.body.contains("<img") && !job.body.contains("<img"))
        for path in ["/nothing", "/pictures/one/1"] { #expect(try await get(url + path).status == 404) }
        #expect(try await get(url + "/", "-X", "POST").status == 405)
        try await checked(metrics)
        try checkSamples(metrics)
        #expect(await daemon.end() == 0)
    }

    @Test func `outputs are shown where that is switched on, and as long as they may be looked at`() async throws {
        let spool = try TestSpool(
            "pictures",
            config: """
                { spool: "SPOOL", listen: "127.0.0.1:0", page: { pictures: true }, models: { o: { provider: "simulator" } },
                  output: { size: "native", format: "jpeg" } }
                """)
        for (id, subject) in [("a", "x"), ("b", "y"), ("c", "x")] {
            try spool.drop(id, manifest: #"{"prompt":"hills","id":"\#(id)","subject":"\#(subject)"}"#)
        }
        try spool.drop("bad", manifest: #"{"prompt":"hills","id":"bad","colour":1}"#)
        let (daemon, url) = try await running(spool)
        try await eventually("all have settled") {
            spool.outcomes("done").count == 3 && spool.outcomes("failed") == ["bad"]
        }
        let page = try await get(url + "/")
        for id in ["a", "b", "c"] { #expect(page.body.contains("src=\"/pictures/\(id)/1\"")) }
        #expect(try await get(url + "/jobs/b").body.contains("src=\"/pictures/b/1\""))
        #expect(page.head.contains("img-src 'self'"))
        let file = spool.scratch.file("small.jpg")
        let head = try await Darkroom.tool("curl", "-s", "-D", "-", "-o", file, url + "/pictures/a/1").lowercased()
        #expect(head.contains("200 ok") && head.contains("image/jpeg") && head.contains("no-store"))
        #expect(try await Darkroom.tool("vipsheader", file).contains("480x"))
        for wrong in ["a/2", "a/0", "a/x", "a", "a/1/", "../done/a/a-1.jpg", "bad/1", "none/1"] {
            #expect(try await get(url + "/pictures/" + wrong, "--path-as-is").status == 404, "\(wrong)")
        }
        // Restricted, deleted, taken away.
        #expect(try await spool.darkroom("subject", "restrict", "y").code == 0)
        #expect(try await get(url + "/pictures/b/1").status == 404)
        #expect(try await spool.darkroom("delete", "a").code == 0)
        #expect(try await get(url + "/pictures/a/1").status == 404)
        #expect(try await get(url + "/pictures/c/1").status == 200)
        try FileManager.default.removeItem(atPath: spool.path + "/done/c")
        #expect(try await get(url + "/pictures/c/1").status == 404)
        let after = try await get(url + "/").body
        #expect(!after.contains("/pictures/a/") && !after.contains("/pictures/b/"))
        #expect(await daemon.end() == 0)
    }

    /// The sample rules and the sample dashboard ask for nothing that is not there.
    private func checkSamples(_ metrics: String) throws {
        let folder = URL(fileURLWithPath: Darkroom.samples).deletingLastPathComponent().path + "/monitoring/"
        for file in ["alerts.yml", "dashboard.json"] {
            let text = try String(contentsOfFile: folder + file, encoding: .utf8)
            let names = text.matches(of: /(darkroom|process)_[a-z_]+[a-z]/).map { String($0.output.0) }
            #expect(names.count > 5)
            for name in Set(names) {
                let type = "# TYPE " + (name.hasSuffix("_bucket") ? String(name.dropLast(7)) : name) + " "
                #expect(metrics.contains(type), "\(name) of \(file)")
            }
        }
    }

    /// By Prometheus' own tool, where it is installed.
    private func checked(_ metrics: String) async throws {
        guard ["/usr/bin/promtool", "/bin/promtool"].contains(where: FileManager.default.isExecutableFile) else {
            return
        }
        let result = try await Darkroom.run(
            tool: "/usr/bin/env", ["promtool", "check", "metrics"], input: Data(metrics.utf8))
        #expect(result.code == 0, "\(result.out)\(result.err)")
    }

    @Test func `readiness says why work does not flow`() async throws {
        let (daemon, url) = try await running()
        try await eventually("it has looked") { FileManager.default.fileExists(atPath: spool.path + "/inbox") }
        try FileManager.default.moveItem(atPath: spool.path + "/inbox", toPath: spool.path + "/gone")
        var last = ""
        for _ in 0..<200 {
            let ready = try await get(url + "/readyz")
            last = ready.body
            if ready.status == 503, last.contains(#""code": "inbox""#) { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(last.contains(#""code": "inbox""#), "\(last)")
        #expect(try await get(url + "/").body.contains("work does not flow"))
        #expect(try await get(url + "/healthz").status == 200)
        try FileManager.default.moveItem(atPath: spool.path + "/gone", toPath: spool.path + "/inbox")
        await daemon.end()
    }

    @Test func `an address that somebody chose has to be free, the usual one need not be`() async throws {
        let (daemon, url) = try await running()
        let port = try #require(url.split(separator: ":").last)
        let other = try TestSpool(
            "other",
            config: #"{ spool: "SPOOL", listen: "127.0.0.1:\#(port)", models: { o: { provider: "simulator" } } }"#)
        let refused = try await other.darkroom("run")
        #expect(refused.code == 69 && refused.err.contains("listen"))
        await daemon.end()
    }
}
