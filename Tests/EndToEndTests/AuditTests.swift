import Foundation
import Support
import Testing

@Suite(.serialized) struct AuditTests {
    private static let config = """
        { spool: "SPOOL", listen: "off", models: { offline: { provider: "simulator" } },
          retention: { inputs: "0s" }, disk: { min_free: "1MB" } }
        """

    private func drop(_ id: String, in spool: TestSpool) throws {
        try spool.drop(id, manifest: #"{"prompt":"a mill","id":"\#(id)","subject":"ann","output":{"size":"native"}}"#)
    }

    private func log(_ spool: TestSpool) throws -> String {
        let folder = spool.path + "/.darkroom/audit"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }.sorted().last)
        return folder + "/" + name
    }

    @Test func `the log tells a job's whole way, and a receipt of its end verifies with the key alone`() async throws {
        let spool = try TestSpool("audit", config: Self.config)
        try drop("fox", in: spool)
        #expect(try await spool.darkroom("drain").code == 0)
        let shown = try await spool.darkroom("audit", "show", "--job", "fox", "--json")
        let entries = try #require(shown.json["entries"] as? [[String: Any]])
        #expect(
            entries.compactMap { $0["event"] as? String } == [
                "job.accepted", "job.prepared", "call.sent", "call.ended", "output.made", "inputs.deleted",
                "job.settled",
            ])
        let sent = try #require(entries[2]["facts"] as? [String: String])
        #expect(sent["carried"] == "prompt parameters subject_pseudonym" && Int(sent["bytes"] ?? "") ?? 0 > 100)
        #expect(entries[0]["subject"] != nil && !shown.out.contains("ann\"") && !shown.out.contains("mill"))
        let whole = try await spool.darkroom("audit", "verify", "--json")
        #expect(whole.code == 0 && whole.json["whole"] as? Bool == true && whole.json["pending"] as? Int == 0)

        let key = try await spool.darkroom("audit", "show", "key").out.trimmed
        let receipt = spool.scratch.file("receipt.json")
        let made = try await spool.darkroom("audit", "show", "receipt", "--subject", "ann")
        #expect(made.code == 0)
        try made.out.write(toFile: receipt, atomically: true, encoding: .utf8)
        let checkpoint = spool.scratch.file("checkpoint")
        try await spool.darkroom("audit", "show", "checkpoint").out.write(
            toFile: checkpoint, atomically: true, encoding: .utf8)
        let good = try await Darkroom.run(["audit", "verify", "--receipt", receipt, "--key", key, "--json"])
        #expect(good.code == 0 && good.json["good"] as? Bool == true)
        let jobs = ((good.json["statement"] as? [String: Any])?["jobs"] as? [[String: Any]])?.first
        #expect(((jobs?["erased"] as? [[String: Any]])?.first)?["what"] as? String == "inputs")
        try made.out.replacingOccurrences(of: "\"received\": \"yes\"", with: "\"received\": \"no\"").write(
            toFile: receipt, atomically: true, encoding: .utf8)
        #expect(try await Darkroom.run(["audit", "verify", "--receipt", receipt, "--key", key]).code == 1)
        #expect(try await Darkroom.run(["audit", "verify", "--receipt", checkpoint, "--key", key]).code == 65)
        #expect(try await Darkroom.run(["audit", "verify", "--receipt", receipt, "--key", "x"]).code == 64)

        try FileManager.default.removeItem(atPath: spool.path + "/done/fox")
        #expect(try await spool.darkroom("sweep").code == 0)
        let taken = try await spool.darkroom("audit", "show", "receipt", "fox")
        let statement = try #require(taken.json["statement"] as? [String: Any])
        let fox = try #require((statement["jobs"] as? [[String: Any]])?.first)
        #expect(fox["delivered"] != nil)
        #expect(
            (fox["not_erased"] as? [[String: Any]])?.first?["why"] as? String
                == "it was taken away before, and is beyond Darkroom's reach")

        try drop("hen", in: spool)
        #expect(try await spool.darkroom("drain").code == 0)
        #expect(try await spool.darkroom("audit", "verify", "--checkpoint", checkpoint, "--key", key).code == 0)
    }

    @Test func `a changed, dropped or swapped line is found with the daemon running and stopped`() async throws {
        let spool = try TestSpool("audit-lines", config: Self.config)
        try drop("fox", in: spool)
        #expect(try await spool.darkroom("drain").code == 0)
        let path = try log(spool)
        let clean = try String(contentsOfFile: path, encoding: .utf8)
        let lines = clean.split(separator: "\n").map(String.init)
        for index in lines.indices {
            var flipped = lines
            flipped[index] = flipped[index].replacingOccurrences(of: "\"event\":\"", with: "\"event\":\"x")
            var dropped = lines
            dropped.remove(at: index)
            var swapped = lines
            swapped.swapAt(index, (index + 1) % lines.count)
            for changed in [flipped, dropped, swapped] {
                try (changed.joined(separator: "\n") + "\n").write(toFile: path, atomically: false, encoding: .utf8)
                let found = try await spool.darkroom("audit", "verify")
                #expect(found.code == 1 && found.out.contains("not as it was written"), "line \(index)")
            }
        }
        try clean.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try await spool.darkroom("audit", "verify").code == 0)

        let daemon = try spool.daemon()
        try drop("hen", in: spool)
        try await eventually("the job is done") { spool.outcomes("done").contains("hen") }
        #expect(try await spool.darkroom("audit", "show", "--job", "hen").out.contains("job.settled"))
        #expect(try await spool.darkroom("audit", "verify").code == 0)
        let now = try String(contentsOfFile: path, encoding: .utf8)
        try now.replacingOccurrences(of: "\"fox\"", with: "\"fix\"").write(
            toFile: path, atomically: false, encoding: .utf8)
        #expect(try await spool.darkroom("audit", "verify").code == 1)
        await daemon.end()
        // The last line is looked at before anything is written after it; the work goes on without.
        let cut = try String(contentsOfFile: path, encoding: .utf8).dropLast(40)
        try String(cut).write(toFile: path, atomically: false, encoding: .utf8)
        try drop("owl", in: spool)
        let drained = try await spool.darkroom("drain")
        #expect(drained.code == 0 && drained.err.contains("the audit log can not be written"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == String(cut))
        let shown = try await spool.darkroom("audit", "show")
        #expect(shown.code == 0 && shown.err.contains("audit verify") && shown.out.contains("job.accepted"))
        #expect(try await spool.darkroom("audit", "verify").code == 1)
        try FileManager.default.moveItem(
            atPath: spool.path + "/.darkroom/audit", toPath: spool.scratch.file("evidence"))
        #expect(try await spool.darkroom("drain").code == 0)
        #expect(try await spool.darkroom("audit", "verify").code == 0)
        #expect(try await spool.darkroom("audit", "show", "--job", "owl").out.contains("job.settled"))
    }

    @Test func `after every kill the log is whole and says each thing once`() async throws {
        let spool = try TestSpool("audit-kills", config: Self.config)
        for round in 0..<4 {
            for job in 0..<3 { try drop("j-\(round)-\(job)", in: spool) }
            let daemon = try spool.daemon()
            let wanted = "j-\(round)-\(round % 3)"
            try await eventually("a job is done") { spool.outcomes("done").contains(wanted) }
            await daemon.end(SIGKILL)
            #expect(try await spool.darkroom("audit", "verify").code == 0)
        }
        #expect(try await spool.darkroom("drain").code >= 0)
        let verified = try await spool.darkroom("audit", "verify", "--json")
        #expect(verified.code == 0 && verified.json["pending"] as? Int == 0)
        let shown = try await spool.darkroom("audit", "show", "--json", "--limit", "10000")
        let entries = try #require(shown.json["entries"] as? [[String: Any]])
        let accepted = entries.filter { $0["event"] as? String == "job.accepted" }.compactMap { $0["job"] as? String }
        #expect(accepted.count == 12 && Set(accepted).count == 12)
        #expect(entries.filter { $0["event"] as? String == "daemon.started" }.count == 5)
        #expect(entries.filter { $0["event"] as? String == "daemon.stopped" }.count == 1)
    }

    @Test func `what a prompt, a name and metadata said is nowhere once the job's time is over`() async throws {
        let spool = try TestSpool("prove", config: Self.config)
        #expect(try await spool.darkroom("drain").code == 0)
        let photo = spool.scratch.file("canary-name-5e1b.jpg")
        try FileManager.default.copyItem(atPath: PrivacyTests.photograph, toPath: photo)
        try await Darkroom.tool(
            "exiftool", "-overwrite_original", "-Comment=canary-comment-5e1b", "-Artist=canary-artist-5e1b", photo)
        try spool.drop(
            "job", manifest: #"{"prompt":"canary-prompt-5e1b","id":"job","references":["canary-name-5e1b.jpg"]}"#,
            files: ["canary-name-5e1b.jpg": try Data(contentsOf: URL(filePath: photo))])
        let markers = spool.scratch.file("markers")
        try "canary-prompt-5e1b\ncanary-name-5e1b\ncanary-comment-5e1b\ncanary-artist-5e1b\n".write(
            toFile: markers, atomically: true, encoding: .utf8)
        #expect(try await spool.darkroom("prove", "--markers", markers).code == 1, "it still waits in the inbox")
        #expect(try await spool.darkroom("drain").code == 0)
        let gone = try await spool.darkroom("prove", "--markers", markers, "--json")
        #expect(gone.code == 0 && gone.json["hit_count"] as? Int == 0 && gone.json["markers"] as? Int == 4)
        let found = try await spool.darkroom("prove", "--markers", markers, "--also", photo, "--json")
        #expect(found.code == 1 && !found.out.contains("canary-prompt"))
        let shown = try await spool.darkroom("audit", "show").out
        #expect(shown.contains("residue.searched") && shown.contains("markers=4"))
        #expect(try await spool.darkroom("prove", "short").code == 64)
    }

    @Test func `doctor says that a changed log is one`() async throws {
        let spool = try TestSpool("audit-doctor", config: Self.config)
        try drop("fox", in: spool)
        #expect(try await spool.darkroom("drain").code == 0)
        func finding() async throws -> [String: Any]? {
            let findings = try await spool.darkroom("doctor", "--json").json["checks"] as? [[String: Any]]
            return findings?.first { $0["name"] as? String == "ledger.audit" }
        }
        #expect(try await finding()?["level"] as? String == "ok")
        let path = try log(spool)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacingOccurrences(of: "\"outcome\":\"done\"", with: "\"outcome\":\"dome\"").write(
            toFile: path, atomically: false, encoding: .utf8)
        #expect(try await finding()?["level"] as? String == "error")
    }
}
