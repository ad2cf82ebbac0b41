import Foundation
import Support
import Testing

/// Requests as files: what a service in front of Darkroom asks for the people whose data it is.
@Suite(.serialized) struct RequestFileTests {
    private func spool(_ provider: Provider) async throws -> TestSpool {
        let spool = try await SubjectTests.filled(
            provider, subjects: 2, each: 3, more: "inbox: { settle: \"100ms\" }")
        let config = try #require(spool.config)
        // From here on there is a folder for requests.
        let text = try String(contentsOfFile: config, encoding: .utf8).replacingOccurrences(
            of: "spool: \"\(spool.path)\"", with: "spool: { path: \"\(spool.path)\", requests_group: \(getgid()) }")
        try text.write(toFile: config, atomically: true, encoding: .utf8)
        return spool
    }

    private func daemon(_ spool: TestSpool) throws -> Darkroom.Running {
        try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("daemon.log"))
    }

    private func ask(_ spool: TestSpool, _ name: String, _ text: String) throws {
        let folder = spool.path + "/requests/"
        try text.write(toFile: folder + "." + name, atomically: false, encoding: .utf8)
        try FileManager.default.moveItem(atPath: folder + "." + name, toPath: folder + name + ".json")
    }

    /// The answers to a request, done or failed.
    private func answers(_ spool: TestSpool, _ name: String) -> [String] {
        ["done", "failed"].flatMap { outcome in
            spool.outcomes(outcome).filter { $0.hasPrefix(name + "-") }.map { "\(outcome)/\($0)" }
        }
    }

    private func answer(_ spool: TestSpool, _ name: String) async throws -> (folder: String, status: [String: Any]) {
        try await eventually("\(name) is answered") { !answers(spool, name).isEmpty }
        let folder = answers(spool, name)[0]
        return (folder, try spool.json(folder + "/status.json"))
    }

    @Test func `requests that are dropped as files are answered once each, and what makes no sense says why`()
        async throws
    {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try await spool(provider)
        let daemon = try daemon(spool)
        let folder = spool.path + "/requests"
        try await eventually("there is a folder for them") { FileManager.default.fileExists(atPath: folder) }
        let mode = try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int
        #expect(mode == 0o2770)
        try ask(spool, "copy", #"{"verb":"export","subject":"person-1@here"}"#)
        try ask(spool, "hold", #"{"verb":"hold","subject":"person-2@here","reason":"case-1","expires":"30d"}"#)
        try ask(spool, "right", #"{"verb":"amend","subject":"person-2@here","set":{"label":"A canary","contact":""}}"#)
        try ask(spool, "odd", #"{"verb":"forget","subject":"person-2@here"}"#)
        try ask(spool, "typo", #"{"verb":"export","subject":"person-2@here","resaon":"x"}"#)
        try ask(spool, "nobody", #"{"verb":"show","subject":"person-9@here"}"#)
        try ask(spool, "torn", #"{"verb":"show","#)
        let copy = try await answer(spool, "copy")
        #expect(copy.folder.hasPrefix("done/") && copy.status["jobs"] as? Int == 3)
        #expect(spool.outcomes(copy.folder) == ["export.zip", "status.json"])
        try await Darkroom.tool("unzip", "-tq", spool.path + "/" + copy.folder + "/export.zip")
        #expect(try await answer(spool, "hold").status["hold"] as? String != nil)
        #expect(try await answer(spool, "right").status["changed"] as? [String] == ["label"])
        for (name, code, words) in [
            ("odd", "invalid_request", "is one of export"), ("typo", "invalid_request", "resaon"),
            ("nobody", "unknown_subject", "nothing is held"), ("torn", "invalid_request", "no JSON"),
        ] {
            let (folder, status) = try await answer(spool, name)
            let reason = try #require(status["reason"] as? [String: Any])
            #expect(folder.hasPrefix("failed/") && reason["code"] as? String == code)
            let text = "\(reason["message"] ?? "") \(reason["field"] ?? "")"
            #expect(text.contains(words), "\(text)")
        }
        try ask(spool, "erase", #"{"verb":"erase","subject":"person-1@here","reason":"consent"}"#)
        let erase = try await answer(spool, "erase")
        #expect(erase.status["state"] as? String == "closed")
        #expect(spool.outcomes(erase.folder) == ["receipt.json", "status.json"])
        let key = try await spool.darkroom("audit", "show", "key").out.trimmed
        let receipt = spool.path + "/" + erase.folder + "/receipt.json"
        #expect(try await Darkroom.run(["audit", "verify", "--receipt", receipt, "--key", key]).code == 0)
        #expect(answers(spool, "copy") == [], "the package of an erased subject goes with it")
        #expect(spool.files(holding: ["person-1", "marker-of-1", "A canary"]) == [])
        #expect(spool.outcomes("requests") == [] && spool.outcomes(".darkroom/orders") == [])
        let shown = try await spool.darkroom("subject", "show", "person-2@here", "--json").json
        #expect((shown["holds"] as? [[String: Any]])?.count == 1)
        #expect(await daemon.end() == 0)
        await provider.stop()
    }

    @Test func `links, files with two names and files of strangers are not taken`() async throws {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try await spool(provider)
        let daemon = try daemon(spool)
        let folder = spool.path + "/requests"
        try await eventually("there is a folder for them") { FileManager.default.fileExists(atPath: folder) }
        let outside = spool.scratch.file("outside.json")
        try #"{"verb":"suspend","subject":"person-1@here"}"#.write(toFile: outside, atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: folder + "/link.json", withDestinationPath: outside)
        try FileManager.default.linkItem(atPath: outside, toPath: folder + "/two.json")
        try FileManager.default.createDirectory(atPath: folder + "/folder.json", withIntermediateDirectories: false)
        try ask(spool, "last", #"{"verb":"suspend","subject":"person-2@here"}"#)
        #expect(try await answer(spool, "last").folder.hasPrefix("done/"))
        #expect(spool.outcomes("requests") == ["folder.json", "link.json", "two.json"])
        let shown = try await spool.darkroom("subject", "show", "person-1@here", "--json").json
        #expect(shown["suspended_since"] == nil)
        #expect(await daemon.end() == 0)
        await provider.stop()
    }

    @Test func `a daemon that is killed all the time does each request once`() async throws {
        let provider = try Provider(faults: FaultTests.rules)
        let spool = try await spool(provider)
        var daemon = try daemon(spool)
        let folder = spool.path + "/requests"
        try await eventually("there is a folder for them") { FileManager.default.fileExists(atPath: folder) }
        for number in 1...6 {
            try ask(spool, "hold\(number)", #"{"verb":"hold","subject":"person-2@here","reason":"c","expires":"30d"}"#)
        }
        try ask(spool, "copy", #"{"verb":"export","subject":"person-2@here"}"#)
        try ask(spool, "gone", #"{"verb":"erase","subject":"person-1@here"}"#)
        for round in 0..<12 {
            try await Task.sleep(for: .milliseconds(150 + 40 * round))
            await daemon.end(SIGKILL)
            daemon = try self.daemon(spool)
        }
        let names = (1...6).map { "hold\($0)" } + ["copy", "gone"]
        for name in names { #expect(try await answer(spool, name).folder.hasPrefix("done/"), "\(name)") }
        try await eventually("nothing is left to do") { spool.outcomes(".darkroom/orders") == [] }
        for name in names { #expect(answers(spool, name).count == 1, "\(name)") }
        let shown = try await spool.darkroom("subject", "show", "person-2@here", "--json").json
        #expect((shown["holds"] as? [[String: Any]])?.count == 6)
        #expect(try await spool.darkroom("subject", "show", "person-1@here").code == 65)
        #expect(await daemon.end() == 0)
        await provider.stop()
    }
}
