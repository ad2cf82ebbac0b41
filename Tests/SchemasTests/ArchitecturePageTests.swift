import Domain
import Foundation
import Testing

/// The architecture page is part of what is promised: its table of states is the transition function.
@Suite struct ArchitecturePageTests {
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
        let top = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let page = top + "/Sources/Daemon/Daemon.docc/Architecture.md"
        let text = try String(contentsOfFile: page, encoding: .utf8)
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
}
