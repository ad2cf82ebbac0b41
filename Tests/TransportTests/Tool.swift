import Foundation
import Support

/// Runs a program of the system.
enum Tool {
    @discardableResult
    static func run(_ name: String, _ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let folder = try ScratchFolder()
        let source = folder.path("in")
        try Data(input).write(to: URL(fileURLWithPath: source))
        return try Spawned.run(name, arguments, input: source)
    }
}

/// A folder that goes when the value does.
final class ScratchFolder: Sendable {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("transport-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
