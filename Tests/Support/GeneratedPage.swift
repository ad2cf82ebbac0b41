import Foundation

/// A page of the documentation that is made from the source: a test says where it is stale, and writes it anew where it is told to.
package enum GeneratedPage {
    /// Set to write the pages: `DARKROOM_WRITE_PAGES=1 swift test --filter ReferencePages`.
    private static let isWriting = ProcessInfo.processInfo.environment["DARKROOM_WRITE_PAGES"] == "1"

    private static let catalog = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/Daemon/Daemon.docc")

    /// Whether the page `name` of the catalog is what the source makes of it.
    package static func isFresh(_ name: String, _ text: String) throws -> Bool {
        let file = catalog.appendingPathComponent(name)
        if isWriting { try text.write(to: file, atomically: true, encoding: .utf8) }
        return try String(contentsOf: file, encoding: .utf8) == text
    }

    /// A table of Markdown; bars and line ends in cells are made harmless.
    package static func table(_ heads: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }.joined(separator: " | ")
                + " |"
        }
        return ([line(heads), line(heads.map { _ in "---" })] + rows.map(line)).joined(separator: "\n") + "\n"
    }
}
