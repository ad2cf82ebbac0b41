import Foundation
import HTTPServer
import Support
import Testing

/// What is refused before anybody is called, and how it is seen.
@Suite(.serialized) struct AbuseTests {
    private func spool(_ provider: Provider, _ list: String, more: String = "") throws -> TestSpool {
        let spool = try TestSpool(
            "abuse", config: provider.configuration("abuse: { deny_list: \"SPOOL/../deny.txt\" }, \(more)"))
        try write(list, spool)
        return spool
    }

    private func write(_ list: String, _ spool: TestSpool) throws {
        try Data(list.utf8).write(to: URL(fileURLWithPath: spool.scratch.file("deny.txt")), options: .atomic)
    }

    private func drain(_ spool: TestSpool) async throws -> Darkroom.Finished {
        try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
    }

    private func drop(_ spool: TestSpool, _ id: String, _ prompt: String) throws {
        try spool.drop(id, manifest: #"{"prompt":"\#(prompt)","id":"\#(id)","output":{"size":"native"}}"#)
    }

    @Test func `a prompt with a denied phrase is not sent, and the list counts anew when it changes`() async throws {
        let provider = try Provider()
        let spool = try spool(provider, "# ours\nquagmire falcon\n")
        try drop(spool, "a", "a Quagmire  FALCON, at night")
        try drop(spool, "b", "a falcon over a quagmire")
        let drained = try await drain(spool)
        #expect(drained.code == 1 && spool.outcomes("done") == ["b"] && provider.requests.count == 1)
        let reason = try spool.reason("a")
        #expect(reason.code == "content_blocked_input" && reason.field == "prompt" && reason.limit == "abuse.deny_list")
        #expect(reason.value == nil)
        #expect(spool.files(holding: ["uagmire", "FALCON", "falcon"]) == [])
        #expect(!(drained.err + drained.out).lowercased().contains("quagmire"))
        let events = try await spool.darkroom("show", "a", "--json").json["events"] as? [[String: Any]]
        #expect(
            events?.contains { $0["event"] as? String == "abuse.refused" && $0["rule"] as? String == "deny_list" }
                == true)
        try write("falcon over\n", spool)
        try drop(spool, "c", "a falcon over a quagmire")
        #expect(try await drain(spool).code == 1)
        #expect(try spool.reason("c").code == "content_blocked_input" && provider.requests.count == 1)
        await provider.stop()
    }

    @Test func `a running daemon goes by the new list, and by the last good one while it is faulty`() async throws {
        let provider = try Provider()
        let spool = try spool(provider, "quagmire\n", more: #"listen: "off","#)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
        func outcome(_ id: String, _ prompt: String) async throws -> String {
            try drop(spool, id, prompt)
            try await eventually("\(id) settles") {
                !(spool.outcomes("done") + spool.outcomes("failed")).allSatisfy { $0 != id }
            }
            return spool.outcomes("done").contains(id) ? "done" : "failed"
        }
        #expect(try await outcome("a", "a quagmire") == "failed")
        #expect(try await outcome("b", "a falcon") == "done")
        try write("falcon\n", spool)
        #expect(try await outcome("c", "a quagmire") == "done")
        #expect(try await outcome("d", "a falcon") == "failed")
        try write("!!!\n", spool)
        #expect(try await outcome("e", "a falcon") == "failed")
        #expect(await daemon.end() == 0)
        #expect(try await spool.darkroom("config", "check").err.contains("line 1 has no word in it"))
        let again = try await drain(spool)
        #expect(again.code == 78 && again.err.contains("abuse.deny_list"))
        await provider.stop()
    }

    @Test func `a card's number is refused wherever it stands, and is written nowhere`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("card", config: provider.configuration())
        try drop(spool, "a", "a card, 5500 0055 5555 5559")
        try spool.drop("b", manifest: #"{"prompt":"x","id":"5500005555555559"}"#)
        try Data("5500-0055-5555-5559".utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/c.txt"))
        // Nor is it the name of an outcome.
        try Data("{}".utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/5500 0055 5555 5559.json"))
        let drained = try await drain(spool)
        #expect(drained.code == 1 && provider.requests.isEmpty && spool.outcomes("failed").count == 4)
        let reason = try spool.reason("a")
        #expect(reason.code == "policy_forbids" && reason.field == "prompt" && reason.limit == "abuse.card_number")
        #expect(spool.files(holding: ["5500005555555559", "5500 0055", "5500-0055"]) == [])
        #expect(!(drained.err + drained.out).contains("5500"))
        await provider.stop()
    }

    @Test func `a video is no picture`() async throws {
        let spool = try TestSpool("video")
        try spool.drop("v", manifest: #"{"prompt":"a mill turning","id":"v","output":{"format":"mp4"},"duration":5}"#)
        #expect(try await spool.darkroom("drain").code == 1)
        #expect(try spool.reason("v").code == "unsupported_parameter" && spool.reason("v").field == "duration")
    }

    @Test func `what a service refuses is written down by kind, and counted`() async throws {
        let body =
            #"{"error":{"code":"moderation_blocked","message":"CANARY words","moderation_details":{"moderation_stage":"input","categories":["violence"]}}}"#
        let provider = try Provider { _, _ in
            .init(status: 400, headers: [("Content-Type", "application/json")], body: Array(body.utf8))
        }
        let spool = try TestSpool(
            "moderated",
            config: provider.configuration(#"listen: "127.0.0.1:0","#, provider: "openai"))
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
        try drop(spool, "m", "a mill")
        try drop(spool, "n", "pay 5500 0055 5555 5559")
        try await eventually("both settle") { spool.outcomes("failed") == ["m", "n"] }
        let reason = try spool.reason("m")
        #expect(reason.code == "content_blocked_input" && reason.value == "violence")
        #expect(spool.files(holding: ["CANARY"]) == [])
        let events = try await spool.darkroom("show", "m", "--json").json["events"] as? [[String: Any]]
        #expect(events?.contains { $0["moderation"] as? String == "violence" } == true)
        let address = try #require(daemon.printed.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+/)).output
        let metrics = try await Darkroom.tool("curl", "-sS", "\(address)/metrics")
        #expect(metrics.contains(#"darkroom_security_events_total{kind="content_blocked_input"} 1"#))
        #expect(metrics.contains(#"darkroom_security_events_total{kind="card_number"} 1"#))
        #expect(await daemon.end() == 0)
        await provider.stop()
    }
}
