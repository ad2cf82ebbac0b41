import Foundation
import Support
import Testing

/// What inputs are sealed under, by the built program and the age tool.
@Suite struct KeyTests {
    private func spool(_ name: String, more: String = "") throws -> TestSpool {
        try TestSpool(
            name,
            config: """
                { spool: "SPOOL", models: { offline: { provider: "simulator" } }, listen: "off",
                  output: { size: "native", format: "jpeg" }\(more) }
                """)
    }

    private func blobs(_ spool: TestSpool) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: spool.path + "/.darkroom/blobs")
    }

    @Test func `the age tool opens a job's work files with its key, also after a rotation, until the inputs end`()
        async throws
    {
        let spool = try spool("key-export")
        try spool.drop("j", manifest: #"{"prompt":"a red canary","id":"j"}"#)
        #expect(try await spool.darkroom("drain").code == 0)
        let tools = try ToolFolder()
        var opened = 0
        for round in 1...2 {
            let exported = try await spool.darkroom("key", "export", "j")
            #expect(exported.code == 0 && exported.out.hasPrefix("AGE-SECRET-KEY-1"))
            try tools.write(Array(exported.out.utf8), to: "job.key")
            for blob in try blobs(spool) {
                let path = spool.path + "/.darkroom/blobs/" + blob
                try tools.write(Array(try Data(contentsOf: URL(fileURLWithPath: path))), to: "sealed")
                _ = try tools.run("age", "-d", "-i", "job.key", "-o", "clear", "sealed")
                if String(decoding: try tools.read("clear"), as: UTF8.self).contains("a red canary") { opened += 1 }
            }
            #expect(opened == round, "the prompt is one of them")
            if round == 1 { #expect(try await spool.darkroom("key", "rotate").code == 0) }
        }
        let shown = try await spool.darkroom("key", "show", "--json")
        #expect(
            shown.json["hours"] as? Int == 1 && shown.json["jobs"] as? Int == 1 && shown.json["own"] as? Bool == true)
        #expect((shown.json["recipient"] as? String)?.hasPrefix("age1") == true)
    }

    @Test func `a key of the operator's stands nowhere in the spool, and without it nothing starts`() async throws {
        let tools = try ToolFolder()
        let scratch = try Scratch("kek")
        let key = scratch.file("kek")
        let text = try tools.run("age-keygen")
        try Data(text.utf8).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: key)
        let spool = try spool("key-given", more: ", seal: { key: { file: '\(key)' } }")
        try spool.drop("j", manifest: #"{"prompt":"a lamp","id":"j"}"#)
        #expect(try await spool.darkroom("drain").code == 0)
        let secret = try #require(text.split(separator: "\n").last { $0.hasPrefix("AGE-SECRET-KEY-1") })
        #expect(spool.files(holding: [String(secret)]) == [])
        #expect(!FileManager.default.fileExists(atPath: spool.path + "/.darkroom/seal.key"))
        #expect(try await spool.darkroom("key", "rotate").code == 64, "what it is rotated from is to be named")

        try FileManager.default.removeItem(atPath: key)
        let refused = try await spool.darkroom("drain")
        #expect(refused.code == 78 && refused.err.contains("seal.key"))
        try Data("no key at all\n".utf8).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: key)
        #expect(try await spool.darkroom("drain").code == 78)
    }
}
