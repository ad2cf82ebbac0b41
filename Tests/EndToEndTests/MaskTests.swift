import Foundation
import HTTPServer
import Support
import Testing

@Suite(.serialized) struct MaskTests {
    /// A picture as another reader sees it.
    struct Seen {
        let width: Int
        let height: Int
        let bands: Int
        let samples: [UInt8]

        init(_ path: String, in scratch: Scratch) async throws {
            func number(_ field: String) async throws -> Int {
                try await #require(Int(Darkroom.tool("vipsheader", "-f", field, path).trimmed))
            }
            width = try await number("width")
            height = try await number("height")
            bands = try await number("bands")
            let raw = scratch.file("seen.raw")
            try await Darkroom.tool("vips", "rawsave", path, raw)
            samples = [UInt8](try Data(contentsOf: URL(fileURLWithPath: raw)))
        }

        func sample(_ x: Int, _ y: Int, _ band: Int) -> Int { Int(samples[(y * width + x) * bands + band]) }

        /// The mean difference of the places for which `isMeant` says so, by their part of width and height.
        func distance(to other: Seen, where isMeant: (Double, Double) -> Bool) -> Double {
            var sum = 0
            var count = 0
            for y in 0..<height {
                for x in 0..<width
                where isMeant((Double(x) + 0.5) / Double(width), (Double(y) + 0.5) / Double(height)) {
                    for band in 0..<3 { sum += abs(sample(x, y, band) - other.sample(x, y, band)) }
                    count += 3
                }
            }
            return Double(sum) / Double(max(1, count))
        }
    }

