import Foundation
import Support
import Testing

/// What the guide tells people to type works as it stands there.
@Suite struct GuideTests {
    /// The blocks of that language on the page about handing over.
    private func blocks(_ language: String) throws -> [String] {
        try Page.named("HandingOver").blocks(language).map(\.text)
    }

    /// A folder with `darkroom` in it that works on that spool.
    private func wrapper(_ spool: TestSpool) throws -> String {
        let program = spool.scratch.file("darkroom")
        try "#!/bin/sh\nexec \(Darkroom.path) \"$@\" --spool \(spool.path)\n".write(
            toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        return spool.scratch.path
    }

    @Test func `the shell's examples hand jobs over and wait for them`() async throws {
        let spool = try TestSpool("guide-shell")
        let daemon = try spool.daemon()
        for name in ["photo.jpg", "chair.jpg"] {
            try FileManager.default.copyItem(
                atPath: Darkroom.samples + "/dandelion.jpg", toPath: spool.scratch.file(name))
        }
        let script =
            "set -e; cd \(spool.scratch.path); PATH=\(try wrapper(spool)):$PATH\n"
            + (try blocks("sh")).joined(separator: "\n").replacing("/var/lib/darkroom", with: spool.path)
        let result = try await Darkroom.run(tool: "/usr/bin/env", ["bash", "-c", script])
        #expect(result.code == 0 && result.out.contains("order-4711-1.png"), "\(result.out)\(result.err)")
        #expect(spool.outcomes("done") == ["chair-1", "chair-2", "chair-3", "order-4711"])
        await daemon.end()
    }

    @Test func `the example in Python hands a job over and reads its outcome`() async throws {
        let spool = try TestSpool("guide-python")
        let daemon = try spool.daemon()
        let program =
            (try #require(try blocks("python").first)).replacing("/var/lib/darkroom", with: spool.path) + """

                hand_over("guide", "a lamp", ["\(Darkroom.samples)/dandelion.jpg"])
                folder, status = outcome("guide")
                print(os.path.basename(folder), status["outcome"], status["inputs"]["count"])
                """
        let result = try await Darkroom.run(tool: "/usr/bin/env", ["python3", "-c", program])
        #expect(result.out.hasPrefix("guide done"), "\(result.out)\(result.err)")
        await daemon.end()
    }

    @Test func `the first job of the README is made, and what is broken on purpose ends as it says`() async throws {
        let spool = try TestSpool("guide-readme")
        let daemon = try Darkroom.Running(["run", "--spool", spool.path], log: spool.scratch.file("daemon.log"))
        let blocks = try Page.named("README").blocks("sh").map(\.text).filter { $0.contains("/tmp/spool") }
        #expect(blocks.count == 4 && blocks[0].contains("darkroom run"))
        let programs = spool.scratch.file("bin")
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: programs + "/darkroom", withDestinationPath: Darkroom.path)
        let script =
            "set -e; cd \(Page.top)\n"
            + blocks.dropFirst().joined(separator: "\n").replacing("/tmp/spool", with: spool.path)
            .replacing("$PWD/.build/release", with: programs)
        let result = try await Darkroom.run(tool: "/usr/bin/env", ["bash", "-c", script])
        #expect(result.code == 0, "\(result.out)\(result.err)")
        #expect(FileManager.default.fileExists(atPath: spool.path + "/done/winter/winter-1.png"))
        try await eventually("all three have failed") { spool.outcomes("failed").count == 3 }
        let codes = try spool.outcomes("failed").map { try spool.reason($0).code }
        #expect(Set(codes) == ["invalid_manifest", "reference_unreadable", "id_conflict"])
        for code in codes { #expect(result.out.contains(try #require(code)), "the list names it: \(result.out)") }
        #expect(FileManager.default.fileExists(atPath: spool.path + "/inbox/later.txt.part"))
        await daemon.end()
    }
}
