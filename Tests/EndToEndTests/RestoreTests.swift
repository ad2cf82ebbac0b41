import Foundation
import HTTPServer
import Support
import Testing

/// A ledger that was lost, or came back from a backup, beside folders that know more.
@Suite(.serialized) struct RestoreTests {
    private func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
    }

    private func drop(_ ids: [String], in spool: TestSpool, _ more: String = "", prompt: String = "a mill") throws {
        for id in ids {
            try spool.drop(
                id, manifest: #"{"prompt":"\#(prompt) \#(id)","id":"\#(id)",\#(more)"output":{"size":"native"}}"#)
        }
    }

    private func ledgerFiles(_ spool: TestSpool) -> [String] {
        spool.outcomes(".darkroom").filter { $0.hasPrefix("ledger.sqlite") }
    }

    private func loseLedger(_ spool: TestSpool) throws {
        for file in ledgerFiles(spool) { try FileManager.default.removeItem(atPath: spool.path + "/.darkroom/" + file) }
    }

    /// Copies ledger, or all of the private folder, to a place beside the spool.
    private func backUp(_ spool: TestSpool) async throws {
        try await Darkroom.tool("cp", "-a", spool.path + "/.darkroom", spool.scratch.file("backup"))
    }

    private func restoreLedger(_ spool: TestSpool) async throws {
        try loseLedger(spool)
        for file in try FileManager.default.contentsOfDirectory(atPath: spool.scratch.file("backup"))
        where file.hasPrefix("ledger.sqlite") {
            try await Darkroom.tool("cp", "-a", spool.scratch.file("backup/" + file), spool.path + "/.darkroom/")
        }
    }

    private func restoreAll(_ spool: TestSpool) async throws {
        try await Darkroom.tool("rm", "-rf", spool.path + "/.darkroom")
        try await Darkroom.tool("cp", "-a", spool.scratch.file("backup"), spool.path + "/.darkroom")
    }

    private func jobs(_ spool: TestSpool) async throws -> [String: String] {
        let listed = try await spool.darkroom("jobs", "--json").json["jobs"] as? [[String: Any]] ?? []
        let pairs = listed.compactMap { job in (job["job"] as? String).map { ($0, job["state"] as? String ?? "") } }
        return Dictionary(pairs) { first, _ in first }
    }

    private func spent(_ spool: TestSpool) async throws -> Int {
        let spend = try await spool.darkroom("status", "--json").json["spend"] as? [String: Any]
        return try #require(spend?["micro_usd"] as? Int)
    }

    /// Three jobs that wait after a first request each that cost nothing; with a backup of the private folder.
    private func waiting(_ config: String = "") async throws -> (TestSpool, Provider) {
        let provider = try Provider { number, _ in
            number > 3 ? nil : .error(429, "", "", headers: [("Retry-After", "4")])
        }
        let spool = try TestSpool("restore", config: provider.configuration(config))
        try drop(["a", "b", "c"], in: spool)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        try await eventually("all three were refused once") { provider.requests.count >= 3 }
        try await eventually("they wait") {
            daemon.printed.split(separator: "\n").count { $0.contains("job.waits") } >= 3
        }
        await daemon.end(SIGKILL)
        try await backUp(spool)
        return (spool, provider)
    }

    @Test func `a lost ledger knows again what was bought, its money and its ids, and buys nothing`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("lost", config: provider.configuration("budget: { per_day: 0.13 }"))
        try drop(["a", "b", "c"], in: spool)
        #expect(try await drain(spool).code == 0)
        let before = try await spent(spool)
        #expect(before > 0)
        try loseLedger(spool)
        try drop(["b"], in: spool)
        let second = try await drain(spool)
        #expect(second.code == 1 && second.err.contains("reconciled with it"), "\(second.err)")
        #expect(provider.requests.count == 3 && spool.outcomes("done") == ["a", "b", "c"])
        #expect(try await spent(spool) == before)
        let again = try #require(spool.outcomes("failed").first)
        #expect(try spool.reason(again).code == "id_conflict")
        // What was spent before counts: the budget does not reach for another one.
        try drop(["d"], in: spool)
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 3)
        let states = try await jobs(spool)
        #expect(states["a"] == "done" && states["c"] == "done" && states["d"] == "waiting")
        let doctor = try await Darkroom.run(["doctor"] + spool.arguments, environment: CallTests.key)
        #expect(doctor.out.contains("3 taken in by their folder"), "\(doctor.out)")
        await provider.stop()
    }

    @Test func `a lost ledger with jobs still to be called loses none of them and calls each once`() async throws {
        let (spool, provider) = try await waiting()
        try loseLedger(spool)
        let drained = try await drain(spool)
        #expect(drained.code == 0, "\(drained.err)")
        #expect(spool.outcomes("done") == ["a", "b", "c"] && provider.requests.count == 6)
        await provider.stop()
    }

    @Test func `a ledger from a backup does not buy again what was bought since, whether its folder is there or not`()
        async throws
    {
        let (spool, provider) = try await waiting()
        #expect(try await drain(spool).code == 0)
        #expect(provider.requests.count == 6)
        let before = try await spent(spool)
        // One was delivered: nothing but the book of calls and the work files tells of it.
        try FileManager.default.removeItem(atPath: spool.path + "/done/b")
        try await restoreLedger(spool)
        let again = try await drain(spool)
        #expect(provider.requests.count == 6, "\(again.err)")
        #expect(try await spent(spool) == before)
        #expect(spool.outcomes("done").filter { $0 != "b" } == ["a", "c"])
        let states = try await jobs(spool)
        #expect(states["a"] == "done" && states["c"] == "done")
        // Its answer was still there, so that it was finished once more from that.
        #expect(spool.outcomes("done").contains("b"))
        #expect(try await drain(spool).code == 0)
        #expect(provider.requests.count == 6)
        await provider.stop()
    }

    @Test func `a job whose call and inputs the backup does not know is never called again`() async throws {
        let (spool, provider) = try await waiting(#"retention: { inputs: "0s" }"#)
        #expect(try await drain(spool).code == 0)
        for job in ["a", "b", "c"] { try FileManager.default.removeItem(atPath: spool.path + "/done/" + job) }
        try await restoreLedger(spool)
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 6)
        #expect(spool.outcomes("failed") == ["a", "b", "c"])
        #expect(try spool.reason("a").code == "outcome_unknown")
        await provider.stop()
    }

    @Test func `a job that was accepted after the backup is not lost`() async throws {
        let (spool, provider) = try await waiting()
        #expect(try await drain(spool).code == 0)
        try await backUp(spool)
        try drop(["late"], in: spool, #""max_cost":5,"#)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("late.log"))
        try await eventually("it is taken") { daemon.printed.contains("job.accepted") }
        await daemon.end(SIGKILL)
        try await restoreLedger(spool)
        _ = try await drain(spool)
        let states = try await jobs(spool)
        #expect(states["late"] == "done" || states["late"] == "held", "\(states)")
        #expect(provider.requests.count <= 7)
        await provider.stop()
    }

    @Test func `where all of the private folder came from a backup, what may have been called waits for a person`()
        async throws
    {
        let (spool, provider) = try await waiting()
        #expect(try await drain(spool).code == 0)
        for job in ["a", "b"] { try FileManager.default.removeItem(atPath: spool.path + "/done/" + job) }
        try await restoreAll(spool)
        let again = try await drain(spool)
        #expect(again.code == 1 && again.err.contains("not whole"), "\(again.err)")
        #expect(provider.requests.count == 6)
        #expect(spool.outcomes("done") == ["c"] && spool.outcomes("held") == ["a", "b"])
        let reason = try spool.status("held", "a")["reason"] as? [String: Any]
        #expect(reason?["code"] as? String == "outcome_unknown")
        // A person may still pay for it.
        #expect(try await spool.darkroom("release", "a").code == 0)
        _ = try await drain(spool)
        #expect(provider.requests.count == 7 && spool.outcomes("done") == ["a", "c"])
        await provider.stop()
    }

    @Test func `a sweep before the next start takes nothing that only the lost rows explain`() async throws {
        let (spool, provider) = try await waiting()
        #expect(try await drain(spool).code == 0)
        try await restoreLedger(spool)
        try await Darkroom.tool(
            "find", spool.path + "/.darkroom/blobs", spool.path + "/.darkroom/keys", "-type", "f", "-exec", "touch",
            "-d", "5 hours ago", "{}", ";")
        let blobs = spool.outcomes(".darkroom/blobs")
        _ = try await spool.darkroom("sweep")
        #expect(spool.outcomes(".darkroom/blobs") == blobs)
        await provider.stop()
    }

    @Test func `a batch that was being read when the backup was made is not bought again`() async throws {
        let provider = try Provider { number, _ in
            number > 3 ? nil : .error(429, "", "", headers: [("Retry-After", "4")])
        }
        let spool = try TestSpool("restore-batch", config: provider.configuration("queue: { max_accepted: 3 }"))
        let lines = (1...8).map { #"{"prompt":"hill \#($0)","output":{"size":"native"}}"# }
        try BatchTests().drop(lines, in: spool)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        try await eventually("the first lines wait") {
            daemon.printed.split(separator: "\n").count { $0.contains("job.waits") } >= 3
        }
        await daemon.end(SIGKILL)
        try await backUp(spool)
        #expect(try await drain(spool).code == 0)
        #expect(spool.outcomes("done").count == 8 && provider.requests.count == 11)
        // All but one were delivered; the claim comes back with the private folder.
        for job in spool.outcomes("done").dropFirst() {
            try FileManager.default.removeItem(atPath: spool.path + "/done/" + job)
        }
        try await restoreAll(spool)
        #expect(try await drain(spool).code == 1)
        #expect(provider.requests.count == 11)
        #expect(spool.outcomes("done").count == 1)
        #expect(spool.outcomes("held").count + spool.outcomes("failed").count == 7)
        for job in spool.outcomes("failed") { #expect(try spool.reason(job).code == "outcome_unknown") }
        await provider.stop()
    }
}
