import Foundation
import HTTPServer
import Support
import Synchronization
import Testing

/// The rights of subjects by the built program: what is held, given out, restricted, kept by law, and erased.
@Suite(.serialized) struct SubjectTests {
    static let subjects = 6
    static let each = 8

    /// A spool with jobs of several subjects, all done, and one of nobody.
    static func filled(
        _ provider: Provider, subjects: Int = subjects, each: Int = each, more: String = ""
    ) async throws -> TestSpool {
        let spool = try TestSpool("rights", config: provider.configuration(more, route: "concurrency: 8"))
        var lines: [String] = []
        for number in 1...each {
            for subject in 1...subjects {
                lines.append(
                    #"{"prompt":"marker-of-\#(subject) picture \#(number)","id":"s\#(subject)-\#(number)","#
                        + #""subject":"person-\#(subject)@here","output":{"size":"native","format":"jpeg"}}"#)
            }
        }
        lines.append(#"{"prompt":"nobody's","id":"nobody","output":{"size":"native","format":"jpeg"}}"#)
        let batch = spool.path + "/inbox/.all"
        try lines.joined(separator: "\n").write(toFile: batch, atomically: true, encoding: .utf8)
        try FileManager.default.moveItem(atPath: batch, toPath: spool.path + "/inbox/all.jsonl")
        let drained = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        #expect(drained.code == 0, "\(drained.err.suffix(1000))")
        #expect(spool.outcomes("done").count == subjects * each + 1)
        return spool
    }

    /// How the ledger knows the subject of a job.
    static func reference(_ spool: TestSpool, _ job: String) async throws -> String {
        let ledger = spool.path + "/.darkroom/ledger.sqlite"
        return try await Darkroom.tool("sqlite3", ledger, "SELECT subject_ref FROM job WHERE id = '\(job)'").trimmed
    }

    /// Everything in the outcome folders but that of some jobs, by name and content.
    static func outcomes(_ spool: TestSpool, but prefix: String) -> [String: Data] {
        var found: [String: Data] = [:]
        for outcome in ["done", "failed", "held"] {
            for job in spool.outcomes(outcome) where !job.hasPrefix(prefix) {
                for file in spool.outcomes("\(outcome)/\(job)") {
                    let path = "\(outcome)/\(job)/\(file)"
                    found[path] = FileManager.default.contents(atPath: spool.path + "/" + path)
                }
            }
        }
        return found
    }

    private func unzipped(_ spool: TestSpool, _ package: String, _ name: String) async throws -> String {
        try await Darkroom.tool("unzip", "-p", package, name)
    }

    @Test func `one subject among many is given out whole, and erased without a trace of it or a change to others`()
        async throws
    {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try await Self.filled(provider)
        let reference = try await Self.reference(spool, "s3-1")
        let others = Self.outcomes(spool, but: "s3-")
        let own = Self.outcomes(spool, but: "zzz").filter { $0.key.hasPrefix("done/s3-") }

        let package = spool.scratch.file("person-3.zip")
        let exported = try await spool.darkroom("subject", "export", "person-3@here", "-o", package, "--json")
        #expect(exported.code == 0, "\(exported.err)")
        try await Darkroom.tool("unzip", "-tq", package)
        let text = try await unzipped(spool, package, "manifest.json")
        let manifest = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let schema = try await Darkroom.run(["config", "schema", "export"]).json
        #expect(SchemaCheck.faults(manifest, schema) == [])
        let jobs = try #require(manifest["jobs"] as? [[String: Any]])
        #expect(jobs.compactMap { $0["id"] as? String } == (1...Self.each).map { "s3-\($0)" })
        for (path, bytes) in own {
            let copy = spool.scratch.file("copy")
            _ = try await Darkroom.tool(
                "sh", "-c", "unzip -p '\(package)' 'jobs/\(path.dropFirst(5))' > '\(copy)'")
            #expect(FileManager.default.contents(atPath: copy) == bytes, "\(path)")
        }
        let processors = try #require(manifest["processors"] as? [[String: Any]])
        #expect(processors.count == 1 && processors[0]["requests"] as? Int == Self.each)
        #expect((processors[0]["received"] as? [String])?.contains("prompt") == true)
        let order = try await unzipped(spool, package, "jobs/s3-2/inputs/order.json")
        #expect(order.contains("marker-of-3 picture 2"), "what is held of the inputs is given out too")
        #expect(!text.contains("marker-of-1") && !text.contains("s1-"))

        let erased = try await spool.darkroom("subject", "erase", "person-3@here", "--reason", "minor", "--json")
        #expect(erased.code == 0, "\(erased.err)")
        #expect(erased.json["state"] as? String == "closed")
        #expect(Self.outcomes(spool, but: "s3-") == others)
        #expect(spool.outcomes("done").filter { $0.hasPrefix("s3-") } == [])
        #expect(spool.files(holding: [reference, "person-3", "marker-of-3"]) == [])
        #expect(spool.outcomes(".darkroom/staging") == [])
        try await checkReceipt(erased.json["receipt"], spool)
        #expect(try await spool.darkroom("audit", "verify").code == 0)

        #expect(try await spool.darkroom("subject", "show", "person-3@here").code == 65)
        #expect(try await spool.darkroom("subject", "erase", "person-3@here").code == 65)
        let shown = try await spool.darkroom("subject", "show", "person-2@here", "--json").json
        #expect((shown["jobs"] as? [String: Int])?["done"] == Self.each)
        // Whoever comes back is somebody new.
        try spool.drop(
            "again", manifest: #"{"prompt":"new","id":"again","subject":"person-3@here","output":{"size":"native"}}"#)
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key).code == 0)
        #expect(spool.outcomes("done").contains("again"))
        await provider.stop()
    }

    private func checkReceipt(_ receipt: Any?, _ spool: TestSpool) async throws {
        let file = spool.scratch.file("receipt.json")
        let document = try #require(receipt as? [String: Any])
        let schema = try await Darkroom.run(["config", "schema", "receipt"]).json
        #expect(SchemaCheck.faults(document, schema) == [])
        let statement = try #require(document["statement"] as? [String: Any])
        #expect((statement["erasure"] as? [String: Any])?["cause"] as? String == "minor")
        #expect((statement["jobs"] as? [[String: Any]])?.count == Self.each)
        try JSONSerialization.data(withJSONObject: document, options: [.withoutEscapingSlashes])
            .write(to: URL(fileURLWithPath: file))
        let key = try await spool.darkroom("audit", "show", "key").out.trimmed
        let verified = try await Darkroom.run(["audit", "verify", "--receipt", file, "--key", key])
        #expect(verified.code == 0, "\(verified.out)\(verified.err)")
        // And without Darkroom.
        let samples = URL(fileURLWithPath: Darkroom.samples).deletingLastPathComponent().path
        try await Darkroom.tool(samples + "/check-receipt", file, key)
        let text = try String(contentsOfFile: file, encoding: .utf8).replacingOccurrences(of: "minor", with: "legal")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await Darkroom.run(["audit", "verify", "--receipt", file, "--key", key]).code == 1)
    }

