import Foundation
import Support
import Testing

/// What jobs show to others, and what protects their outputs, by the built program.
@Suite(.serialized) struct GalleryTests {
    private static let canary = "CANARY-3f9a-heron"

    private func spool(_ name: String, policy: String = "gptimg2", format: String = "jpeg") throws -> TestSpool {
        try TestSpool(
            name,
            config: """
                { spool: "SPOOL", models: { offline: { provider: "simulator" } }, policy: "\(policy)", listen: "off",
                  output: { size: "4k", format: "\(format)" }, retention: { inputs: "0s" } }
                """)
    }

    private func drain(_ spool: TestSpool, _ id: String, _ more: String) async throws -> Int32 {
        try spool.drop(
            id, manifest: #"{"prompt":"a heron \#(Self.canary)","id":"\#(id)","subject":"u-\#(Self.canary)"\#(more)}"#)
        return try await Darkroom.run(["drain"] + spool.arguments).code
    }

    private func index(_ spool: TestSpool, _ key: String) throws -> [[String: Any]] {
        try #require(try spool.json("gallery/index.json")[key] as? [[String: Any]])
    }

    private func files(_ spool: TestSpool) -> [String] { spool.outcomes("gallery").filter { $0 != "index.json" } }

    @Test func `a public output can be seen by all, an unlisted one by who knows its name, until they are deleted`()
        async throws
    {
        let spool = try spool("gallery")
        #expect(try await drain(spool, "pub", #","visibility":"public","count":2"#) == 0)
        #expect(try await drain(spool, "own", #","visibility":"unlisted""#) == 0)
        #expect(try await drain(spool, "shut", "") == 0)
        let listed = try index(spool, "pictures").compactMap { $0["file"] as? String }
        #expect(listed.count == 2 && files(spool).count == 3 && Set(listed).isSubset(of: files(spool)))
        #expect(try index(spool, "pictures").allSatisfy { $0["simulated"] as? Bool == true })
        let unlisted = try #require(
            (try spool.status("done", "own")["outputs"] as? [[String: Any]])?.first?["gallery"] as? String)
        #expect(files(spool).contains(unlisted) && !listed.contains(unlisted))
        #expect(try spool.status("done", "shut")["visibility"] == nil)
        let story = try await spool.darkroom("show", "own")
        #expect(story.out.contains(unlisted) && story.out.contains("unlisted"))

        // Taken away is delivered, not withdrawn.
        try FileManager.default.moveItem(atPath: spool.path + "/done/pub", toPath: spool.scratch.file("taken"))
        #expect(try await spool.darkroom("sweep").code == 0)
        #expect(files(spool).count == 3)
        #expect(try await spool.darkroom("delete", "pub:1").code == 0)
        #expect(try files(spool).count == 2 && index(spool, "pictures").count == 1)
        #expect(try await spool.darkroom("delete", "pub").code == 0)
        #expect(try await spool.darkroom("delete", "own").code == 0)
        #expect(try files(spool) == [] && index(spool, "pictures").isEmpty)
        let gone = try index(spool, "withdrawn").compactMap { ($0["id"] as? String)?.appending(".jpg") }
        #expect(Set(gone) == Set(listed))
        #expect(spool.files(holding: [Self.canary]) == [], "neither prompt nor subject is anywhere")
        let log = try await spool.darkroom("audit", "show")
        #expect(log.out.contains("gallery.shown") && log.out.contains("gallery.withdrawn"))
    }

    @Test func `an output that expires is taken out by the sweep`() async throws {
        let spool = try spool("gallery-end")
        #expect(try await drain(spool, "j", #","visibility":"public","retain":{"outputs":"1s"}"#) == 0)
        for _ in 0..<200 where !files(spool).isEmpty {
            #expect(try await spool.darkroom("sweep").code == 0)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(files(spool) == [] && spool.outcomes("done") == [])
        #expect(try index(spool, "pictures").isEmpty && index(spool, "withdrawn").count == 1)
    }

    @Test func `where the policy shows nothing, or protects nothing, whoever asks for it is refused`() async throws {
        let spool = try spool("gallery-not", policy: "default")
        #expect(try await drain(spool, "j", #","visibility":"public""#) == 1)
        #expect(try spool.reason("j").code == "policy_forbids" && spool.reason("j").field == "visibility")
        #expect(!FileManager.default.fileExists(atPath: spool.path + "/gallery"))
        let policy = spool.scratch.file("p.json5")
        try "{ id: 'bare', protect: false }".write(toFile: policy, atomically: true, encoding: .utf8)
        let other = try self.spool("protect-not", policy: policy)
        #expect(try await drain(other, "j", #","protect":true"#) == 1)
        #expect(try other.reason("j").code == "policy_forbids" && other.reason("j").field == "protect")
    }

    @Test(arguments: ["png", "avif", "jxl"])
    func `a protected output forbids mining, and a marked preview stands beside it and in the gallery`(
        format: String
    ) async throws {
        let spool = try spool("protect", format: format)
        #expect(try await drain(spool, "j", #","visibility":"public","protect":true,"aspect_ratio":"16:9""#) == 0)
        let done = spool.path + "/done/j/"
        #expect(
            spool.outcomes("done/j")
                == ["j-1.\(format)", "j-1.\(format).json", "j-1.preview.jpg", "status.json"].sorted())
        for file in ["j-1.\(format)", "j-1.preview.jpg"] {
            let told = try await Darkroom.tool("exiftool", "-s3", "-XMP-plus:DataMining", done + file)
            #expect(told == "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED\n", "\(file)")
        }
        let size = try await Darkroom.tool("vipsheader", done + "j-1.preview.jpg")
        #expect(size.contains("1024x5"))
        let sidecar = try spool.json("done/j/j-1.\(format).json")
        #expect(sidecar["protect"] as? Bool == true)
        let preview = try #require(sidecar["preview"] as? [String: Any])
        #expect(preview["file"] as? String == "j-1.preview.jpg" && preview["width"] as? Int == 1024)
        #expect(files(spool).count == 1)
        let shown = try Data(contentsOf: URL(fileURLWithPath: spool.path + "/gallery/" + files(spool)[0]))
        #expect(try shown == Data(contentsOf: URL(fileURLWithPath: done + "j-1.preview.jpg")))
        #expect(try index(spool, "pictures").map { $0["protect"] as? Bool } == [true])
        #expect(try await spool.darkroom("delete", "j:1").code == 0)
        #expect(spool.outcomes("done") == [] && files(spool) == [])
    }
}
