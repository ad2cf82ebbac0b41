import Foundation
import Support
import Testing

@Suite(.serialized) struct CommandTests {
    @Test(
        arguments: [
            (["--version"], 0), (["--help"], 0), (["submit", "--help"], 0), ([], 64), (["drian"], 64),
            (["run", "--spol", "x"], 64),
            (["prove"], 64), (["contact-sheet"], 64), (["subject"], 64), (["verify"], 64), (["completion", "fsh"], 64),
            (["contact-sheet", "--spool", "/nonexistent/spool", "-o", "x.jpg"], 74),
            (["verify", "/nonexistent.png"], 74),
            (["verify", "/dev/null"], 65), (["help", "submit"], 0), (["help", "sumbit"], 64), (["help", "--man"], 0),
            (["audit"], 64), (["audit", "shwo"], 64),
            (["retry", "--spool", "/nonexistent/spool", "x"], 74), (["show"], 64),
            (["wait"], 64), (["cancel"], 64), (["release"], 64), (["delete"], 64),
            (["cancel", "x", "--batch", "y"], 64), (["jobs", "--since", "yesterday"], 64),
            (["jobs", "--since", "1h", "--until", "2h"], 64), (["jobs", "--limit", "0"], 64),
            (["retry", "--reason", "no_such_code", "--yes"], 64), (["retry", "x", "--model", "nowhere"], 65),
            (["batch", "list"], 78), (["report", "x"], 78), (["bench"], 78),
            (["models", "list"], 78), (["ledger", "status"], 78), (["token", "list"], 78), (["webhook", "list"], 78),
            (["keygen", "--c2pa-test"], 78), (["policy", "show", "x"], 78), (["privacy", "records"], 78),
            (["help", "batch"], 78), (["submit", "--run", "x"], 78), (["verify", "--deep", "x"], 78),
            (["jobs", "--state", "dnoe"], 64),
            (["config", "chek"], 64),
            (["jobs", "--spool", "/nonexistent/spool"], 74), (["normalize", "/nonexistent.jpg", "-o", "-"], 74),
            (["upscale", "/dev/null", "-o", "/tmp/x.png"], 65), (["normalize", "x"], 64),
            (["upscale", "x", "-o", "y", "--upscale", "magic"], 64),
            (["simulate", "--faults", "x"], 78), (["config", "default"], 0), (["config", "show"], 0),
            (["config", "check", "--config", "/nonexistent.json5"], 78), (["submit"], 64),
        ] as [([String], Int32)])
    func `a command ends with the code of the contract`(arguments: [String], code: Int32) async throws {
        let result = try await Darkroom.run(arguments)
        #expect(result.code == code, "\(arguments): \(result.out)\(result.err)")
        if code != 0 { #expect(result.out.isEmpty && result.err.hasPrefix("darkroom: ")) }
    }

    @Test func `a misspelled verb or option is offered the right one`() async throws {
        #expect(try await Darkroom.run(["drian"]).err.contains("did you mean drain?"))
        #expect(try await Darkroom.run(["run", "--spol", "x"]).err.contains("did you mean --spool?"))
    }

    @Test func `a configuration's faults come all at once`() async throws {
        let text = "{ models: { a: { provider: 'simulator' } }, retension: {}, workers: { count: 99 } }"
        let spool = try TestSpool("config", config: text)
        let checked = try await Darkroom.run(["config", "check"] + spool.arguments)
        #expect(checked.code == 78 && checked.err.contains("retention") && checked.err.contains("workers.count"))
    }

    @Test func `the default configuration passes its own check`() async throws {
        let text = try await Darkroom.run(["config", "default"]).out
        let spool = try TestSpool("default", config: text)
        #expect(try await Darkroom.run(["config", "check"] + spool.arguments).code == 0)
    }

    @Test(arguments: ["job", "status", "sidecar", "configuration"])
    func `schemas are JSON Schemas`(name: String) async throws {
        let schema = try await Darkroom.run(["config", "schema", name])
        #expect(schema.code == 0 && (schema.json["$schema"] as? String)?.contains("json-schema.org") == true)
    }

    @Test func `normalize cleans a photograph through pipes and reports on the other stream`() async throws {
        let photo = try Data(contentsOf: URL(fileURLWithPath: PrivacyTests.photograph))
        let scratch = try TestSpool("normalize").scratch
        let out = scratch.file("clean.png")
        let result = try await Darkroom.run(["normalize", "-", "-o", out, "--max-edge", "640"], input: photo)
        #expect(result.code == 0)
        let removed = try #require(result.json["removed"] as? [String])
        #expect(removed.contains("gps") && removed.contains("thumbnail"))
        let output = try #require(result.json["output"] as? [String: Any])
        #expect(
            output["format"] as? String == "png" && output["height"] as? Int == 640, "upright: it is a tall picture")
        #expect(try await Darkroom.run(["inspect", out]).code == 0)
        #expect(try await Darkroom.run(["inspect", PrivacyTests.photograph]).code == 1)
    }

