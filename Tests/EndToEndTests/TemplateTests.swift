import Foundation
import HTTPServer
import Support
import Testing

@Suite(.serialized) struct TemplateTests {
    private func write(_ text: String, _ name: String, in spool: TestSpool) throws {
        let folder = spool.scratch.file("templates")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }

    private func spool(_ provider: Provider) throws -> TestSpool {
        // The folder stands beside the spool.
        try TestSpool(
            "templates", config: provider.configuration(#"templates: "SPOOL/../templates","#, provider: "openai"))
    }

    private func prompts(_ provider: Provider) -> [String] {
        provider.requests.compactMap { request in
            (try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])?["prompt"] as? String
        }
    }

    @Test func `a template becomes the prompt that is sent, and stays what it was when the job was accepted`()
        async throws
    {
        // The first call has to wait, so that the template can change between acceptance and the repeat.
        let provider = try Provider { number, _ in
            number == 1 ? .error(429, "rate_limit_exceeded", headers: [("Retry-After", "1")]) : nil
        }
        let spool = try spool(provider)
        try write(
            "{ text: 'A poster: {{title}}, {{style}}', variables: { title: {}, style: { default: 'woodcut' } } }",
            "poster@3.json5", in: spool)
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        try spool.drop(
            "p",
            manifest:
                #"{"template":{"name":"poster","version":3,"variables":{"title":"{{style}} & Söhne"}},"id":"p","output":{"size":"native"}}"#
        )
        try await eventually("the first call was refused") { provider.requests.count == 1 }
        try write("{ text: 'changed' }", "poster@3.json5", in: spool)
        try await eventually("the job is done") { spool.outcomes("done") == ["p"] }
        #expect(prompts(provider) == Array(repeating: "A poster: {{style}} & Söhne, woodcut", count: 2))
        #expect(await daemon.end() == 0)
        #expect(spool.files(holding: ["& Söhne", "A poster"]) == [], "nothing of it lies about in plain")
        await provider.stop()
    }

    @Test func `what does not fit the template fails with its field, and nothing is sent`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        try write(
            "{ text: 'A {{kind}} poster', variables: { kind: { choices: ['big', 'small'] } } }", "poster.json5",
            in: spool)
        try write("{ text: 'A {{kind}} poster' }", "broken.json5", in: spool)
        for (id, template, more) in [
            ("missing", #"{"name":"poster"}"#, ""),
            ("unknown", #"{"name":"poster","variables":{"kind":"big","size":"x"}}"#, ""),
            ("choice", #"{"name":"poster","variables":{"kind":"huge"}}"#, ""), ("name", #"{"name":"postr"}"#, ""),
            ("version", #"{"name":"poster","version":2}"#, ""), ("both", #"{"name":"poster"}"#, #","prompt":"x""#),
            ("broken", #"{"name":"broken"}"#, ""),
        ] {
            try spool.drop(id, manifest: #"{"template":\#(template),"id":"\#(id)"\#(more)}"#)
        }
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        for (id, field) in [
            ("missing", "template.variables.kind"), ("unknown", "template.variables.size"),
            ("choice", "template.variables.kind"), ("name", "template.name"), ("version", "template.version"),
            ("both", "template"), ("broken", "template"),
        ] {
            let reason = try spool.reason(id)
            #expect(reason.code == "invalid_manifest" && reason.field == field, "\(id): \(reason)")
        }
        #expect(provider.requests.isEmpty)
        let checked = try await spool.darkroom("config", "check")
        #expect(checked.code == 78 && checked.err.contains("broken.json5") && checked.err.contains("{{kind}}"))
        try FileManager.default.removeItem(atPath: spool.scratch.file("templates/broken.json5"))
        #expect(try await spool.darkroom("config", "check").code == 0)
        await provider.stop()
    }

    @Test func `lines of a batch use templates and masks as other jobs do`() async throws {
        let provider = try Provider()
        let spool = try spool(provider)
        try write("{ text: 'Paint {{what}}', variables: { what: {} } }", "paint.json5", in: spool)
        let photo = spool.path + "/inbox/photo.png"
        try await Darkroom.tool("vips", "thumbnail", Darkroom.samples + "/dandelion.jpg", photo, "96")
        try await Darkroom.tool("vips", "linear", photo, spool.path + "/inbox/sky.png", "0", "255", "--uchar")
        let lines = ["a lake", "a mill"].map {
            #"{"template":{"name":"paint","variables":{"what":"\#($0)"}},"references":["photo.png"],"mask":"sky.png","output":{"size":"native"}}"#
        }
        let bad = #"{"template":{"name":"paint"},"references":["photo.png"],"mask":"sky.png"}"#
        try Data((lines + [bad]).joined(separator: "\n").utf8).write(
            to: URL(fileURLWithPath: spool.path + "/inbox/all.jsonl"))
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: CallTests.key)
        #expect(spool.outcomes("done").count == 2)
        let failed = try #require(spool.outcomes("failed").first)
        #expect(try spool.reason(failed).field == "template.variables.what")
        let forms = try provider.requests.map {
            try MultipartForm(body: $0.body, contentType: $0.headers["content-type"] ?? "")
        }
        #expect(Set(forms.compactMap { $0.first("prompt")?.text }) == ["Paint a lake", "Paint a mill"])
        #expect(forms.allSatisfy { $0.first("mask") != nil })
        await provider.stop()
    }

    @Test func `without a folder of templates there are none`() async throws {
        let spool = try TestSpool("none")
        try spool.drop("t", manifest: #"{"template":{"name":"poster"},"id":"t"}"#)
        _ = try await spool.darkroom("drain")
        let reason = try spool.reason("t")
        #expect(reason.code == "invalid_manifest" && reason.field == "template.name")
    }
}
