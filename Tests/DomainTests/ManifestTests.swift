import Documents
import Domain
import Testing

@Suite struct ManifestTests {
    func read(_ text: String) throws(Reason) -> Manifest { try Manifest.read(Array(text.utf8)) }

    @Test func `a full manifest is read`() throws {
        let manifest = try read(
            """
            {"prompt": "a lighthouse", "references": ["a.jpg", "b.png"], "mask": "m.png", "id": "order-7",
             "model": "mai", "aspect_ratio": "16:9", "count": 2, "seed": 7,
             "parameters": {"style": ["x", 1]},
             "output": {"size": "uhd", "fit": "cover", "format": "jpeg", "quality": 88, "original": true},
             "subject": "user:42", "retain": {"inputs": "1h", "outputs": "24h"}, "max_cost": 0.25, "priority": 3}
            """)
        #expect(manifest.references == ["a.jpg", "b.png"] && manifest.mask == "m.png")
        let spec = manifest.spec
        #expect(spec.id == "order-7" && spec.model == "mai" && spec.aspectRatio?.description == "16:9")
        #expect(spec.count == 2 && spec.seed == 7 && spec.maxCost == 250_000 && spec.priority == 3)
        #expect(spec.output.size == .box(PixelSize(width: 3840, height: 2160)) && spec.output.original)
        #expect(spec.retainInputs == .hours(1) && spec.subject == "user:42")
    }

    @Test func `what is stored is read back`() throws {
        var spec = try read(
            """
            {"prompt": "é\\n\\"x\\"", "size": "1536x1024", "output": {"size": "long=2048", "fit": "pad", "format": "webp",
             "quality": 5}, "quality": "high", "background": "opaque", "parameters": {"a": {"b": null}}, "max_cost": 1}
            """
        ).spec
        #expect(JobSpec(stored: try JSONParser.parse(spec.stored.compact)) == spec)
        spec.hasMask = true
        #expect(JobSpec(stored: spec.stored)?.hasMask == true)
    }

    @Test(
        arguments: [
            (#"{"prompt":"x","promt":"y"}"#, ReasonCode.invalidManifest, "promt"),
            (#"{"references":["a.jpg"]}"#, .invalidManifest, "prompt"),
            (#"{"prompt":7}"#, .invalidManifest, "prompt"),
            (#"{"prompt":"  \n"}"#, .invalidManifest, "prompt"),
            (#"{"prompt":"x","references":"a.jpg"}"#, .invalidManifest, "references"),
            (#"{"prompt":"x","references":["../a.jpg"]}"#, .invalidManifest, "references[0]"),
            (#"{"prompt":"x","references":["a.jpg","/etc/passwd"]}"#, .invalidManifest, "references[1]"),
            (#"{"prompt":"x","references":["a.jpg","a.jpg"]}"#, .invalidManifest, "references[1]"),
            (#"{"prompt":"x","references":[".."]}"#, .invalidManifest, "references[0]"),
            (#"{"prompt":"x","references":[""]}"#, .invalidManifest, "references[0]"),
            (#"{"prompt":"x","mask":"a/b.png"}"#, .invalidManifest, "mask"),
            (#"{"prompt":"x","id":".x"}"#, .invalidManifest, "id"),
            (#"{"prompt":"x","count":0}"#, .invalidManifest, "count"),
            (#"{"prompt":"x","count":1.5}"#, .invalidManifest, "count"),
            (#"{"prompt":"x","aspect_ratio":"wide"}"#, .invalidManifest, "aspect_ratio"),
            (#"{"prompt":"x","size":"4k"}"#, .invalidManifest, "size"),
            (#"{"prompt":"x","output":{"size":"5k"}}"#, .invalidManifest, "output.size"),
            (#"{"prompt":"x","output":{"colour":"red"}}"#, .invalidManifest, "output.colour"),
            (#"{"prompt":"x","output":{"format":"bmp"}}"#, .invalidManifest, "output.format"),
            (#"{"prompt":"x","output":{"format":"heif"}}"#, .invalidManifest, "output.format"),
            (#"{"prompt":"x","template":{"name":"poster"}}"#, .invalidManifest, "template"),
            (#"{"template":"poster"}"#, .invalidManifest, "template"),
            (#"{"template":{}}"#, .invalidManifest, "template.name"),
            (#"{"template":{"name":"a/b"}}"#, .invalidManifest, "template.name"),
            (#"{"template":{"name":"a","version":0}}"#, .invalidManifest, "template.version"),
            (#"{"template":{"name":"a","variables":[]}}"#, .invalidManifest, "template.variables"),
            (#"{"template":{"name":"a","variables":{"b":1}}}"#, .invalidManifest, "template.variables.b"),
            (#"{"template":{"name":"a","text":"b"}}"#, .invalidManifest, "template.text"),
            (#"{"prompt":"x","retain":{"inputs":"soon"}}"#, .invalidManifest, "retain.inputs"),
            (#"{"prompt":"x","max_cost":-1}"#, .invalidManifest, "max_cost"),
            (#"{"prompt":"x","prompt":"y"}"#, .invalidManifest, "prompt"),
            (#"["prompt"]"#, .invalidManifest, nil),
            (#"{"prompt":"x""#, .invalidManifest, nil),
        ] as [(String, ReasonCode, String?)])
    func `a bad manifest names its field`(text: String, code: ReasonCode, field: String?) {
        let reason = #expect(throws: Reason.self) { try read(text) }
        #expect(reason?.code == code && reason?.field == field, "\(String(describing: reason))")
    }

    @Test func `a misspelled key is offered the right one`() {
        let reason = #expect(throws: Reason.self) { try read(#"{"prompt":"x","refrences":[]}"#) }
        #expect(reason?.hint == "did you mean \"references\"?")
    }

    @Test func `a prompt over the limit names limit and length`() {
        let long = String(repeating: "é", count: 32_001)
        let reason = #expect(throws: Reason.self) { try read("{\"prompt\":\"\(long)\"}") }
        #expect(reason?.code == .promptTooLong && reason?.limit == "32000" && reason?.value == "32001")
        #expect(throws: Never.self) { try read("{\"prompt\":\"\(long.dropLast())\"}") }
    }

    @Test func `a prompt file is trimmed and must be UTF-8`() throws {
        let plain = try Manifest.plain(prompt: Array("\u{FEFF} a cat \n".utf8), references: ["x.jpg"], mask: nil)
        #expect(plain.spec.prompt == "a cat" && plain.spec.referenceCount == 1)
        #expect(throws: Reason.self) { try Manifest.plain(prompt: [0xFF, 0xFE], references: [], mask: nil) }
        #expect(throws: Reason.self) { try Manifest.plain(prompt: [0x20], references: [], mask: nil) }
    }

    @Test func `a message never repeats what was written`() {
        let reason = #expect(throws: Reason.self) {
            try read(#"{"prompt":"secret-words","references":["holiday-in-rome.jpg",7],"x":"secret-words"}"#)
        }
        let text = reason?.json.compact ?? ""
        #expect(!text.contains("secret-words") && !text.contains("holiday"))
    }
}
