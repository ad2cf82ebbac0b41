import Foundation
import Support
import Testing

/// What policies let a person count on, by the built program: history, objections, consents.
@Suite(.serialized) struct HistoryTests {
    private static let canary = "CANARY-7b21-otter"

    private func spool(_ name: String, policy: String) throws -> TestSpool {
        let scratch = try Scratch(name + "-policy")
        let file = scratch.file("p.json5")
        if policy.hasPrefix("{") { try policy.write(toFile: file, atomically: true, encoding: .utf8) }
        let spool = try TestSpool(
            name,
            config: """
                { spool: "SPOOL", models: { offline: { provider: "simulator" } }, listen: "off",
                  policy: "\(policy.hasPrefix("{") ? "SPOOL/../p.json5" : policy)", templates: "SPOOL/../templates",
                  output: { size: "native", format: "jpeg" }, retention: { inputs: "0s" } }
                """)
        if policy.hasPrefix("{") {
            try FileManager.default.copyItem(atPath: file, toPath: spool.scratch.file("p.json5"))
        }
        let folder = spool.scratch.file("templates")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("{ text: 'a river with {{what}}', variables: { what: {} } }".utf8).write(
            to: URL(fileURLWithPath: folder + "/river@2.json5"))
        return spool
    }

    private func drain(_ spool: TestSpool, _ id: String, _ more: String) async throws -> Int32 {
        try spool.drop(id, manifest: #"{"id":"\#(id)","subject":"person-1@here"\#(more)}"#)
        return try await Darkroom.run(["drain"] + spool.arguments).code
    }

    private static let template =
        #","template":{"name":"river","variables":{"what":"\#(canary)"}},"attestations":["rights_in_inputs"]"#
    private static let prompt = #","prompt":"a river \#(canary)","attestations":["rights_in_inputs"]"#

    private func exported(_ spool: TestSpool, _ name: String) async throws -> [String: Any] {
        let package = spool.scratch.file(name + ".zip")
        let done = try await spool.darkroom("subject", "export", "person-1@here", "-o", package)
        #expect(done.code == 0, "\(done.err)")
        let text = try await Darkroom.tool("unzip", "-p", package, "manifest.json")
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func documents(_ spool: TestSpool) -> [String] {
        let all = FileManager.default.enumerator(atPath: spool.path + "/.darkroom/subjects")
        return all?.compactMap { $0 as? String }.filter { $0.contains("/") } ?? []
    }

    @Test(arguments: ["image2", "imagen2026", "gptimage2-blog"])
    func `these policies keep what was asked for, sealed, for its subject to have and to end`(policy: String)
        async throws
    {
        let spool = try spool("history", policy: policy)
        #expect(try await drain(spool, "t", Self.template) == 0)
        #expect(documents(spool).count == 1)
        #expect(spool.files(holding: [Self.canary, "person-1@here"]) == [], "nothing of it is in clear")
        let found = try await spool.darkroom("prove", Self.canary)
        #expect(found.code == 0, "in no encoding: \(found.out)")
        let package = spool.scratch.file("p.zip")
        #expect(try await spool.darkroom("subject", "export", "person-1@here", "-o", package).code == 0)
        let names = try await Darkroom.tool("unzip", "-Z1", package).split(separator: "\n").filter {
            $0.hasPrefix("documents/")
        }
        #expect(names.count == 1)
        let text = try await Darkroom.tool("unzip", "-p", package, String(try #require(names.first)))
        let record = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(record["prompt"] as? String == "a river with \(Self.canary)" && record["job"] as? String == "t")
        let template = try #require(record["template"] as? [String: Any])
        #expect(template["name"] as? String == "river" && template["version"] as? Int == 2)

        #expect(try await spool.darkroom("subject", "object", "person-1@here", "--purpose", "history").code == 0)
        #expect(documents(spool) == [])
        #expect(try await drain(spool, "u", Self.prompt) == 0)
        #expect(documents(spool) == [], "who objects to it has none")
        #expect(
            try await spool.darkroom("subject", "object", "person-1@here", "--purpose", "history", "--withdraw").code
                == 0)
        #expect(try await drain(spool, "v", Self.prompt) == 0)
        #expect(documents(spool).count == 1)
        #expect(try await spool.darkroom("subject", "erase", "person-1@here").code == 0)
        #expect(documents(spool) == [])
        let rows = try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite", "SELECT count(*) FROM history")
        #expect(rows.trimmed == "0")
    }

    @Test(arguments: ["default", "maiimage2", "gptimg2"])
    func `of these policies' jobs nothing that was asked for is left`(policy: String) async throws {
        let spool = try spool("history-none", policy: policy)
        #expect(try await drain(spool, "t", Self.template) == 0)
        #expect(try await drain(spool, "u", Self.prompt) == 0)
        #expect(spool.outcomes("done") == ["t", "u"])
        #expect(documents(spool) == [])
        #expect(try await spool.darkroom("prove", Self.canary).code == 0)
        let rows = try await Darkroom.tool(
            "sqlite3", spool.path + "/.darkroom/ledger.sqlite", "SELECT count(*) FROM history")
        #expect(rows.trimmed == "0")
    }

    @Test func `a history of a time ends with it, and a job of nobody has none`() async throws {
        let spool = try spool("history-time", policy: "{ id: 'shop', history: '1s' }")
        try spool.drop("n", manifest: #"{"id":"n","prompt":"a river"}"#)
        #expect(try await drain(spool, "t", Self.prompt) == 0)
        #expect(spool.outcomes("done") == ["n", "t"])
        for _ in 0..<200 where !documents(spool).isEmpty {
            #expect(try await spool.darkroom("sweep").code == 0)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(documents(spool) == [])
        #expect(try await spool.darkroom("show", "t").out.contains("history.ended"))
        #expect(try await !spool.darkroom("show", "n").out.contains("history.ended"))
    }

    @Test func `who objects to the gallery, may only be stored or is erased is seen in it no more`() async throws {
        let spool = try spool("gallery-rights", policy: "gptimg2")
        let shown = #","prompt":"a river","visibility":"public""#
        func pictures() throws -> Int { (try spool.json("gallery/index.json")["pictures"] as? [Any])?.count ?? -1 }
        for (id, verb) in [
            ("a", ["object", "person-1@here", "--purpose", "gallery"]), ("b", ["restrict", "person-1@here"]),
            ("c", ["erase", "person-1@here"]),
        ] {
            #expect(try await drain(spool, id, shown) == 0)
            try spool.drop("x" + id, manifest: #"{"id":"x\#(id)","subject":"other"\#(shown)}"#)
            #expect(try await Darkroom.run(["drain"] + spool.arguments).code == 0)
            let before = try pictures()
            let done = try await Darkroom.run(["subject", verb[0]] + spool.arguments + verb.dropFirst())
            #expect(done.code == 0, "\(done.err)")
            #expect(try pictures() == before - 1 && spool.outcomes("gallery").count == before)
            if id == "a" {
                #expect(try await drain(spool, "a2", shown) == 0)
                #expect(try pictures() == before - 1, "who objects is not shown")
                #expect((try spool.status("done", "a2")["outputs"] as? [[String: Any]])?.first?["gallery"] == nil)
                _ = try await spool.darkroom("subject", "object", "person-1@here", "--purpose", "gallery", "--withdraw")
            }
            if id == "b" { _ = try await spool.darkroom("subject", "unrestrict", "person-1@here") }
        }
        #expect(try pictures() == 3)
    }

    @Test func `what is agreed to is written down with the text that it was, and ends with a word`() async throws {
        let spool = try spool("consent", policy: "gptimage2-blog")
        #expect(try await drain(spool, "a", Self.prompt) == 0)
        #expect(try await drain(spool, "b", Self.prompt) == 0)
        let hash = try #require(
            (try spool.json("done/a/a-1.jpg.json")["policy"] as? [String: Any])?["sha256"] as? String)
        let given = try #require(try await exported(spool, "one")["consents"] as? [[String: Any]])
        #expect(given.count == 1 && given[0]["purpose"] as? String == "rights_in_inputs")
        #expect(given[0]["policy_sha256"] as? String == hash && given[0]["withdrawn"] == nil)

        #expect(try await spool.darkroom("subject", "object", "person-1@here", "--purpose", "consent").code == 0)
        #expect(try await drain(spool, "c", Self.prompt) == 1)
        #expect(try spool.reason("c").code == "attestation_missing" && spool.reason("c").field == "attestations")
        let ended = try #require(try await exported(spool, "two")["consents"] as? [[String: Any]])
        #expect(ended.count == 1 && ended[0]["withdrawn"] is String)
        try spool.drop("o", manifest: #"{"id":"o","subject":"other","prompt":"x"}"#)
        _ = try await Darkroom.run(["drain"] + spool.arguments)
        #expect(spool.outcomes("done") == ["a", "b", "o"])

        #expect(
            try await spool.darkroom("subject", "object", "person-1@here", "--purpose", "consent", "--withdraw").code
                == 0)
        #expect(try await drain(spool, "d", Self.prompt) == 0 || spool.outcomes("done").contains("d"))
        #expect((try await exported(spool, "three")["consents"] as? [Any])?.count == 2)
    }
}
