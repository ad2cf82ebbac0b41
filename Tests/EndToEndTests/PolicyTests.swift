import Foundation
import Support
import Testing

/// What a policy lets in, keeps and ends, by the built program.
@Suite(.serialized) struct PolicyTests {
    private func spool(_ name: String, policy: String, more: String = "") throws -> TestSpool {
        try TestSpool(
            name,
            config: """
                { spool: "SPOOL", models: { offline: { provider: "simulator" } }, output: { size: "native", format: "jpeg" },
                  policy: "\(policy)", listen: "off"\(more) }
                """)
    }

    private func drain(_ spool: TestSpool, _ count: Int = 1, _ more: String = "") async throws -> Int32 {
        try spool.drop(
            "j", manifest: #"{"prompt":"a mill","id":"j","count":\#(count)\#(more)}"#)
        return try await Darkroom.run(["drain"] + spool.arguments).code
    }

    private func sidecar(_ spool: TestSpool, _ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: spool.path + "/done/j/" + name))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func files(_ spool: TestSpool) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: spool.path + "/done/j").sorted()
    }

    @Test func `a picture of a session has an end, which save takes away and delete brings at once`() async throws {
        let spool = try spool("session", policy: "maiimage2")
        #expect(try await drain(spool, 2) == 0)
        let before = try #require(try spool.status("done", "j")["outputs"] as? [[String: Any]])
        #expect(before.count == 2 && before.allSatisfy { $0["expires_at"] is String })
        let policy = try #require(try sidecar(spool, "j-1.jpg.json")["policy"] as? [String: Any])
        #expect(policy["id"] as? String == "maiimage2" && (policy["sha256"] as? String)?.count == 64)

        #expect(try await spool.darkroom("save", "j:1").code == 0)
        let after = try #require(try spool.status("done", "j")["outputs"] as? [[String: Any]])
        #expect(after.map { $0["expires_at"] == nil } == [true, false])
        let kept = try #require(try sidecar(spool, "j-1.jpg.json")["retention"] as? [String: Any])
        #expect(kept["output_expires_at"] == nil && kept["inputs_delete_by"] != nil)
        #expect(try await spool.darkroom("save", "j:3").code == 1)
        #expect(try await spool.darkroom("save", "nobody").code == 1)

        #expect(try await spool.darkroom("delete", "j:2").code == 0)
        #expect(try files(spool) == ["j-1.jpg", "j-1.jpg.json", "status.json"])
        #expect(
            (try spool.status("done", "j")["outputs"] as? [[String: Any]])?.map { $0["name"] as? String } == ["j-1.jpg"]
        )
        #expect(try await spool.darkroom("delete", "j:2").code == 1, "it is gone")
        #expect(try await spool.darkroom("delete", "j").code == 0)
        #expect(!FileManager.default.fileExists(atPath: spool.path + "/done/j"))
        #expect(try await spool.darkroom("save", "j").code == 1)
    }

    @Test func `the time of a session ends what was not saved, and nothing else`() async throws {
        let spool = try spool("session-end", policy: "maiimage2", more: ", retention: { outputs: '1s' }")
        #expect(try await drain(spool, 2, #","retain":{"inputs":"0s"}"#) == 0)
        #expect(try await spool.darkroom("save", "j:2").code == 0)
        for _ in 0..<200 where try files(spool).count > 3 {
            #expect(try await spool.darkroom("sweep").code == 0)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try files(spool) == ["j-2.jpg", "j-2.jpg.json", "status.json"])
    }

    @Test func `a job that is saved when it is handed over has no end; where nobody may choose it is refused`()
        async throws
    {
        let spool = try spool("saved", policy: "maiimage2")
        #expect(try await drain(spool, 1, #","save":true"#) == 0)
        let outputs = try #require(try spool.status("done", "j")["outputs"] as? [[String: Any]])
        #expect(outputs.count == 1 && outputs[0]["expires_at"] == nil)

        let other = try self.spool("saved-not", policy: "default", more: ", retention: { outputs: '1h' }")
        #expect(try await drain(other, 1, #","save":true"#) == 1)
        #expect(try other.reason("j").code == "policy_forbids" && other.reason("j").field == "save")
        let strict = try self.spool("saved-late", policy: "default", more: ", retention: { outputs: '1h' }")
        #expect(try await drain(strict) == 0)
        let refused = try await strict.darkroom("save", "--json", "j")
        #expect(refused.code == 1 && refused.out.contains("policy_forbids"))
    }

    @Test func `what a policy wants vouched for is asked of every job`() async throws {
        let spool = try spool("vouched", policy: "image2")
        #expect(try await drain(spool) == 1)
        #expect(try spool.reason("j").code == "attestation_missing")
        let other = try self.spool("vouched-for", policy: "image2")
        #expect(try await drain(other, 1, #","attestations":["rights_in_inputs"]"#) == 0)
    }

    @Test func `a plan's limit ends the oldest, and show tells what ends when and what was taken away`() async throws {
        let scratch = try Scratch("plan")
        let policy = scratch.file("p.json5")
        try "{ id: 'shop', extends: 'gptimg2', plans: { free: { count: 2, notice: '0s' } } }".write(
            toFile: policy, atomically: true, encoding: .utf8)
        let spool = try spool("plans", policy: policy)
        #expect(try await drain(spool) == 1)
        #expect(try spool.reason("j").code == "invalid_manifest" && spool.reason("j").field == "plan")
        for id in ["a", "b", "c"] {
            try spool.drop(id, manifest: #"{"prompt":"a mill","id":"\#(id)","plan":"free","subject":"u-1"}"#)
            #expect(try await Darkroom.run(["drain"] + spool.arguments).code == 0)
        }
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(spool.outcomes("done") == ["b", "c"])
        #expect(try await spool.darkroom("show", "a").out.contains("output.expired"))
        try FileManager.default.moveItem(atPath: spool.path + "/done/b", toPath: scratch.file("b"))
        try spool.drop("d", manifest: #"{"prompt":"a mill","id":"d","plan":"free","subject":"u-1"}"#)
        #expect(try await Darkroom.run(["drain"] + spool.arguments).code == 0)
        let story = try await spool.darkroom("show", "b", "--json")
        let taken = try #require(story.json["deliveries"] as? [[String: Any]])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.file("b") + "/b-1.jpg")).count
        #expect(taken.map { $0["bytes"] as? Int } == [bytes] && taken[0]["at"] is String)
        #expect(try await spool.darkroom("show", "b").out.contains("taken away"))
    }

    @Test func `a configuration may promise less time than its policy, and not more`() async throws {
        let spool = try spool("longer", policy: "maiimage2", more: ", retention: { outputs: '48h' }")
        let checked = try await spool.darkroom("config", "check")
        #expect(checked.code == 78 && checked.err.contains("retention.outputs") && checked.err.contains("maiimage2"))
    }

    @Test func `doctor says what is promised, what keeps it, and what does not`() async throws {
        let spool = try spool("words", policy: "gptimage2-blog")
        let found = try await spool.darkroom("doctor", "--json")
        #expect(found.code == 0)
        for words in ["policy.R1", "policy.gap", "no model service is named", "--purpose consent", "policy.X1"] {
            #expect(found.out.contains(words), "\(words)")
        }
    }
}
