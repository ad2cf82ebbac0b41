import Foundation
import Support
import Testing

/// Batches as the ledger knows them: every verb that takes `--batch` finds the jobs of a batch, whatever their ids are.
@Suite(.serialized) struct SelectionTests {
    /// A quick route, so that many jobs take little time.
    static let config = """
        { spool: "SPOOL", models: { default: "offline", offline: { provider: "simulator" } },
          output: { size: "native", format: "jpeg" }, inbox: { settle: "100ms" }, listen: "off" }
        """

    static func lines(_ count: Int, id: String? = nil) -> [String] {
        (1...count).map { number in
            let own = id.map { #", "id": "\#($0)-\#(number)""# } ?? ""
            return #"{ "prompt": "a chair, view \#(number)"\#(own) }"#
        }
    }

    /// The batch of the guide, whose lines have ids of their own, and one whose lines have none.
    @Test func `a batch is found by its name, whether its lines have ids or not`() async throws {
        let spool = try TestSpool("batch-name", config: Self.config)
        try spool.drop(Self.lines(3, id: "chair"), as: "catalogue")
        try spool.drop(Self.lines(2), as: "cat")
        #expect(try await spool.darkroom("drain").code == 0)
        let chairs = try await spool.jobs("--batch", "catalogue")
        #expect(Set(chairs.map(\.id)) == ["chair-1", "chair-2", "chair-3"])
        #expect(Set(chairs.map(\.batch)).count == 1)
        let batch = try #require(chairs.first?.batch)
        #expect(batch.wholeMatch(of: /catalogue-[0-9A-HJKMNP-TV-Z]{8}/) != nil, "\(batch)")
        #expect(try await spool.jobs("--batch", batch).count == 3)
        let cats = try await spool.jobs("--batch", "cat")
        #expect(cats.count == 2 && cats.allSatisfy { $0.id.hasPrefix($0.batch + "-00000") }, "no chair is a cat")
        let shown = try await spool.darkroom("show", "chair-2", "--json")
        #expect(shown.json["batch"] as? String == batch)
        #expect(try spool.status("done", "chair-2")["batch"] as? String == batch)
        #expect(try await spool.darkroom("show", "chair-2").out.contains(batch))

        let out = spool.scratch.file("sheet.html")
        let sheet = try await spool.darkroom("contact-sheet", "--batch", "catalogue", "-o", out, "--json")
        #expect(sheet.code == 0 && sheet.json["pictures"] as? Int == 3, "\(sheet)")
        let page = try String(contentsOfFile: out, encoding: .utf8)
        let places = try (1...3).map { try #require(page.range(of: "chair-\($0)")).lowerBound }
        #expect(places == places.sorted(), "in the order of its lines")
        let waited = try await spool.darkroom("wait", "--batch", "catalogue")
        #expect(waited.code == 0 && waited.out.split(separator: "\n").count == 3, "\(waited)")
        #expect(try await spool.darkroom("wait", batch).out == waited.out, "its id is as good as a job's")
        #expect(try await spool.darkroom("wait", "catalogue").out == waited.out, "and so is its name")
    }

    @Test func `of several batches of one name each is found alone, and all together`() async throws {
        let spool = try TestSpool("batch-same", config: Self.config)
        for round in 1...2 {
            try spool.drop(Self.lines(2, id: "round-\(round)"), as: "nightly")
            #expect(try await spool.darkroom("drain").code == 0)
        }
        let all = try await spool.jobs("--batch", "nightly")
        #expect(all.count == 4)
        let batches = Set(all.map(\.batch))
        #expect(batches.count == 2)
        for batch in batches {
            let own = try await spool.jobs("--batch", batch)
            #expect(own.count == 2 && own.allSatisfy { $0.batch == batch })
            let waited = try await spool.darkroom("wait", batch)
            #expect(waited.code == 0 && waited.out.split(separator: "\n").count == 2, "\(waited)")
        }
        let sheet = try await spool.darkroom(
            "contact-sheet", "--batch", "nightly", "-o", spool.scratch.file("s.jpg"), "--json")
        #expect(sheet.code == 0 && sheet.json["pictures"] as? Int == 4)
    }

    @Test func `a batch has settled only when its unread lines have, and one that comes later is waited for`()
        async throws
    {
        let spool = try TestSpool(
            "batch-unread",
            config: Self.config.replacingOccurrences(of: "listen:", with: "queue: { max_accepted: 2 }, listen:"))
        let daemon = try spool.daemon()
        try await eventually("the daemon runs") { daemon.printed.contains("darkroom is running") }
        async let early = spool.darkroom("wait", "--batch", "long")
        async let named = spool.darkroom("wait", "long")
        try spool.drop(Self.lines(12, id: "line") + ["no manifest"], as: "long")
        for waited in [try await early, try await named] {
            #expect(waited.code == 1, "one line is no manifest")
            #expect(waited.out.split(separator: "\n").count == 13, "\(waited)")
            #expect(waited.out.contains("/done/line-12\n") && waited.out.contains("-000013  invalid_manifest"))
        }
        #expect(await daemon.end() == 0)
        let again = try await spool.darkroom("wait", "--batch", "long", "--json")
        #expect(again.code == 1 && again.err.isEmpty, "without a daemon, as nothing is open: \(again.err)")
    }

    @Test func `a batch that nobody works on is not waited for, and one whose outcomes were taken away has settled`()
        async throws
    {
        let spool = try TestSpool("batch-nobody", config: Self.config)
        try spool.drop(Self.lines(2), as: "b")
        #expect(try await spool.darkroom("wait", "--batch", "b").code == 69)
        #expect(try await spool.darkroom("drain").code == 0)
        for job in spool.outcomes("done") {
            try FileManager.default.moveItem(
                atPath: spool.path + "/done/" + job, toPath: spool.scratch.file("fetched-" + job))
        }
        let waited = try await spool.darkroom("wait", "--batch", "b")
        #expect(waited.code == 0 && waited.out.components(separatedBy: "which was taken away").count == 3, "\(waited)")
        let sheet = try await spool.darkroom("contact-sheet", "--batch", "b", "-o", spool.scratch.file("s.jpg"))
        #expect(sheet.code == 1 && sheet.err.contains("2 jobs of b have no output in done/ any more"), "\(sheet)")
    }

    @Test func `jobs are found by route, time, state, subject and reason`() async throws {
        let spool = try TestSpool(
            "filters",
            config: """
                { spool: "SPOOL", models: { default: "a", a: { provider: "simulator" }, b: { provider: "simulator" } },
                  output: { size: "native", format: "jpeg" }, inbox: { settle: "100ms" }, listen: "off" }
                """)
        try spool.drop(
            [
                #"{ "prompt": "x", "id": "one" }"#, #"{ "prompt": "x", "id": "two", "model": "b", "subject": "s" }"#,
                #"{ "prompt": "x", "id": "three", "model": "b", "seed": 1 }"#,
            ], as: "mixed")
        #expect(try await spool.darkroom("drain").code == 1)
        func ids(_ filters: String...) async throws -> Set<String> {
            let result = try await Darkroom.run(["jobs"] + spool.arguments + filters + ["--json"])
            return Set((result.json["jobs"] as? [[String: Any]] ?? []).compactMap { $0["job"] as? String })
        }
        #expect(try await ids("--route", "b") == ["two"], "a line that was refused has no route")
        #expect(try await ids("--route", "a", "--batch", "mixed") == ["one"])
        #expect(try await ids("--subject", "s") == ["two"])
        #expect(try await ids("--reason", "unsupported_parameter") == ["three"])
        #expect(try await ids("--state", "failed", "--state", "done", "--since", "1h") == ["one", "two", "three"])
        #expect(try await ids("--until", "1h") == [])
        #expect(try await ids("--limit", "2").count == 2)
        let today = String(ISO8601DateFormatter().string(from: Date()).prefix(10))
        let moment = today + "T00:00:00+00:00"
        #expect(try await ids("--since", today, "--until", today).count == 3, "a day counts to its end")
        #expect(try await ids("--since", moment).count == 3)
        #expect(try await ids("--until", moment) == [])
        let sheet = try await spool.darkroom(
            "contact-sheet", "--route", "b", "--since", "1h", "-o", spool.scratch.file("b.png"), "--json")
        #expect(sheet.code == 0 && sheet.json["pictures"] as? Int == 1, "\(sheet)")
        let waited = try await spool.darkroom("wait", "--route", "a", "--since", "1h")
        #expect(waited.code == 0 && waited.out == "done  \(spool.path)/done/one\n")
        let nothing = try await spool.darkroom("wait", "--route", "c")
        #expect(nothing.code == 0 && nothing.err.contains("nothing to wait for"))
    }

    @Test func `outcome folders alone tell of a batch, and a lost ledger learns it from them`() async throws {
        let spool = try TestSpool("batch-lost", config: Self.config)
        try spool.drop(Self.lines(2, id: "chair") + ["no manifest"], as: "catalogue")
        try spool.drop(Self.lines(1), as: "cat")
        #expect(try await spool.darkroom("drain").code == 1)
        let hidden = spool.scratch.file("private")
        try FileManager.default.moveItem(atPath: spool.path + "/.darkroom", toPath: hidden)
        let out = spool.scratch.file("sheet.png")
        let sheet = try await spool.darkroom("contact-sheet", "--batch", "catalogue", "-o", out, "--json")
        #expect(sheet.code == 1 && sheet.json["pictures"] as? Int == 2, "\(sheet)")
        #expect(sheet.err.contains("1 job of catalogue failed"))
        let other = try await spool.darkroom("contact-sheet", "--route", "offline", "-o", out)
        #expect(other.code == 74 && other.err.contains("--batch"), "\(other)")
        try FileManager.default.moveItem(atPath: hidden, toPath: spool.path + "/.darkroom")
        for file in spool.outcomes(".darkroom") where file.hasPrefix("ledger") {
            try FileManager.default.removeItem(atPath: spool.path + "/.darkroom/" + file)
        }
        _ = try await spool.darkroom("drain")
        let jobs = try await spool.jobs("--batch", "catalogue")
        #expect(jobs.count == 3 && Set(jobs.map(\.batch)).count == 1, "\(jobs)")
        #expect(try await spool.jobs("--batch", "cat").count == 1)
    }
}

extension TestSpool {
    struct Listed {
        let id: String
        let batch: String
        let state: String
    }

    /// Hands a batch over by one rename.
    func drop(_ lines: [String], as name: String, files: [String: Data] = [:]) throws {
        for (file, data) in files { try data.write(to: URL(fileURLWithPath: path + "/inbox/" + file)) }
        let beside = path + "/inbox/." + name
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: beside))
        try FileManager.default.moveItem(atPath: beside, toPath: path + "/inbox/" + name + ".jsonl")
    }

    /// What `jobs` lists with these filters.
    func jobs(_ filters: String...) async throws -> [Listed] {
        let result = try await Darkroom.run(["jobs"] + arguments + filters + ["--json"])
        try #require(result.code == 0, "\(result.err)")
        let jobs = try #require(result.json["jobs"] as? [[String: Any]])
        return jobs.map { job in
            Listed(
                id: job["job"] as? String ?? "", batch: job["batch"] as? String ?? "",
                state: job["state"] as? String ?? "")
        }
    }
}