    @Test func `an erasure that is killed again and again comes to its end`() async throws {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try await Self.filled(provider, subjects: 3, each: 6)
        let reference = try await Self.reference(spool, "s2-1")
        let others = Self.outcomes(spool, but: "s2-")
        var kills = 0
        for round in 0..<60 {
            let running = try Darkroom.Running(
                ["subject", "erase", "person-2@here"] + spool.arguments, log: spool.scratch.file("erase.log"))
            // A little further each time: somewhere on the way lies every step.
            try await Task.sleep(for: .milliseconds(10 + 7 * round))
            let code = await running.end(SIGKILL)
            if code == 0 || code == 65 { break }
            kills += 1
        }
        #expect(kills > 3)
        // On a busy machine none of them may have come far: what is left is done by one that nobody kills.
        #expect([0, 65].contains(try await spool.darkroom("subject", "erase", "person-2@here").code))
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(spool.files(holding: [reference, "person-2", "marker-of-2"]) == [])
        #expect(Self.outcomes(spool, but: "zzz") == others)
        #expect(try await spool.darkroom("subject", "show", "person-2@here").code == 65)
        let open = try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite", "SELECT count(*) FROM request WHERE closed IS NULL")
        #expect(open.trimmed == "0")
        #expect(try await spool.darkroom("audit", "verify").code == 0)
        #expect(try await spool.darkroom("account", "check").code == 0)
        await provider.stop()
    }

