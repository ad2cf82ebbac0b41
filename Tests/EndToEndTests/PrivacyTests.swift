import Foundation
import HTTPServer
import Support
import Testing

@Suite(.serialized) struct PrivacyTests {
    /// The sample photograph with EXIF orientation 6, GPS, a maker note and a thumbnail.
    static let photograph = Darkroom.samples + "/alpine-dogs/dogs.jpg"

    @Test func `the provider gets clean upright bytes under our own file name`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("gps", config: provider.configuration())
        let photo = try Data(contentsOf: URL(fileURLWithPath: Self.photograph))
        try spool.drop(
            "edit", manifest: #"{"prompt":"make it winter","id":"edit","references":["holiday-in-rome.jpg"]}"#,
            files: ["holiday-in-rome.jpg": photo])
        let drained = try await Darkroom.run(
            ["drain"] + spool.arguments, environment: ["TEST_MAI_KEY": "canary-key-71"])
        #expect(drained.code == 0, "\(drained.err)")
        let request = try #require(provider.requests.first)
        #expect(provider.requests.count == 1 && request.path == "/mai/v1/images/edits")
        #expect(request.headers["api-key"] == "canary-key-71")
        let form = try MultipartForm(body: request.body, contentType: request.headers["content-type"] ?? "")
        #expect(form.parts.map(\.name) == ["model", "prompt", "image"])
        let part = try #require(form.first("image"))
        #expect(part.fileName == "ref-1.jpg" && part.contentType == "image/jpeg")
        try await checkClean(part.content, against: Self.photograph, in: spool)
        #expect(!String(decoding: request.body, as: UTF8.self).contains("holiday"))
        #expect(!drained.err.contains("canary-key") && !drained.out.contains("canary-key"))
        // Work files are there until their deadline, and sealed.
        #expect(spool.files(holding: ["canary-key-71", "holiday-in-rome", "make it winter"]) == [])
        await provider.stop()
    }

    @Test func `a service is told of a subject what only tells subjects apart`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("subject", config: provider.configuration(provider: "openai"))
        for (id, subject) in [("a", #","subject":"ann-1990""#), ("b", #","subject":"ann-1990""#), ("c", "")] {
            try spool.drop(id, manifest: #"{"prompt":"a mill","id":"\#(id)","output":{"size":"native"}\#(subject)}"#)
            _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        }
        let told = provider.requests.map { request in
            (try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])?["safety_identifier"]
                as? String
        }
        #expect(told.count == 3 && told[0] == told[1] && told[0]?.count == 64 && told[2] == nil)
        let bodies = provider.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.allSatisfy { !$0.contains("ann-1990") })
        #expect(spool.files(holding: ["ann-1990", told[0] ?? "?"]) == [])
        await provider.stop()
    }

    /// No metadata by exiftool, no byte of the original's trace, and the same picture as an independent upright decode.
    private func checkClean(_ bytes: [UInt8], against original: String, in spool: TestSpool) async throws {
        let sent = spool.scratch.file("sent.jpg")
        try Data(bytes).write(to: URL(fileURLWithPath: sent))
        let tags = try await Darkroom.tool("exiftool", "-a", "-G0", "-s", "-u", sent)
        for group in [
            "EXIF", "XMP", "IPTC", "Photoshop", "ICC_Profile", "MakerNotes", "MPF", "APP", "Comment", "Trailer",
        ] {
            #expect(!tags.contains("[\(group)"), "\(group) was sent: \(tags)")
        }
        let inspected = try await Darkroom.run(["inspect", sent])
        #expect(inspected.code == 0 && inspected.out.contains("clean"))
        // Upright: compare with the original turned by libvips' own program, at the size that was sent.
        let width = try await Darkroom.tool("vipsheader", "-f", "width", sent).trimmed
        let height = try await Darkroom.tool("vipsheader", "-f", "height", sent).trimmed
        let scaled = spool.scratch.file("scaled.v")
        try await Darkroom.tool("vips", "thumbnail", original, scaled, width, "--height", height, "--size", "force")
        let difference = spool.scratch.file("difference.v")
        try await Darkroom.tool("vips", "subtract", sent, scaled, difference)
        let absolute = spool.scratch.file("absolute.v")
        try await Darkroom.tool("vips", "abs", difference, absolute)
        let mean = try await #require(Double(Darkroom.tool("vips", "avg", absolute).trimmed))
        #expect(mean < 4, "mean difference \(mean): turned or recoloured")
    }

    @Test func `with retention 0s nothing of the inputs is left once the job has settled`() async throws {
        let config = """
            { spool: "SPOOL", models: { a: { provider: "simulator" } }, retention: { inputs: "0s" },
              disk: { min_free: "1MB" } }
            """
        let spool = try TestSpool("zero", config: config)
        let marked = spool.scratch.file("canary-file-name-8d.jpg")
        try FileManager.default.copyItem(atPath: Self.photograph, toPath: marked)
        try await Darkroom.tool(
            "exiftool", "-overwrite_original", "-Comment=canary-comment-8d", "-Artist=canary-artist-8d", marked)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: marked))
        try spool.drop(
            "job", manifest: #"{"prompt":"canary-prompt-8d","id":"job","references":["canary-file-name-8d.jpg"]}"#,
            files: ["canary-file-name-8d.jpg": bytes])
        let broken = #"{"prompt":"canary-prompt-8d","id":"broken","references":["canary-file-name-8d.jpg"],"x":1}"#
        try spool.drop("broken", manifest: broken, files: ["canary-file-name-8d.jpg": bytes])
        #expect(try await spool.darkroom("drain").code == 1)
        #expect(spool.outcomes("done") == ["job"] && spool.outcomes("failed") == ["broken"])
        #expect(
            spool.files(holding: ["canary-prompt-8d", "canary-file-name-8d", "canary-comment-8d", "canary-artist-8d"])
                == [])
        #expect(holding(bytes, in: spool) == [], "a piece of the reference's bytes is left")
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool.path + "/.darkroom/blobs").isEmpty)
        let shown = try await spool.darkroom("show", "job", "--json")
        #expect(shown.json["inputs_deleted"] != nil)
    }

    /// Files that hold any of a few pieces of the reference's coded pixels.
    private func holding(_ bytes: Data, in spool: TestSpool) -> [String] {
        let pieces = stride(from: bytes.count / 2, to: bytes.count - 64, by: bytes.count / 20).map {
            bytes[$0..<$0 + 48]
        }
        let all = FileManager.default.enumerator(atPath: spool.path)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            guard let data = FileManager.default.contents(atPath: spool.path + "/" + name) else { return false }
            return pieces.contains { data.range(of: $0) != nil }
        }
    }

    @Test func `by default inputs stay until their deadline, and the sweep says when`() async throws {
        let spool = try TestSpool("day")
        try spool.drop("job", manifest: #"{"prompt":"a mill","id":"job","output":{"size":"native"}}"#)
        #expect(try await spool.darkroom("drain").code == 0)
        let swept = try await spool.darkroom("sweep", "--json")
        #expect(swept.code == 0 && swept.json["left"] as? Int == 1 && swept.json["oldest_overdue"] as? Int == 0)
        #expect(swept.json["next_deadline"] as? String != nil)
    }
}