    @Test func `upscale makes what its options say`() async throws {
        let scratch = try TestSpool("upscale").scratch
        let out = scratch.file("wall.jpg")
        let result = try await Darkroom.run([
            "upscale", Darkroom.samples + "/dandelion.jpg", "-o", out, "--size", "uhd", "--fit", "cover", "--json",
        ])
        #expect(result.code == 0)
        #expect((result.json["output"] as? [String: Any])?["width"] as? Int == 3840)
        #expect(try await Darkroom.tool("vipsheader", "-f", "height", out).trimmed == "2160")
    }

    @Test func `submit hands over, drain works, jobs and show tell`() async throws {
        let spool = try TestSpool("submit")
        let photo = Darkroom.samples + "/dandelion.jpg"
        let dry = try await spool.darkroom(
            "submit", "--prompt", "make it night", "--reference", photo, "--dry-run", "--json")
        #expect(dry.code == 0 && dry.json["route"] as? String == "offline")
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool.path + "/inbox").isEmpty)
        let submitted = try await spool.darkroom(
            "submit", "--prompt", "make it night", "--reference", photo, "--size", "native")
        let id = submitted.out.trimmed
        #expect(submitted.code == 0 && id.hasPrefix("job-"))
        #expect(try await spool.darkroom("drain").code == 0)
        let jobs = try #require(try await spool.darkroom("jobs", "--json").json["jobs"] as? [[String: Any]])
        #expect(jobs.count == 1 && jobs[0]["job"] as? String == id && jobs[0]["state"] as? String == "done")
        let shown = try await spool.darkroom("show", id)
        #expect(shown.code == 0 && shown.out.contains("job.settled") && !shown.out.contains("make it night"))
        #expect(try await spool.darkroom("wait", id).code == 0)
        #expect(try await spool.darkroom("show", "nobody").code == 1)
        #expect(try await spool.darkroom("submit", "--prompt", "x", "--count", "11").code == 65)
    }

    @Test func `waiting where nobody works ends with a sentence, and the job stays in the inbox`() async throws {
        let spool = try TestSpool("nobody")
        let waited = try await spool.darkroom("submit", "--prompt", "x", "--id", "lonely", "--wait")
        #expect(waited.code == 69 && waited.err.contains("darkroom run"))
        #expect(FileManager.default.fileExists(atPath: spool.path + "/inbox/lonely/job.json"))
    }

    @Test func `submit waits for a daemon that works and tells how it ended`() async throws {
        let spool = try TestSpool("wait")
        let daemon = try spool.daemon()
        try await eventually("the daemon runs") { daemon.printed.contains("darkroom is running") }
        let good = try await spool.darkroom("submit", "--prompt", "x", "--size", "native", "--wait", "--json")
        #expect(good.code == 0 && good.json["outcome"] as? String == "done")
        let bad = try await spool.darkroom("submit", "--prompt", "x", "--model", "nowhere", "--wait")
        #expect(bad.code == 1 && bad.out.contains("unsupported_parameter"))
        #expect(await daemon.end() == 0)
    }
}
