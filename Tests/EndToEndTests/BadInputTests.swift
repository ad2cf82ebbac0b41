import Foundation
import Support
import Testing

@Suite(.serialized) struct BadInputTests {
    static let good = Darkroom.samples + "/dandelion.jpg"

    @Test func `bad input fails with code and field, no request is made, and the daemon goes on`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("bad", config: provider.configuration("limits: { reference_pixels: 4000000 }"))
        let photo = try Data(contentsOf: URL(fileURLWithPath: Self.good))
        var expected: [String: (String, String?)] = [:]
        func drop(_ id: String, _ manifest: String, _ files: [String: Data], _ code: String, _ field: String?) throws {
            try spool.drop(id, manifest: manifest, files: files)
            expected[id] = (code, field)
        }
        try drop("unknown", #"{"prompt":"x","id":"unknown","sieze":"4k"}"#, [:], "invalid_manifest", "sieze")
        try drop("type", #"{"prompt":7,"id":"type"}"#, [:], "invalid_manifest", "prompt")
        try drop("missing", #"{"id":"missing"}"#, [:], "invalid_manifest", "prompt")
        try drop("json", #"{"id":"json","prompt":"#, [:], "invalid_manifest", "prompt")
        try drop("up", #"{"prompt":"x","id":"up","references":["../x.jpg"]}"#, [:], "invalid_manifest", "references[0]")
        try drop("abs", #"{"prompt":"x","references":["/etc/passwd"]}"#, [:], "invalid_manifest", "references[0]")
        try drop(
            "gone", #"{"prompt":"x","id":"gone","references":["a.jpg"]}"#, [:], "invalid_manifest", "references[0]")
        try drop(
            "text", #"{"prompt":"x","id":"text","references":["a.jpg"]}"#, ["a.jpg": Data("no picture".utf8)],
            "reference_unreadable", "references[0]")
        try drop(
            "short", #"{"prompt":"x","id":"short","references":["a.jpg"]}"#, ["a.jpg": photo.prefix(photo.count / 2)],
            "reference_unreadable", "references[0]")
        try drop(
            "zero", #"{"prompt":"x","id":"zero","references":["a.jpg"]}"#, ["a.jpg": Data()], "reference_unreadable",
            "references[0]")
        try drop(
            "mask", #"{"prompt":"x","id":"mask","references":["a.jpg"],"mask":"b.png"}"#,
            ["a.jpg": photo, "b.png": photo],
            "unsupported_parameter", "mask")
        try drop("route", #"{"prompt":"x","id":"route","model":"nowhere"}"#, [:], "unsupported_parameter", "model")
        let large = spool.scratch.file("large.jpg")
        try await Darkroom.tool("vips", "black", large, "3000", "3000")
        try drop(
            "large", #"{"prompt":"x","id":"large","references":["a.jpg"]}"#,
            ["a.jpg": try Data(contentsOf: URL(fileURLWithPath: large))], "reference_too_large", "references[0]")
        let link = spool.path + "/inbox/.link"
        try FileManager.default.createDirectory(atPath: link, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: link + "/a.jpg", withDestinationPath: "/etc/passwd")
        try Data(#"{"prompt":"x","id":"link","references":["a.jpg"]}"#.utf8).write(
            to: URL(fileURLWithPath: link + "/job.json"))
        try FileManager.default.moveItem(atPath: link, toPath: spool.path + "/inbox/link")
        expected["link"] = ("invalid_manifest", "references[0]")

        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: ["TEST_MAI_KEY": "k"], log: spool.scratch.file("log"))
        try await eventually("all have failed") { spool.outcomes("failed").count == expected.count }
        let failed = spool.outcomes("failed")
        for (id, (code, field)) in expected {
            let job = try #require(failed.first { $0 == id || $0.hasPrefix(id + "-") }, "\(id) in \(failed)")
            let reason = try spool.reason(job)
            #expect(reason.code == code && reason.field == field, "\(id): \(reason)")
            let whole = try #require(try spool.status("failed", job)["reason"] as? [String: Any])
            #expect((whole["message"] as? String)?.isEmpty == false && whole["hint"] != nil, "\(id) says what to do")
        }
        #expect(try spool.reason("large").limit == "4000000" && spool.reason("large").value == "9000000")
        #expect(provider.requests.isEmpty)

        try spool.drop("good", manifest: #"{"prompt":"x","id":"good","output":{"size":"native"}}"#)
        try await eventually("the daemon goes on") { spool.outcomes("done") == ["good"] }
        #expect(try String(contentsOfFile: "/etc/passwd", encoding: .utf8).contains("root"))
        #expect(await daemon.end() == 0)
        await provider.stop()
    }

    @Test func `an id that comes again costs nothing: same content links the outputs, other content is a conflict`()
        async throws
    {
        let spool = try TestSpool("again")
        let manifest = #"{"prompt":"a mill","id":"order-7","output":{"size":"native"}}"#
        try spool.drop("one", manifest: manifest)
        #expect(try await spool.darkroom("drain").code == 0)
        try spool.drop("two", manifest: manifest)
        #expect(try await spool.darkroom("drain").code == 0)
        let again = try #require(spool.outcomes("done").first { $0 != "order-7" })
        let status = try spool.status("done", again)
        #expect(status["duplicate_of"] as? String == "order-7" && status["requested_id"] as? String == "order-7")
        #expect((status["attempts"] as? [Any])?.isEmpty == true)
        #expect(FileManager.default.fileExists(atPath: "\(spool.path)/done/\(again)/order-7-1.png"))
        try spool.drop("three", manifest: #"{"prompt":"another mill","id":"order-7"}"#)
        #expect(try await spool.darkroom("drain").code == 1)
        let conflict = try #require(spool.outcomes("failed").first)
        #expect(try spool.reason(conflict).code == "id_conflict")
    }
}