    @Test func `a job in a paid call is erased when the call ends, and nobody ever sees its picture`() async throws {
        let gate = Gate()
        let provider = try Provider { _, request in
            guard String(decoding: request.body, as: UTF8.self).contains("marker") else { return nil }
            await gate.passed()
            return nil
        }
        let spool = try TestSpool("paid", config: provider.configuration())
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
        for id in ["mine", "queued"] {
            try spool.drop(
                id, manifest: #"{"prompt":"marker \#(id)","id":"\#(id)","subject":"ann","output":{"size":"native"}}"#)
        }
        try await eventually("both calls are on their way") { provider.requests.count == 2 }
        let log = spool.scratch.file("erase.log")
        let erase = try Darkroom.Running(["subject", "erase", "ann"] + spool.arguments, log: log)
        try await eventually("it waits for the call") { erase.printed.contains("paid call") }
        gate.open()
        try await eventually("it is over") { erase.printed.contains("erased (request") }
        #expect(await erase.end(0) == 0)
        #expect(spool.outcomes("done") == [] && spool.outcomes("failed") == [] && spool.outcomes("held") == [])
        // What the calls cost is still known, and of whom is not.
        let show = try await spool.darkroom("show", "mine", "--json").json
        #expect(show["state"] as? String == "failed")
        let cost = try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite",
            "SELECT count(*) FROM effect WHERE billed = 'yes' AND cost > 0")
        #expect(cost.trimmed == "2")
        #expect(await daemon.end() == 0)
        #expect(spool.files(holding: ["marker"]) == [])
        await provider.stop()
    }

