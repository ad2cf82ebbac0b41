import Disk
import Documents
import Domain
import Foundation
import Support
import Testing

@testable import Statistics

@Suite struct StatisticsTests {
    let scratch: Scratch
    let folder: String
    let statistics: PromptStatistics
    /// A Wednesday, 18 November 2026.
    let now = Timestamp(milliseconds: 1_795_000_000_000)
    let week = Span.hours(7 * 24)

    init() throws {
        scratch = try Scratch("statistics")
        folder = scratch.file("statistics")
        statistics = PromptStatistics(folder: folder)
    }

    static let mill = PromptCell(
        model: "openai/gpt-image-2", operation: .generate, aspect: .square, script: .latin, length: .upTo50)
    static let edit = PromptCell(
        model: "openai/gpt-image-2", operation: .edit, aspect: .wide, script: .han, length: .upTo200)

    private func note(_ cell: PromptCell = mill, subjects: Range<Int>, least: Int = 50, at moment: Timestamp) throws {
        for subject in subjects { try statistics.note(cell, of: "subject-\(subject)", least: least, at: moment) }
    }

    private func published(_ week: String) throws -> [String: Int]? {
        guard let bytes = try? Files.read(folder + "/\(week).json", limit: 1 << 20) else { return nil }
        let document = try JSONParser.parse(bytes)
        #expect(document["schema"] == "darkroom.statistics/1" && document["from"]?.string == week)
        var found: [String: Int] = [:]
        for cell in document["cells"]?.array ?? [] {
            let words = ["model", "operation", "aspect", "script", "length"].compactMap { cell[$0]?.string }
            found[words.joined(separator: " ")] = cell["subjects"]?.int
        }
        return found
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test func `sixty subjects of one week are published when it is over, forty-nine of the next are not`() throws {
        try note(subjects: 0..<60, at: now)
        try note(subjects: 10..<60, at: now.after(.hours(1)))
        #expect(names == ["2026-11-16.salt", "2026-11-16.tokens", "lock"])
        #expect(try statistics.close(before: now.after(.hours(48))).isEmpty, "it is Friday")
        #expect(try published("2026-11-16") == nil)

        let next = now.after(week)
        try note(subjects: 0..<49, at: next)
        let first = try statistics.close(before: next)
        #expect(first.map(\.week.name) == ["2026-11-16"] && first.first?.cells == 1)
        #expect(try published("2026-11-16") == ["openai/gpt-image-2 generate square latin 1-50": 60])
        #expect(names == ["2026-11-16.json", "2026-11-23.salt", "2026-11-23.tokens", "lock"])

        let second = try statistics.close(before: next.after(week))
        #expect(second.map(\.week.name) == ["2026-11-23"] && second.first?.cells == 0)
        #expect(try published("2026-11-23") == [:], "and what is missing is carried nowhere")
        #expect(names == ["2026-11-16.json", "2026-11-23.json", "lock"])
        try note(subjects: 49..<60, at: next.after(week))
        #expect(try statistics.close(before: next.after(week).after(week)).first?.cells == 0)
    }

    @Test func `an open week's file holds no subject, and tells of none whether two cells are of one`() throws {
        try note(subjects: 0..<3, at: now)
        try note(Self.edit, subjects: 0..<3, at: now)
        let text = try #require(
            String(bytes: Files.read(folder + "/2026-11-16.tokens", limit: 1 << 20) ?? [], encoding: .utf8))
        let tokens = text.split(separator: "\n").compactMap { $0.split(separator: " ").last }
        #expect(tokens.count == 6 && Set(tokens).count == 6 && !text.contains("subject"))
        let other = PromptStatistics(folder: scratch.file("other"))
        for subject in 0..<3 { try other.note(Self.mill, of: "subject-\(subject)", least: 50, at: now) }
        let theirs = try #require(
            String(
                bytes: Files.read(scratch.file("other") + "/2026-11-16.tokens", limit: 1 << 20) ?? [], encoding: .utf8))
        #expect(tokens.allSatisfy { !theirs.contains($0) }, "each week and place has a salt of its own")
    }

    @Test func `a subject counts once a cell and week, also after a restart`() throws {
        try note(subjects: 0..<50, at: now)
        let again = PromptStatistics(folder: folder)
        for subject in 0..<50 { try again.note(Self.mill, of: "subject-\(subject)", least: 50, at: now) }
        try again.note(Self.mill, of: "subject-50", least: 50, at: now)
        _ = try again.close(before: now.after(week))
        #expect(try published("2026-11-16")?.values.first == 51)
    }

    @Test func `the most that a policy asked for in a week holds for all of it, and never less than twenty`() throws {
        try note(subjects: 0..<30, least: 20, at: now)
        try note(Self.edit, subjects: 0..<1, least: 40, at: now)
        _ = try statistics.close(before: now.after(week))
        #expect(try published("2026-11-16") == [:])
        try note(subjects: 0..<19, least: 1, at: now.after(week))
        _ = try statistics.close(before: now.after(week).after(week))
        #expect(try published("2026-11-23") == [:])
    }

    @Test func `who withdraws is counted no more in the open week`() throws {
        try note(subjects: 0..<50, at: now)
        try note(Self.edit, subjects: 0..<60, at: now)
        try statistics.withdraw("subject-7")
        try statistics.withdraw("nobody")
        try note(subjects: 50..<52, at: now)
        _ = try statistics.close(before: now.after(week), without: ["subject-9", "nobody"])
        #expect(try published("2026-11-16")?.values.sorted() == [50, 58])
    }

    @Test(arguments: PromptStatistics.Step.allCases)
    func `a close that is cut short is gone on with, to the same end`(step: PromptStatistics.Step) throws {
        try note(subjects: 0..<60, at: now)
        let salt = try #require(try Files.read(folder + "/2026-11-16.salt", limit: 64))
        let later = now.after(week)
        #expect(throws: DiskError.self) {
            try statistics.close(before: later) { reached throws(DiskError) in
                if reached == step { throw DiskError("die", code: 5) }
            }
        }
        let again = PromptStatistics(folder: folder)
        // What comes late for the week that is being closed changes nothing of it.
        try again.note(Self.mill, of: "late", least: 50, at: now)
        _ = try again.close(before: later)
        #expect(try published("2026-11-16") == ["openai/gpt-image-2 generate square latin 1-50": 60])
        #expect(names == ["2026-11-16.json", "lock"])
        for name in names {
            let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
            #expect(data.range(of: Data(salt)) == nil)
        }
    }

    @Test func `a file that was torn counts what is whole of it`() throws {
        try note(subjects: 0..<60, at: now)
        let path = folder + "/2026-11-16.tokens"
        let bytes = try #require(try Files.read(path, limit: 1 << 20))
        try Files.writeDurably(Array(bytes.dropLast(10)), to: path)
        _ = try statistics.close(before: now.after(week))
        #expect(try published("2026-11-16")?.values.first == 59)
    }

    @Test func `where one cell alone falls short the smallest of the others goes with it`() {
        func cell(_ model: String, _ script: WritingSystem) -> PromptCell {
            PromptCell(model: model, operation: .generate, aspect: .square, script: script, length: .upTo50)
        }
        let (a, b, c) = (cell("m", .latin), cell("m", .han), cell("m", .greek))
        let (x, y, z) = (cell("n", .latin), cell("n", .han), cell("n", .greek))
        func left(_ counts: [PromptCell: Int]) -> Set<PromptCell> {
            Set(PromptRelease(of: counts, least: 50).cells.keys)
        }
        #expect(left([a: 60, b: 70]) == [a, b])
        #expect(left([a: 60, b: 70, c: 49]) == [b], "49 is the total without them")
        #expect(left([a: 60, b: 10, c: 49]) == [a], "two are dropped already: no difference tells one")
        #expect(left([a: 49]).isEmpty && left([a: 60, b: 49]).isEmpty)
        #expect(left([a: 60, b: 70, c: 80, x: 49, y: 55, z: 90]) == [a, b, c, z])
        // A model of which nothing is left has told its total: another model's smallest goes too, and with it one beside that.
        #expect(left([a: 60, b: 70, c: 80, x: 49]) == [c])
    }

    @Test(arguments: [
        ("2026-11-16", 0, true), ("2026-11-15", 0, false), ("2026-11-23", 7, true), ("1970-01-05", 0, true),
        ("x", 0, false),
    ])
    func `a week is named by its Monday`(name: String, days: Int, isMonday: Bool) {
        #expect((Week(name: name) != nil) == isMonday)
        guard let week = Week(name: name) else { return }
        #expect(Week(of: week.start) == week && week.name == name)
        #expect(Week(of: week.start.after(Span(milliseconds: -1))) < week)
        #expect(Week(of: week.start.after(Span(milliseconds: 7 * 86_400_000 - 1))) == week)
    }

    @Test func `what is counted of a prompt are words of closed lists`() {
        var spec = JobSpec(prompt: "風車と川のある風景を、朝の光の中で")
        spec.referenceCount = 2
        let cell = PromptCell(of: spec, model: "m/f", picture: PixelSize(width: 1536, height: 1024))
        #expect(cell.operation == .edit && cell.aspect == .landscape && cell.length == .upTo50)
        #expect(PromptCell(text: cell.text) == cell && !cell.text.contains("風"))
        spec.hasMask = true
        spec.prompt = String(repeating: "mill ", count: 300)
        let other = PromptCell(of: spec, model: "m/f", picture: PixelSize(width: 768, height: 1376))
        #expect(other.operation == .mask && other.aspect == .tall && other.script == .latin && other.length == .more)
        for text in [
            "", "a|b", "m|generate|square|latin|1-50|x", "m|paint|square|latin|1-50", "|generate|square|latin|1-50",
        ] {
            #expect(PromptCell(text: text) == nil)
        }
    }
}
