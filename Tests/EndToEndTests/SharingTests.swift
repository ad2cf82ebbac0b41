import Disk
import Foundation
import Support
import Testing

@Suite struct SharingTests {
    func facts(_ path: String) throws -> String {
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        let mode = try #require(facts[.posixPermissions] as? Int)
        let group = try #require(facts[.groupOwnerAccountID] as? Int)
        return "\(String(mode, radix: 8)) \(group)"
    }

    /// As another user of the group would find it; the group is one that the user of the tests is in.
    @Test func `a spool with a group can be handed over to and taken from by it, whatever anybody's umask`()
        async throws
    {
        let groups = try await Darkroom.tool("id", "-G").split(whereSeparator: \.isWhitespace)
        let group = try #require(groups.last)
        let spool = try TestSpool(
            "group",
            config: """
                { spool: { path: "SPOOL", group: \(group) }, models: { default: "o", o: { provider: "simulator" } },
                  output: { size: "native", format: "jpeg" } }
                """)
        let submitted = try await Darkroom.run(
            tool: "/bin/sh",
            [
                "-c", "umask 077; exec \"$0\" submit --config \"$1\" --prompt 'a hill' --id one",
                Darkroom.path, try #require(spool.config),
            ])
        #expect(submitted.code == 0, "\(submitted.err)")
        #expect(try facts(spool.path + "/inbox/one") == "2770 \(group)")
        #expect(try facts(spool.path + "/inbox/one/job.json") == "640 \(group)")
        let drained = try await Darkroom.run(
            tool: "/bin/sh",
            ["-c", "umask 077; exec \"$0\" drain --config \"$1\"", Darkroom.path, try #require(spool.config)])
        #expect(drained.code == 0, "\(drained.err)")
        #expect(try facts(spool.path + "/inbox") == "2770 \(group)")
        #expect(try facts(spool.path + "/done") == "2750 \(group)")
        #expect(try facts(spool.path + "/done/one") == "2750 \(group)")
        for file in ["status.json", "one-1.jpg", "one-1.jpg.json"] {
            #expect(try facts(spool.path + "/done/one/" + file) == "640 \(group)")
        }
        try await Darkroom.tool(
            "sh", "-c", "umask 077; mkdir '\(spool.path)/inbox/tmp'; echo x >'\(spool.path)/inbox/tmp/x'")
        #expect(try facts(spool.path + "/inbox/tmp") == "2770 \(group)")
        #expect(try facts(spool.path + "/inbox/tmp/x") == "660 \(group)")
        #expect(try facts(spool.path + "/.darkroom").hasPrefix("700 "))
    }

    @Test func `a group or a user that this machine does not know is an error of the configuration`() async throws {
        let spool = try TestSpool(
            "unknown",
            config: """
                { spool: { path: "SPOOL", group: "no-such-group" }, inbox: { owners: ["no-such-user", 0, true] },
                  models: { default: "o", o: { provider: "simulator" } } }
                """)
        let checked = try await spool.darkroom("config", "check")
        #expect(checked.code == 78)
        for field in ["spool.group", "inbox.owners[0]", "inbox.owners[2]"] { #expect(checked.err.contains(field)) }
    }

    @Test(.enabled(if: Accounts.own == 0, "only root can make files of somebody else"))
    func `files of somebody who may not hand over are not read, and stay`() async throws {
        let spool = try TestSpool(
            "owners",
            config: """
                { spool: "SPOOL", inbox: { owners: [1] }, models: { default: "o", o: { provider: "simulator" } },
                  output: { size: "native", format: "jpeg" } }
                """)
        let photo = try Data(contentsOf: URL(fileURLWithPath: Darkroom.samples + "/dandelion.jpg"))
        try spool.drop("mine", manifest: #"{"prompt":"a hill","id":"mine"}"#)
        try spool.drop(
            "mixed", manifest: #"{"prompt":"x","id":"mixed","references":["a.jpg"]}"#, files: ["a.jpg": photo])
        try spool.drop("theirs", manifest: #"{"prompt":"x","id":"theirs"}"#)
        try await Darkroom.tool("chown", "2", spool.path + "/inbox/mixed/a.jpg", spool.path + "/inbox/theirs")
        #expect(try await spool.darkroom("drain").code == 1)
        #expect(spool.outcomes("done") == ["mine"])
        #expect(spool.outcomes("failed") == ["mixed"])
        #expect(spool.outcomes("inbox") == ["theirs"])
    }
}
