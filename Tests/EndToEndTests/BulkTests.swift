import Foundation
import HTTPServer
import Support
import Testing

/// What is done to all jobs that filters find: said first, with its money, and done only after a word.
@Suite(.serialized) struct BulkTests {
    private func drain(_ spool: TestSpool) async throws -> Int32 {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key).code
    }

    private static func lines(_ count: Int) -> [String] {
        (1...count).map { #"{ "prompt": "a chair", "id": "chair-\#($0)", "output": { "size": "native" } }"# }
    }

    @Test func `what filters find is changed after --yes alone, and its count and money are said first`() async throws {
        let provider = try Provider { number, _ in number <= 6 ? .error(500) : nil }
        let spool = try TestSpool("bulk", config: provider.configuration())
        try spool.drop(Self.lines(3) + ["no manifest"], as: "catalogue")
        #expect(try await drain(spool) == 1 && spool.outcomes("failed").count == 4)
        for filters in [["--reason", "server_error"], ["--batch", "catalogue"], ["--route", "mai", "--since", "1h"]] {
            let asked = try await Darkroom.run(["retry"] + spool.arguments + filters)
            #expect(asked.code == 64 && asked.out.isEmpty, "\(asked)")
            #expect(
                asked.err.contains("3 jobs to retry; about $0.") && asked.err.contains("Nothing was done"), "\(asked)")
        }
        #expect(spool.outcomes("failed").count == 4, "nothing was done")
        let one = try await spool.darkroom("retry", "--batch", "catalogue", "--limit", "1")
        #expect(one.code == 64 && one.err.contains("1 job to retry"))
        let done = try await spool.darkroom("retry", "--batch", "catalogue", "--yes", "--json")
        #expect(done.code == 0 && done.err.contains("3 jobs to retry"), "\(done)")
        let changed = (done.json["jobs"] as? [[String: Any]] ?? []).compactMap { $0["job"] as? String }
        #expect(changed.sorted() == ["chair-1", "chair-2", "chair-3"])
        let stake = try #require(done.json["at_stake"] as? [String: Any])
        #expect(stake["source"] as? String == "estimate" && (stake["micro_usd"] as? Int ?? 0) > 0)
        #expect(try await drain(spool) == 0 && spool.outcomes("done").count == 3)

        let over = try await spool.darkroom("delete", "--batch", "catalogue")
        #expect(over.code == 64 && over.err.contains("3 jobs to delete; $0."), "\(over)")
        #expect(try await spool.darkroom("delete", "--batch", "catalogue", "--yes").code == 0)
        #expect(spool.outcomes("done") == [])
        let none = try await spool.darkroom("delete", "--batch", "catalogue", "--yes")
        #expect(none.code == 0 && none.err.contains("nothing to delete: the filters fit 4 jobs"), "\(none)")
        await provider.stop()
    }

    @Test func `filters that find nothing say so, and a batch that nobody knows is an error`() async throws {
        let spool = try TestSpool("bulk-none", config: SelectionTests.config)
        try spool.drop(SelectionTests.lines(1), as: "catalogue")
        #expect(try await spool.darkroom("drain").code == 0)
        let none = try await spool.darkroom("retry", "--reason", "server_error", "--yes")
        #expect(none.code == 0 && none.err == "nothing to retry: no job fits\n", "\(none)")
        let asked = try await spool.darkroom("retry", "--reason", "server_error", "--json")
        #expect(asked.code == 0 && (asked.json["jobs"] as? [Any])?.isEmpty == true, "there is nothing to ask about")
        let route = try await spool.darkroom("retry", "--route", "ofline", "--yes")
        #expect(route.code == 0 && route.err.contains("did you mean offline?"), "\(route)")
        for verb in ["retry", "cancel", "release", "delete"] {
            let unknown = try await spool.darkroom(verb, "--batch", "catalouge", "--yes")
            #expect(unknown.code == 1 && unknown.err.contains("did you mean catalogue?"), "\(unknown)")
        }
        let sheet = try await spool.darkroom("contact-sheet", "--batch", "catalouge", "-o", "-", "--format", "png")
        #expect(sheet.code == 1 && sheet.err.contains("did you mean catalogue?"))
        let wrong = try await spool.darkroom("cancel", "--state", "done", "--yes")
        #expect(wrong.code == 64 && wrong.err.contains("cancel can do nothing with jobs that are done"))
    }

    @Test(arguments: ["y", "n", ""]) func `on a terminal it is asked whether to go on`(answer: String) async throws {
        let provider = try Provider { _, _ in .error(500) }
        let spool = try TestSpool("bulk-ask", config: provider.configuration())
        try spool.drop(Self.lines(2), as: "catalogue")
        #expect(try await drain(spool) == 1)
        let command = ([Darkroom.path, "retry"] + spool.arguments + ["--batch", "catalogue"]).joined(separator: " ")
        let asked = try await Darkroom.run(
            tool: "/usr/bin/script", ["-qec", command, "/dev/null"], environment: ["SHELL": "/bin/sh"],
            input: Data((answer + "\n").utf8))
        #expect(asked.out.contains("2 jobs to retry; about $0.") && asked.out.contains("Go on? [y/N]"), "\(asked)")
        #expect(asked.code == (answer == "y" ? 0 : 1), "\(asked)")
        #expect(spool.outcomes("failed").count == (answer == "y" ? 0 : 2))
        await provider.stop()
    }

    @Test func `a cancelled batch pays for none of its lines, also of those that were not read yet`() async throws {
        let provider = try Provider { _, _ in .error(429, "rate_limit", headers: [("Retry-After", "600")]) }
        let spool = try TestSpool(
            "bulk-cancel", config: provider.configuration("queue: { max_accepted: 3 }, listen: 'off'"))
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
        try await eventually("the daemon runs") { daemon.printed.contains("darkroom is running") }
        try spool.drop(Self.lines(20), as: "catalogue")
        try spool.drop("other", manifest: #"{ "prompt": "x", "id": "other", "output": { "size": "native" } }"#)
        while try await spool.jobs("--state", "waiting", "--batch", "catalogue").count < 2 {
            try await Task.sleep(for: .milliseconds(50))
        }
        let refused = try await spool.darkroom("cancel", "--batch", "catalogue")
        #expect(refused.code == 64 && refused.err.contains("that are not read yet"), "\(refused)")
        #expect(spool.outcomes("failed") == [])
        let cancelled = try await spool.darkroom("cancel", "--batch", "catalogue", "--yes")
        #expect(cancelled.code == 0, "\(cancelled)")
        let waited = try await spool.darkroom("wait", "--batch", "catalogue")
        #expect(waited.code == 1 && waited.out.split(separator: "\n").count == 20, "\(waited)")
        // Lines that never became jobs leave their ids free for another try.
        var asked: Set<String> = []
        for job in spool.outcomes("failed") {
            let status = try spool.status("failed", job)
            #expect((status["reason"] as? [String: Any])?["code"] as? String == "cancelled")
            asked.insert(status["requested_id"] as? String ?? job)
        }
        #expect(asked == Set((1...20).map { "chair-\($0)" }))
        #expect(provider.requests.count <= 4)
        #expect(try await spool.jobs("--state", "failed").count == 20, "no other job is")
        await daemon.end()
        await provider.stop()
    }

    @Test func `what is cancelled while no daemon runs is not called by the next one`() async throws {
        let provider = try Provider { _, _ in .error(429, "rate_limit", headers: [("Retry-After", "600")]) }
        let spool = try TestSpool(
            "bulk-stopped", config: provider.configuration("queue: { max_accepted: 2 }, listen: 'off'"))
        try spool.drop(Self.lines(9), as: "catalogue")
        #expect(try await drain(spool) == 1)
        let calls = provider.requests.count
        #expect(spool.outcomes(".darkroom/claims").count == 1, "the other lines wait for a place")
        #expect(try await spool.darkroom("cancel", "--batch", "catalogue", "--yes").code == 0)
        #expect(spool.outcomes("failed").count == 2)
        #expect(try await drain(spool) == 1)
        #expect(spool.outcomes("failed").count == 9 && provider.requests.count == calls)
        #expect(spool.outcomes(".darkroom/claims") == [])
        let waited = try await spool.darkroom("wait", "--batch", "catalogue")
        #expect(waited.code == 1 && waited.err.isEmpty)
        await provider.stop()
    }

    @Test func `failed jobs run again on another route, as far as it can take them`() async throws {
        let provider = try Provider { _, _ in .error(400, "content_safety_violation") }
        let spool = try TestSpool(
            "bulk-model",
            config: provider.configuration().replacingOccurrences(
                of: "mai: {", with: "default: 'mai', more: { provider: 'simulator' }, mai: {"))
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        let edit = #"{ "prompt": "x", "id": "edit", "references": ["photo.jpg"], "output": { "size": "native" } }"#
        try spool.drop(Self.lines(2) + [edit], as: "catalogue", files: ["photo.jpg": photo])
        try spool.drop(
            "own", manifest: #"{ "prompt": "x", "id": "own", "parameters": { "auto_aspect_ratio": true } }"#)
        #expect(try await drain(spool) == 1 && spool.outcomes("failed").count == 4)
        let unfit = try await spool.darkroom("retry", "own", "--model", "more")
        #expect(unfit.code == 65 && unfit.err.contains("unsupported_parameter (parameters)"), "\(unfit)")
        #expect(spool.outcomes("failed").contains("own"), "it stays as it is")
        let asked = try await spool.darkroom("retry", "--batch", "catalogue", "--model", "more")
        #expect(asked.code == 64 && asked.err.contains("3 jobs to retry; about $0 by estimate"), "\(asked)")
        #expect(try await spool.darkroom("retry", "--batch", "catalogue", "--model", "more", "--yes").code == 0)
        #expect(try await drain(spool) == 0)
        #expect(spool.outcomes("done") == ["chair-1", "chair-2", "edit"])
        let status = try spool.status("done", "edit")
        #expect(status["simulated"] as? Bool == true)
        let attempts = try #require(status["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["route"] as? String } == ["mai", "more"])
        #expect(attempts.allSatisfy { $0["fallback_from"] == nil }, "nobody fell back")
        #expect(try await spool.jobs("--route", "more").count == 3)
        await provider.stop()
    }

    @Test func `what a partial job lacks is made by another route, and what was made stays whose it is`() async throws {
        let provider = try Provider { number, _ in number == 2 ? .error(400, "content_safety_violation") : nil }
        let spool = try TestSpool(
            "bulk-partial",
            config: provider.configuration(route: "concurrency: 1").replacingOccurrences(
                of: "mai: {", with: "default: 'mai', other: { provider: 'simulator' }, mai: {"))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","count":2,"output":{"size":"native"}}"#)
        #expect(try await drain(spool) == 1)
        #expect(try spool.status("done", "j")["partial"] as? Bool == true)
        #expect(try await spool.darkroom("retry", "--state", "done", "--model", "other", "--yes").code == 0)
        #expect(try await drain(spool) == 0 && provider.requests.count == 2)
        var routes: [String?] = []
        for index in 1...2 {
            let sidecar = try spool.json("done/j/j-\(index).png.json")
            routes.append((sidecar["model"] as? [String: Any])?["route"] as? String)
        }
        #expect(Set(routes) == ["mai", "other"])
        await provider.stop()
    }
}
