import Domain
import Foundation
import Settings
import Support
import Testing

@Suite struct TemplateFolderTests {
    private let scratch: Scratch
    private let folder: TemplateFolder

    init() throws {
        scratch = try Scratch("templates")
        var configuration = Configuration()
        configuration.templates = scratch.path
        folder = try #require(TemplateFolder(configuration))
    }

    private func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.file(name)))
    }

    private func prompt(_ name: String, _ version: Int? = nil) throws(Reason) -> String {
        try folder.prompt(for: TemplateUse(name: name, version: version))
    }

    @Test func `the version that is asked for is taken, and the newest where none is`() throws {
        try write("{ text: 'nine' }", "a@9.json5")
        try write("{ text: 'ten' }", "a@10.json5")
        try write("{ text: 'two', version: 2 }", "a.json5")
        try write("{ text: 'b' }", "b.json")
        try write("no template", "README.md")
        #expect(folder.faults() == [])
        #expect(try prompt("a") == "ten" && prompt("a", 9) == "nine" && prompt("a", 2) == "two")
        #expect(try prompt("b", 1) == "b")
        for (name, version, field) in [("a", 3, "template.version"), ("c", nil, "template.name")]
            as [(String, Int?, String)]
        {
            let reason = #expect(throws: Reason.self) { try prompt(name, version) }
            #expect(reason?.code == .invalidManifest && reason?.field == field)
        }
    }

    @Test func `a faulty template stops its own jobs only, and every fault is told`() throws {
        try write("{ text: 'fine' }", "good.json5")
        try write("{ text: 'one' }", "a@1.json5")
        try write("{ text: ", "a@2.json5")
        try write("{ text: 'x', name: 'other' }", "named.json5")
        try write("{ text: 'x', version: 2 }", "said@1.json5")
        try write("{ text: 'x' }", "bad@x.json5")
        try write("{ text: 'x' }", "twice@1.json5")
        try write("{ text: 'y' }", "twice.json5")
        try write(String(repeating: " ", count: 300_000), "huge.json5")
        let faults = folder.faults()
        for file in ["a@2", "named", "said@1", "bad@x", "twice@1", "huge"] {
            #expect(faults.contains { $0.contains("\(file).json5") }, "\(file) in \(faults)")
        }
        #expect(faults.count == 6)
        #expect(try prompt("good") == "fine" && prompt("a", 1) == "one")
        for (name, version) in [("a", 2), ("a", nil), ("twice", nil), ("twice", 1), ("huge", nil)] as [(String, Int?)] {
            let reason = #expect(throws: Reason.self) { try prompt(name, version) }
            #expect(reason?.field == "template", "\(name)")
        }
    }

    @Test func `a folder that is not there is a fault`() throws {
        var configuration = Configuration()
        #expect(TemplateFolder(configuration) == nil)
        configuration.templates = scratch.file("nowhere")
        let gone = try #require(TemplateFolder(configuration))
        #expect(gone.faults().count == 1)
        #expect(throws: Reason.self) { try gone.prompt(for: TemplateUse(name: "a")) }
    }
}
