import Foundation
import Support
import Testing

/// What the guide tells people to type works as it stands there.
@Suite struct GuideTests {
    /// The first block of that language on the page about handing over.
    private func block(_ language: String) throws -> String {
        let page = URL(fileURLWithPath: Darkroom.samples).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/Daemon/Daemon.docc/HandingOver.md")
        let parts = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```\(language)\n")
        let block = try #require(parts.dropFirst().first)
        return try #require(block.components(separatedBy: "```").first)
    }

    @Test func `the shell's example hands a job over and waits for it`() async throws {
        let spool = try TestSpool("guide-shell")
        let daemon = try spool.daemon()
        try FileManager.default.createDirectory(atPath: spool.path + "/inbox/tmp", withIntermediateDirectories: true)
        let wrapper = spool.scratch.file("darkroom")
        try "#!/bin/sh\nexec \(Darkroom.path) \"$@\" --spool \(spool.path)\n".write(
            toFile: wrapper, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
        try FileManager.default.copyItem(
            atPath: Darkroom.samples + "/dandelion.jpg", toPath: spool.scratch.file("photo.jpg"))
        let script =
            "set -e; cd \(spool.scratch.path); PATH=\(spool.scratch.path):$PATH\n"
            + (try block("sh")).replacing("/var/lib/darkroom", with: spool.path)
        let result = try await Darkroom.run(tool: "/usr/bin/env", ["bash", "-c", script])
        #expect(result.code == 0 && result.out.contains("order-4711-1.png"), "\(result.out)\(result.err)")
        await daemon.end()
    }

    @Test func `the example in Python hands a job over and reads its outcome`() async throws {
        let spool = try TestSpool("guide-python")
        let daemon = try spool.daemon()
        let program =
            (try block("python")).replacing("/var/lib/darkroom", with: spool.path) + """

                hand_over("guide", "a lamp", ["\(Darkroom.samples)/dandelion.jpg"])
                folder, status = outcome("guide")
                print(os.path.basename(folder), status["outcome"], status["inputs"]["count"])
                """
        let result = try await Darkroom.run(tool: "/usr/bin/env", ["python3", "-c", program])
        #expect(result.out.hasPrefix("guide done"), "\(result.out)\(result.err)")
        await daemon.end()
    }
}
