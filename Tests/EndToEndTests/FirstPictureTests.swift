import Foundation
import Support
import Testing

@Suite(.serialized) struct FirstPictureTests {
    @Test func `the sample jobs become 4K pictures whose sidecars tell the truth`() async throws {
        let spool = try TestSpool("samples")
        for name in try FileManager.default.contentsOfDirectory(atPath: Darkroom.samples) where name != "LICENCES.md" {
            try FileManager.default.copyItem(
                atPath: Darkroom.samples + "/" + name, toPath: spool.path + "/inbox/" + name)
        }
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 0, "\(drained.out)\(drained.err)")
        let jobs = spool.outcomes("done")
        #expect(jobs.count == 3 && spool.outcomes("failed").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool.path + "/inbox").isEmpty)
        for job in jobs {
            let picture = "\(spool.path)/done/\(job)/\(job)-1.png"
            let sidecar = try spool.json("done/\(job)/\(job)-1.png.json")
            try await check(sidecar, against: picture)
            let status = try spool.status("done", job)
            #expect(status["outcome"] as? String == "done" && status["simulated"] as? Bool == true)
            let sum = await sum(picture)
            #expect((status["outputs"] as? [[String: Any]])?.first?["sha256"] as? String == sum)
        }
        let dogs = try #require(jobs.first { $0.hasPrefix("alpine-dogs-") })
        let removed = try #require(
            (try spool.status("done", dogs)["inputs"] as? [String: Any])?["removed"] as? [String])
        #expect(Set(removed).isSuperset(of: ["gps", "maker_note", "thumbnail", "orientation", "exif"]))
    }

    private func check(_ sidecar: [String: Any], against picture: String) async throws {
        let output = try #require(sidecar["output"] as? [String: Any])
        let sum = await sum(picture)
        #expect(output["sha256"] as? String == sum)
        let width = try await #require(Int(Darkroom.tool("vipsheader", "-f", "width", picture).trimmed))
        let height = try await #require(Int(Darkroom.tool("vipsheader", "-f", "height", picture).trimmed))
        #expect(max(width, height) == 3840)
        #expect(output["width"] as? Int == width && output["height"] as? Int == height)
        let native = try #require(sidecar["native"] as? [String: Any])
        let nativeWidth = try #require(native["width"] as? Int)
        let nativeHeight = try #require(native["height"] as? Int)
        #expect(abs(Double(width) / Double(height) - Double(nativeWidth) / Double(nativeHeight)) < 0.002)
        #expect(nativeWidth * nativeHeight <= 1_048_576 && nativeWidth * nativeHeight > 900_000)
        let marks = try await Darkroom.tool("exiftool", "-a", "-G1", "-j", picture)
        #expect(marks.contains("trainedAlgorithmicMedia") || marks.contains("compositeWithTrainedAlgorithmicMedia"))
        #expect(marks.lowercased().contains("simulated"))
        #expect(sidecar["simulated"] as? Bool == true)
    }

    private func sum(_ path: String) async -> String? {
        try? await Darkroom.tool("sha256sum", path).split(separator: " ").first.map(String.init)
    }

    @Test func `a folder renamed into the inbox of a running daemon is done without anything else`() async throws {
        let spool = try TestSpool("daemon")
        let daemon = try spool.daemon()
        try await eventually("the daemon runs") { daemon.printed.contains("darkroom is running") }
        try spool.drop("postcard", manifest: #"{"prompt":"a harbour in the morning","output":{"format":"jpeg"}}"#)
        try Data("a plain prompt\n".utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/plain.txt"))
        try await eventually("both jobs are done") { spool.outcomes("done").count == 2 }
        let jobs = spool.outcomes("done")
        #expect(jobs[0].hasPrefix("plain-") && jobs[1].hasPrefix("postcard-"))
        #expect(FileManager.default.fileExists(atPath: "\(spool.path)/done/\(jobs[1])/\(jobs[1])-1.jpg"))
        #expect(await daemon.end() == 0)
    }

    @Test(arguments: ["png", "jpeg", "webp"])
    func `every format carries one readable XMP packet and decodes elsewhere`(format: String) async throws {
        let spool = try TestSpool("formats")
        let output = #"{"size":"1280x720","fit":"cover","format":"\#(format)","original":true}"#
        try spool.drop("f", manifest: #"{"prompt":"hills","id":"f","output":\#(output)}"#)
        #expect(try await spool.darkroom("drain").code == 0)
        let suffix = format == "jpeg" ? "jpg" : format
        let picture = "\(spool.path)/done/f/f-1.\(suffix)"
        #expect(try await Darkroom.tool("vipsheader", "-f", "width", picture).trimmed == "1280")
        #expect(try await Darkroom.tool("vipsheader", "-f", "height", picture).trimmed == "720")
        let decoded = spool.scratch.file("decoded.ppm")
        try await Darkroom.tool("vips", "copy", picture, decoded)
        let tags = try await Darkroom.tool("exiftool", "-a", "-G0", "-s", picture)
        #expect(tags.contains("DigitalSourceType"))
        #expect(!tags.contains("[EXIF]") && !tags.contains("[ICC_Profile]") && !tags.contains("hills"))
        #expect(FileManager.default.fileExists(atPath: "\(spool.path)/done/f/f-1.original.png"))
        let sidecar = try spool.json("done/f/f-1.\(suffix).json")
        #expect((sidecar["original"] as? [String: Any])?["file"] as? String == "f-1.original.png")
        #expect(sidecar["prompt"] == nil)
    }

    @Test func `several outputs are several pictures`() async throws {
        let spool = try TestSpool("count")
        try spool.drop("trio", manifest: #"{"prompt":"three","id":"trio","count":3,"output":{"size":"native"}}"#)
        #expect(try await spool.darkroom("drain").code == 0)
        let names = try #require(try spool.status("done", "trio")["outputs"] as? [[String: Any]]).map {
            $0["name"] as? String
        }
        #expect(names == ["trio-1.png", "trio-2.png", "trio-3.png"])
    }
}

extension String {
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
