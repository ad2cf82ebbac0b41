import Foundation
import Support
import Testing

@Suite(.serialized) struct SheetTests {
    /// A spool with a batch of three lines, one of which fails, and a job that asked for the provider's own picture.
    private static func spool(_ name: String) async throws -> TestSpool {
        let spool = try TestSpool(name)
        let batch = """
            { "prompt": "secretharbour at dawn", "aspect_ratio": "16:9", "output": { "size": "native" } }
            { "prompt": "secretforest", "aspect_ratio": "3:4", "count": 2, "output": { "format": "webp", "size": "native" } }
            { "prompt": "secretdunes", "model": "nowhere" }
            """
        try Data(batch.utf8).write(to: URL(fileURLWithPath: spool.path + "/inbox/.catalogue"))
        try FileManager.default.moveItem(
            atPath: spool.path + "/inbox/.catalogue", toPath: spool.path + "/inbox/catalogue.jsonl")
        try spool.drop(
            "edit",
            manifest: #"""
                { "prompt": "secretfrost", "id": "edit", "references": ["a.jpg"],
                  "output": { "size": "long=1600", "original": true } }
                """#,
            files: ["a.jpg": try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))])
        #expect(try await spool.darkroom("drain").code == 1, "one line asks for a model that is not there")
        return spool
    }

    @Test func `a batch, the newest outputs, and single jobs come on sheets`() async throws {
        let spool = try await Self.spool("sheet")
        let out = spool.scratch.file("sheet.png")
        let batch = try await spool.darkroom("contact-sheet", "--batch", "catalogue", "-o", out, "--json")
        #expect(batch.code == 1 && batch.err.contains("1 job of catalogue failed"), "the sheet is there, and not whole")
        #expect(batch.json["pictures"] as? Int == 3 && batch.json["files"] as? [String] == [out])
        let sheet = try await Darkroom.tool("vipsheader", "-a", out)
        #expect(sheet.contains("width: 1104") && sheet.contains("bands: 3"), "two by two: \(sheet)")

        let jpeg = spool.scratch.file("newest.jpg")
        #expect(try await spool.darkroom("contact-sheet", "-o", jpeg).code == 0)
        #expect(
            try await Darkroom.tool("vipsheader", "-f", "width", jpeg).trimmed == "2128",
            "five pictures, of which two a pair")

        let one = try await spool.darkroom("contact-sheet", "edit", "nobody", "-o", spool.scratch.file("one.webp"))
        #expect(one.code == 1 && one.err.contains("nobody has no output"))
        let none = try await spool.darkroom("contact-sheet", "nobody", "-o", spool.scratch.file("none.png"))
        #expect(none.code == 1 && !FileManager.default.fileExists(atPath: spool.scratch.file("none.png")))
        #expect(try await spool.darkroom("contact-sheet", "../done", "-o", "x.png").code == 64)
        #expect(try await spool.darkroom("contact-sheet", "edit", "-o", "x.gif").code == 64)
        #expect(try await spool.darkroom("contact-sheet", "edit", "--batch", "catalogue", "-o", "x.png").code == 64)
    }

    @Test func `a page needs nothing else, shows pairs, and says no prompt`() async throws {
        let spool = try await Self.spool("page")
        let page = try await spool.darkroom("contact-sheet", "-o", "-", "--format", "html", "--title", "A <b> & \"c\"")
        #expect(page.code == 0)
        let text = page.out
        #expect(text.contains("<h1>A &lt;b&gt; &amp; &quot;c&quot;</h1>") && text.contains("4 pictures"))
        #expect(text.components(separatedBy: "src=\"data:image/jpeg;base64,").count - 1 == 5)
        #expect(text.contains("as made, 1280 × 720") || text.contains("as made, "), "the provider's own picture")
        #expect(text.contains("delivered, 1600 × "))
        for word in ["http:", "https:", "<script", "secret", "url("] { #expect(!text.contains(word), "\(word)") }
        #expect(text.components(separatedBy: "simulated</em>").count - 1 == 4)
        for picture in text.matches(of: /base64,([^"]+)"/) {
            let bytes = try #require(Data(base64Encoded: String(picture.1)))
            let file = spool.scratch.file("thumb.jpg")
            try bytes.write(to: URL(fileURLWithPath: file))
            #expect(try await Darkroom.tool("vipsheader", "-f", "vips-loader", file).trimmed == "jpegload")
        }
    }

    @Test func `more pictures than fit go on more sheets`() async throws {
        let spool = try TestSpool(
            "sheets", config: "{ spool: 'SPOOL', listen: 'off', models: { a: { provider: 'simulator' } } }")
        let line =
            #"{ "prompt": "x", "count": 10, "aspect_ratio": "1:1", "output": { "size": "64x64", "format": "jpeg" } }"#
        try Data(Array(repeating: line, count: 5).joined(separator: "\n").utf8).write(
            to: URL(fileURLWithPath: spool.path + "/inbox/.many"))
        try FileManager.default.moveItem(atPath: spool.path + "/inbox/.many", toPath: spool.path + "/inbox/many.jsonl")
        #expect(try await spool.darkroom("drain").code == 0)
        let out = spool.scratch.file("many.png")
        let made = try await spool.darkroom("contact-sheet", "--batch", "many", "-o", out)
        #expect(made.code == 0 && made.out == "\(out)\n\(spool.scratch.file("many-2.png"))\n")
        #expect(
            try await Darkroom.tool("vipsheader", "-f", "width", spool.scratch.file("many-2.png")).trimmed == "1104")
        let piped = try await spool.darkroom("contact-sheet", "--batch", "many", "-o", "-", "--format", "png")
        #expect(piped.code == 64 && piped.err.contains("50 pictures take 2 sheets"))
    }

    @Test func `verify tells ours from foreign, changed and unmarked pictures`() async throws {
        let spool = try await Self.spool("verify")
        func verdict(_ file: String) async throws -> (code: Int32, verdict: String?) {
            let result = try await Darkroom.run(["verify", "--json", file])
            let files = result.json["files"] as? [[String: Any]]
            return (result.code, files?.first?["verdict"] as? String)
        }
        let delivered = spool.path + "/done/edit/edit-1.png"
        #expect(try await verdict(delivered) == (0, "ours"))
        let original = try #require(spool.files(in: "done/edit").first { $0.contains(".original.") })
        #expect(try await verdict(spool.path + "/done/edit/" + original) == (0, "ours"))

        let alone = spool.scratch.file("alone.png")
        try FileManager.default.copyItem(atPath: delivered, toPath: alone)
        #expect(try await verdict(alone) == (0, "ours"), "by its mark")
        try FileManager.default.copyItem(atPath: delivered + ".json", toPath: alone + ".json")
        #expect(try await verdict(alone) == (0, "ours"), "whatever it is called")

        _ = try await Darkroom.tool("exiftool", "-overwrite_original", "-Comment=retouched", alone)
        #expect(try await verdict(alone) == (1, "tampered"))

        #expect(try await verdict(Darkroom.samples + "/dandelion.jpg") == (1, "none"))
        let foreign = spool.scratch.file("foreign.jpg")
        try FileManager.default.copyItem(atPath: Darkroom.samples + "/dandelion.jpg", toPath: foreign)
        _ = try await Darkroom.tool(
            "exiftool", "-overwrite_original",
            "-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            "-XMP-xmp:CreatorTool=Somebody else", foreign)
        #expect(try await verdict(foreign) == (1, "foreign"))
        let words = try await Darkroom.run(["verify", delivered, foreign])
        #expect(words.code == 1 && words.out.contains("ours") && words.out.contains("trainedAlgorithmicMedia"))
    }
}

extension TestSpool {
    fileprivate func files(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
    }
}
