import Foundation
import Support
import Testing

/// Names and kinds of things that nobody hands over in good faith.
@Suite(.serialized) struct HostileInboxTests {
    @Test func `strange names and kinds are refused or left alone, nothing outside is touched, and work goes on`()
        async throws
    {
        let spool = try TestSpool(
            "hostile",
            config: """
                { spool: "SPOOL", inbox: { settle: "100ms" }, models: { default: "offline", offline: { provider: "simulator" } },
                  output: { size: "native", format: "jpeg" }, listen: "off", disk: { min_free: "1MB" } }
                """)
        let outside = spool.scratch.file("outside")
        try await Darkroom.tool(
            "sh", "-c",
            #"""
            set -e
            mkdir "$1"; printf 'SECRET-prompt' > "$1/x.txt"; printf '{"prompt":"SECRET-prompt"}' > "$1/job.json"
            cd "$2/inbox"
            ln -s "$1/x.txt" link.txt; ln "$1/x.txt" hard.txt; mkfifo pipe.txt; ln -s /etc/passwd passwd.txt
            mkdir folder.txt x.png; mkfifo pipe.json pipe.jsonl; ln -s "$1" linked-folder
            mkdir inner; ln -s "$1/job.json" inner/job.json
            mkdir deep; printf '{"prompt":"p","references":["sub/a.png"]}' > deep/job.json
            printf 'a hill' > "$(printf 'new\nline.txt')"
            printf 'a hill' > "$(printf 'not\377utf8.txt')"
            printf 'a hill' > "$(printf 'n%.0s' $(seq 251)).txt"
            printf 'a hill' > '-rf.txt'; printf 'a hill' > '$(touch gone).txt'
            """#, "sh", outside, spool.path)
        let daemon = try spool.daemon()
        // Two names that are only strange, the long one and the one with a line in it are jobs like any other.
        try await eventually("what is only strangely named is made") { spool.outcomes("done").count == 4 }
        try spool.drop("good", manifest: #"{"prompt":"a hill","id":"good"}"#)
        try await eventually("work goes on") { spool.outcomes("done").contains("good") }
        try await eventually("what can be named is refused") { spool.outcomes("failed").count >= 3 }
        #expect(await daemon.end() == 0)
        #expect(try String(contentsOfFile: outside + "/x.txt", encoding: .utf8) == "SECRET-prompt")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside).sorted() == ["job.json", "x.txt"])
        #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
        #expect(spool.files(holding: ["SECRET-prompt"]).allSatisfy { $0.hasPrefix("inbox/") })
        for job in spool.outcomes("failed") { #expect(try spool.reason(job).code == "invalid_manifest") }
        let left = spool.outcomes("inbox")
        for name in ["link.txt", "pipe.txt", "passwd.txt", "pipe.json", "pipe.jsonl", "linked-folder", "folder.txt"] {
            #expect(left.contains(name), "\(name) is nobody's to take")
        }
        // One line a matter, none a name, and none broken by a name.
        let lines = daemon.printed.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("{") || $0.first?.isNumber == true })
        #expect(lines.count { $0.contains("no hand-over") } <= 3)
        #expect(!daemon.printed.contains("passwd"))
    }

    /// Milliseconds and kilobytes of the daemon are not asserted: what is, is that a long batch keeps nobody waiting and that its
    /// memory does not grow with it.
    @Test
    func `a batch of a hundred megabytes is read without being held in memory, and others are made meanwhile`()
        async throws
    {
        let spool = try TestSpool("long", config: BatchTests.config)
        let file = spool.path + "/inbox/.long.jsonl"
        try await Darkroom.tool(
            "sh", "-c",
            #"""
            line=$(printf '{"prompt":7,"x":"%s"}' "$(head -c 900 /dev/zero | tr '\0' x)")
            yes "$line" | head -n 110000 > "$1"
            """#, "sh", file)
        let daemon = try spool.daemon()
        try await eventually("it runs") { daemon.printed.contains("darkroom is running") }
        let before = try Self.peak(of: daemon.process.pid)
        try FileManager.default.moveItem(atPath: file, toPath: spool.path + "/inbox/long.jsonl")
        try spool.drop("good", manifest: #"{"prompt":"a hill","id":"good"}"#)
        try await eventually("another is made") { spool.outcomes("done").contains("good") }
        try await eventually("lines of it are taken") { spool.outcomes("failed").count > 200 }
        let after = try Self.peak(of: daemon.process.pid)
        #expect(after - before < 60_000, "kilobytes: \(before), \(after)")
        await daemon.end(SIGKILL)
    }

    /// Most memory that the process has had, in kilobytes.
    private static func peak(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }
}