    /// A photograph that is stored on its side: 576 by 384, with EXIF orientation 6, so 384 by 576 upright.
    private func photograph(_ scratch: Scratch) async throws -> Data {
        let turned = scratch.file("stored.v")
        let path = scratch.file("stored.jpg")
        try await Darkroom.tool(
            "vips", "thumbnail", PrivacyTests.photograph, turned, "576", "--height", "384", "--crop", "centre",
            "--no-rotate")
        try await Darkroom.tool("vips", "copy", turned, path + "[Q=95,strip]")
        try await Darkroom.tool(
            "exiftool", "-n", "-overwrite_original", "-Orientation=6", "-GPSLatitude=41.9", "-GPSLatitudeRef=N", path)
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// A mask of one grey band, or of four with alpha, by its places' parts of width and height.
    private func mask(
        _ width: Int, _ height: Int, _ scratch: Scratch, alpha: Bool = false, _ repaints: (Double, Double) -> Bool
    ) async throws -> Data {
        var samples = Data()
        for y in 0..<height {
            for x in 0..<width {
                let hit = repaints((Double(x) + 0.5) / Double(width), (Double(y) + 0.5) / Double(height))
                samples.append(contentsOf: alpha ? [200, 10, 10, hit ? 0 : 255] : [hit ? 255 : 0])
            }
        }
        let raw = scratch.file("mask.raw")
        let pixels = scratch.file("mask.v")
        let path = scratch.file("mask.png")
        try samples.write(to: URL(fileURLWithPath: raw))
        try await Darkroom.tool("vips", "rawload", raw, pixels, "\(width)", "\(height)", alpha ? "4" : "1")
        try await Darkroom.tool("vips", "copy", pixels, path, "--interpretation", alpha ? "srgb" : "b-w")
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// The lower left quarter, and nothing that looks the same in a mirror.
    private static func quarter(_ x: Double, _ y: Double) -> Bool { x < 0.5 && y > 0.5 }

    private func parts(_ request: IncomingRequest) throws -> MultipartForm {
        try MultipartForm(body: request.body, contentType: request.headers["content-type"] ?? "")
    }

    private func saved(_ part: MultipartForm.Part?, _ spool: TestSpool, _ name: String) throws -> String {
        let path = spool.scratch.file(name)
        try Data(try #require(part).content).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test(arguments: ["openai", "azure-openai"])
    func `a service gets picture and mask upright, of one size and one format, and nothing else`(
        provider name: String
    ) async throws {
        let provider = try Provider()
        let spool = try TestSpool(
            "mask", config: provider.configuration(route: "capability: { reference_edge: 256 }", provider: name))
        // Stored on its side as well; what is to be repainted is the lower left quarter of what people see, and a line.
        func marks(_ x: Double, _ y: Double) -> Bool { Self.quarter(x, y) || Int(x * 384) == 350 }
        var mask = try await mask(576, 384, spool.scratch, alpha: true) { marks(1 - $1, $0) }
        let path = spool.scratch.file("anna's mask.png")
        try mask.write(to: URL(fileURLWithPath: path))
        try await Darkroom.tool(
            "exiftool", "-n", "-overwrite_original", "-Orientation=6", "-Artist=Anna Canary", path)
        mask = try Data(contentsOf: URL(fileURLWithPath: path))
        try spool.drop(
            "edit",
            manifest:
                #"{"prompt":"a lake","id":"edit","references":["a.jpg"],"mask":"annas-mask.png","output":{"size":"native"}}"#,
            files: ["a.jpg": try await photograph(spool.scratch), "annas-mask.png": mask])
        let drained = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        #expect(drained.code == 0, "\(drained.out)\(drained.err)")
        let request = try #require(provider.requests.first)
        #expect(provider.requests.count == 1)
        let form = try parts(request)
        #expect(form.parts.map(\.name).suffix(2) == ["image[]", "mask"])
        #expect(form.parts.suffix(2).map(\.fileName) == ["ref-1.png", "mask.png"])
        #expect(form.parts.suffix(2).map(\.contentType) == ["image/png", "image/png"])

        let sentMask = try saved(form.first("mask"), spool, "sent-mask.png")
        let picture = try await Seen(saved(form.first("image[]"), spool, "sent.png"), in: spool.scratch)
        let seen = try await Seen(sentMask, in: spool.scratch)
        #expect((picture.width, picture.height) == (171, 256) && (seen.width, seen.height) == (171, 256))
        #expect(seen.bands == 4 && picture.bands == 3)
        var wrong = 0
        for y in 0..<256 {
            for x in 0..<171 {
                let isLine = x == (2 * 350 + 1) * 171 / (2 * 384)
                let repaints = Self.quarter((Double(x) + 0.5) / 171, (Double(y) + 0.5) / 256) || isLine
                let nearEdge = abs(x - 85) < 2 || abs(y - 128) < 2
                if seen.sample(x, y, 3) != (repaints ? 0 : 255), !nearEdge { wrong += 1 }
                if ![0, 255].contains(seen.sample(x, y, 3)) { wrong += 1 }
            }
        }
        #expect(wrong == 0)
        #expect(try await Darkroom.run(["inspect", sentMask]).code == 0)
        let removed = (try spool.status("done", "edit")["inputs"] as? [String: Any])?["removed"] as? [String]
        #expect(Set(removed ?? []).isSuperset(of: ["gps", "orientation"]))
        #expect(!String(decoding: request.body, as: UTF8.self).contains("anna"))
        #expect(spool.files(holding: ["annas-mask", "Anna Canary"]) == [])
        await provider.stop()
    }

    @Test func `only what the mask marks is painted anew, and the rest is the reference`() async throws {
        let spool = try TestSpool("paint")
        // As people see it, without an orientation of its own, and without alpha.
        let mask = try await mask(384, 576, spool.scratch, Self.quarter)
        let files = ["photo.jpg": try await photograph(spool.scratch), "photo.mask.png": mask]
        for (name, data) in files { try data.write(to: URL(fileURLWithPath: spool.path + "/inbox/" + name)) }
        try Data("a lake in the corner".utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/photo.txt"))
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 0, "\(drained.out)\(drained.err)")
        let job = try #require(spool.outcomes("done").first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool.path + "/inbox") == [])
        let inputs = try spool.status("done", job)["inputs"] as? [String: Any]
        #expect(inputs?["count"] as? Int == 1)
        #expect(inputs?["bytes"] as? Int == files.values.reduce(0) { $0 + $1.count }, "the mask is an input as well")

        let made = spool.scratch.file("made.v")
        let reference = spool.scratch.file("reference.v")
        let stored = spool.scratch.file("photo.jpg")
        try files["photo.jpg"]?.write(to: URL(fileURLWithPath: stored))
        for (source, target) in [("\(spool.path)/done/\(job)/\(job)-1.png", made), (stored, reference)] {
            try await Darkroom.tool(
                "vips", "thumbnail", source, target, "256", "--height", "384", "--size", "force")
        }
        let now = try await Seen(made, in: spool.scratch)
        let before = try await Seen(reference, in: spool.scratch)
        #expect(now.distance(to: before) { $0 > 0.52 || $1 < 0.48 } < 4)
        #expect(now.distance(to: before) { $0 < 0.48 && $1 > 0.52 } > 15)
        let sweep = try await spool.darkroom("sweep", "--json")
        #expect(sweep.code == 0)
    }

    @Test func `a mask that does not fit is refused before anything is sent, and says why`() async throws {
        let provider = try Provider()
        let spool = try TestSpool("misfit", config: provider.configuration(provider: "openai"))
        let photo = try await photograph(spool.scratch)
        // As large as the file says, and not as large as what people see.
        let flat = try await mask(576, 384, spool.scratch, Self.quarter)
        let fitting = try await mask(384, 576, spool.scratch, Self.quarter)
        func manifest(_ id: String, _ mask: String = "m.png", references: String = #","references":["a.jpg"]"#)
            -> String
        {
            #"{"prompt":"x","id":"\#(id)"\#(references),"mask":"\#(mask)"}"#
        }
        try spool.drop("flat", manifest: manifest("flat"), files: ["a.jpg": photo, "m.png": flat])
        try spool.drop("text", manifest: manifest("text"), files: ["a.jpg": photo, "m.png": Data("a text".utf8)])
        try spool.drop("half", manifest: manifest("half"), files: ["a.jpg": photo, "m.png": fitting.prefix(120)])
        try spool.drop("alone", manifest: manifest("alone", references: ""), files: ["m.png": fitting])
        try spool.drop("gone", manifest: manifest("gone"), files: ["a.jpg": photo])
        try spool.drop("path", manifest: manifest("path", "../m.png"), files: ["a.jpg": photo])
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        let misfit = try spool.reason("flat")
        #expect(misfit.code == "mask_mismatch" && misfit.field == "mask")
        #expect(misfit.limit == "384x576" && misfit.value == "576x384")
        for (job, code) in [
            ("text", "reference_unreadable"), ("half", "reference_unreadable"), ("alone", "unsupported_parameter"),
            ("gone", "invalid_manifest"), ("path", "invalid_manifest"),
        ] {
            let reason = try spool.reason(job)
            #expect(reason.code == code && reason.field == "mask", "\(job): \(reason)")
        }
        #expect(provider.requests.isEmpty)
        await provider.stop()
    }

    @Test(arguments: ["microsoft-mai", "google-gemini", "openrouter"])
    func `a model without masks is never asked`(provider name: String) async throws {
        let provider = try Provider()
        let spool = try TestSpool("maskless", config: provider.configuration(provider: name))
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        try spool.drop(
            "j", manifest: #"{"prompt":"x","id":"j","references":["a.jpg"],"mask":"m.png"}"#,
            files: ["a.jpg": photo, "m.png": photo])
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        let reason = try spool.reason("j")
        #expect(reason.code == "unsupported_parameter" && reason.field == "mask")
        #expect(provider.requests.isEmpty)
        await provider.stop()
    }

    @Test func `submit takes a mask, a dry run shows it, and another mask is another job`() async throws {
        let spool = try TestSpool("submit-mask")
        let photo = spool.scratch.file("photo.jpg")
        try await photograph(spool.scratch).write(to: URL(fileURLWithPath: photo))
        func file(_ name: String, _ repaints: (Double, Double) -> Bool) async throws -> String {
            let path = spool.scratch.file(name)
            try await mask(384, 576, spool.scratch, repaints).write(to: URL(fileURLWithPath: path))
            return path
        }
        let sky = try await file("sky.png", Self.quarter)
        let other = try await file("sea.png") { $1 > 0.9 }
        let ask = ["submit", "--prompt", "x", "--reference", photo, "--size", "native", "--id", "sky", "--mask"]
        let dry = try await Darkroom.run(ask + [sky, "--dry-run", "--json"] + spool.arguments)
        #expect(dry.code == 0 && dry.json["mask"] as? String == "384x576")
        #expect(dry.json["references"] as? [String] == ["384x576"])
        let misfit = try await Darkroom.run(ask + [Darkroom.samples + "/dandelion.jpg", "--dry-run"] + spool.arguments)
        #expect(misfit.code == 65 && misfit.err.contains("mask_mismatch"))
        for next in [sky, sky, other] {
            #expect(try await Darkroom.run(ask + [next] + spool.arguments).code == 0)
            _ = try await spool.darkroom("drain")
        }
        let done = spool.outcomes("done")
        #expect(done.count == 2 && done.contains("sky"))
        let copy = try #require(done.first { $0 != "sky" })
        #expect(try spool.status("done", copy)["duplicate_of"] as? String == "sky")
        let failed = try #require(spool.outcomes("failed").first)
        #expect(try spool.reason(failed).code == "id_conflict")
    }

    @Test func `jobs with masks survive kills: each is paid for once, and never without its mask`() async throws {
        let scratch = try TestSpool("sim").scratch
        let ledger = scratch.file("simulator.jsonl")
        let (simulator, url) = try await Darkroom.simulator(scratch, ledger: ledger)
        let spool = try TestSpool(
            "kill",
            config: """
                { spool: "SPOOL", models: { o: { provider: "openai", endpoint: "\(url)", model: "gpt-image-2",
                  key: { env: "TEST_MAI_KEY" }, requests_per_minute: 6000 } }, disk: { min_free: "1MB" } }
                """)
        let photo = try await photograph(spool.scratch)
        let mask = try await mask(384, 576, spool.scratch, Self.quarter)
        let ids = (1...6).map { "job-\($0)" }
        for id in ids {
            try spool.drop(
                id,
                manifest:
                    #"{"prompt":"\#(id)","id":"\#(id)","references":["a.jpg"],"mask":"m.png","output":{"size":"native"}}"#,
                files: ["a.jpg": photo, "m.png": mask])
        }
        for _ in 0..<8 {
            let daemon = try Darkroom.Running(
                ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...900)))
            await daemon.end(SIGKILL)
        }
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        await simulator.end()
        #expect((spool.outcomes("done") + spool.outcomes("held")).sorted() == ids)
        let lines = (try? String(contentsOfFile: ledger, encoding: .utf8))?.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
        let accepted = (lines ?? []).filter { $0["event"] as? String == "accepted" }
        let prompts = accepted.compactMap { $0["prompt_sha256"] as? String }
        #expect(prompts.count == Set(prompts).count && prompts.count >= spool.outcomes("done").count)
        #expect(
            accepted.allSatisfy { $0["mask"] is String }
                && Set(accepted.compactMap { $0["mask"] as? String }).count == 1)
    }
}
