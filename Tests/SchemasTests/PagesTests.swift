import Domain
import Foundation
import Settings
import Testing

/// Pages for people are part of what is promised: what can be checked in them is.
@Suite struct PagesTests {
    struct Arrow: Hashable {
        let from: String
        let event: String
        let to: String
    }

    private static let events: [JobEvent] =
        [.prepared, .called, .hindered, .resumed, .answered, .finished] + Outcome.allCases.map { .settled($0) }

    private static func name(_ event: JobEvent) -> String {
        if case .settled(let outcome) = event { "settled(\(outcome.rawValue))" } else { "\(event)" }
    }

    @Test func `the page's table of states is what the code does`() throws {
        let text = try page("Sources/Daemon/Daemon.docc/Architecture.md")
        let drawn = text.split(separator: "\n").compactMap { line -> Arrow? in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, JobState(rawValue: cells[0]) != nil else { return nil }
            return Arrow(from: cells[0], event: cells[1], to: cells[2])
        }
        var real: Set<Arrow> = []
        for state in JobState.allCases {
            for event in Self.events {
                guard let next = state.after(event) else { continue }
                real.insert(Arrow(from: state.rawValue, event: Self.name(event), to: next.rawValue))
            }
        }
        #expect(Set(drawn) == real)
        #expect(drawn.count == real.count)
    }

    @Test func `the page about providers names every family of models`() throws {
        let text = try page("Sources/Daemon/Daemon.docc/Providers.md")
        for family in MAIFamilies.names + OpenAIFamilies.names + GeminiFamilies.names {
            #expect(text.contains(family), "\(family) is not named")
        }
    }

    @Test func `the template on the page about handing over becomes a prompt`() throws {
        let text = try page("Sources/Daemon/Daemon.docc/HandingOver.md")
        let block = try #require(
            text.components(separatedBy: "```json5\n").dropFirst().first { $0.contains("poster@3.json5") })
        let template = try PromptTemplate.read(Array((block.components(separatedBy: "```").first ?? "").utf8))
        let prompt = try template.expanded(with: [.init(name: "title", value: "Harbour days")])
        #expect(prompt == "A woodcut poster that says \"Harbour days\"")
    }

    private func page(_ path: String) throws -> String {
        let top = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        return try String(contentsOfFile: top + "/" + path, encoding: .utf8)
    }
}