    @Test func `a restricted subject's jobs wait and reach no service, until the restriction ends`() async throws {
        let provider = try Provider()
        let spool = try await Self.filled(provider, subjects: 1, each: 1, more: "retention: { outputs: \"1h\" }")
        let before = provider.requests.count
        #expect(try await spool.darkroom("subject", "restrict", "person-1@here").code == 0)
        try spool.drop(
            "w", manifest: #"{"prompt":"wait","id":"w","subject":"person-1@here","output":{"size":"native"}}"#)
        let drained = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        #expect(drained.code == 1)
        #expect(provider.requests.count == before)
        let jobs = try await spool.darkroom("jobs", "--reason", "subject_restricted").out
        #expect(jobs.contains("w ") && jobs.contains("subject_restricted"))
        let ledger = spool.path + "/.darkroom/ledger.sqlite"
        // Its picture was due an hour after it was made, and stands still meanwhile.
        try await Darkroom.tool("sqlite3", ledger, "UPDATE output SET expires_at = 1 WHERE job = 's1-1'")
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(spool.outcomes("done").contains("s1-1"))
        let ended = try await spool.darkroom("subject", "unrestrict", "person-1@here", "--json")
        #expect(ended.code == 0 && ended.json["result"] as? String == "done")
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key).code == 0)
        #expect(provider.requests.count == before + 1 && spool.outcomes("done").contains("w"))
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(!spool.outcomes("done").contains("s1-1"), "it was over before, and goes now")
        await provider.stop()
    }

    @Test func `a suspended subject gets no new pictures and keeps its rights`() async throws {
        let provider = try Provider()
        let spool = try await Self.filled(provider, subjects: 1, each: 1)
        let before = provider.requests.count
        #expect(try await spool.darkroom("subject", "suspend", "person-1@here").code == 0)
        let manifest = #"{"prompt":"no","id":"ID","subject":"person-1@here","output":{"size":"native"}}"#
        try spool.drop("n", manifest: manifest.replacingOccurrences(of: "ID", with: "n"))
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key).code == 1)
        #expect(try spool.reason("n").code == "subject_suspended" && provider.requests.count == before)
        let package = spool.scratch.file("p.zip")
        #expect(try await spool.darkroom("subject", "export", "person-1@here", "-o", package).code == 0)
        #expect(try await spool.darkroom("subject", "resume", "person-1@here").code == 0)
        try spool.drop("y", manifest: manifest.replacingOccurrences(of: "ID", with: "y"))
        #expect(try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key).code == 0)
        #expect(spool.outcomes("done").contains("y"))
        await provider.stop()
    }

    @Test func `what a legal hold keeps is hidden, named in the receipt, and goes when the hold ends`() async throws {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try await Self.filled(provider, subjects: 2, each: 2)
        let held = try await spool.darkroom(
            "subject", "hold", "person-1@here", "--reason", "case-7", "--expires", "90d", "--job", "s1-2", "--json")
        let hold = try #require(held.json["hold"] as? String)
        let refused = try await spool.darkroom("delete", "s1-2")
        #expect(refused.code == 1 && refused.err.contains(hold))
        let erased = try await spool.darkroom("subject", "erase", "person-1@here", "--json")
        #expect(erased.code == 0 && erased.json["state"] as? String == "held", "\(erased.err)")
        let request = try #require(erased.json["request"] as? String)
        #expect(spool.outcomes("done").filter { $0.hasPrefix("s1-") } == [])
        #expect(spool.outcomes(".darkroom/kept/\(request)") == ["s1-2"])
        #expect(spool.files(holding: ["person-1", "marker-of-1"]) == [])
        let statement = (erased.json["receipt"] as? [String: Any])?["statement"] as? [String: Any]
        let kept = (statement?["erasure"] as? [String: Any])?["not_erased"] as? [[String: Any]]
        #expect(kept?.first?["reason"] as? String == "case-7" && kept?.count == 1)
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(spool.outcomes(".darkroom/kept/\(request)") == ["s1-2"], "the hold lasts")
        try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite", "UPDATE legal_hold SET expires = begins + 1")
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(spool.outcomes(".darkroom/kept") == [])
        #expect(spool.outcomes("done").count == 3)
        let file = spool.path + "/.darkroom/receipts/\(request).json"
        let key = try await spool.darkroom("audit", "show", "key").out.trimmed
        #expect(try await Darkroom.run(["audit", "verify", "--receipt", file, "--key", key]).code == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("\"not_erased\": []"))
        await provider.stop()
    }

    @Test func `what a subject says of itself is sealed, put right, and told to it alone`() async throws {
        let provider = try Provider()
        let spool = try await Self.filled(provider, subjects: 1, each: 1)
        let words = ["label=Customer of the shop", "contact=desk@canary.example", "preferences.language=nl"]
        for word in words {
            #expect(try await spool.darkroom("subject", "amend", "person-1@here", "--set", word).code == 0)
        }
        let amended = try await spool.darkroom(
            "subject", "amend", "person-1@here", "--set", "contact=new@canary.example", "--json")
        #expect(amended.json["changed"] as? [String] == ["contact"])
        let objected = try await spool.darkroom("subject", "object", "person-1@here", "--purpose", "statistics")
        #expect(objected.code == 0)
        #expect(spool.files(holding: ["canary.example", "Customer of"]) == [])
        let shown = try await spool.darkroom("subject", "show", "person-1@here", "--json").json
        let record = try #require(shown["record"] as? [String: Any])
        #expect(record["contact"] as? String == "new@canary.example")
        #expect((record["corrections"] as? [[String: Any]])?.count == 4)
        #expect(shown["objections"] as? [String] == ["statistics"] && shown["documents"] as? Int == 1)
        #expect((shown["requests"] as? [[String: Any]])?.count == 5)
        let back = try await spool.darkroom(
            "subject", "object", "person-1@here", "--purpose", "statistics", "--withdraw")
        #expect(back.code == 0)
        let table = try await spool.darkroom("subject", "show", "person-1@here").out
        #expect(table.contains("objections  none") && table.contains("new@canary.example"))
        let entries = try await spool.darkroom("audit", "show", "--json").out
        #expect(entries.contains("subject.amend") && entries.contains("new_contact"))
        let log = spool.path + "/.darkroom/audit"
        #expect(FileManager.default.fileExists(atPath: log))
        await provider.stop()
    }

    @Test(arguments: [
        (["subject", "forget", "a"], 64, "erase"), (["subject", "show"], 64, "takes"),
        (["subject", "show", "a b"], 64, "A-Za-z0-9"), (["subject", "export", "a"], 64, "-o FILE"),
        (["subject", "object", "a", "--purpose", "statistic"], 64, "did you mean statistics?"),
        (["subject", "hold", "a", "--reason", "x"], 64, "expires"),
        (["subject", "hold", "a", "--end", "hold-1"], 65, "no hold"),
        (["subject", "erase", "a", "--reason", "fun"], 64, "minor"),
        (["subject", "erase", "a"], 65, "nothing is held"),
        (["subject", "amend", "a", "--set", "name=x"], 64, "label, contact"),
        (["subject", "restrict", "a", "--reason", "x"], 64, "does not belong"),
    ])
    func `what makes no sense is said, and what to type instead`(words: [String], code: Int32, hint: String)
        async throws
    {
        let spool = try TestSpool("words")
        #expect(try await spool.darkroom("drain").code == 0)
        let ended = try await Darkroom.run(words + spool.arguments)
        #expect(ended.code == code && ended.err.contains(hint), "\(ended.err)")
    }
}
