import Foundation
import Support

/// Runs a program of the system.
enum Tool {
    struct Failed: Error { let status: Int32 }

    @discardableResult
    static func run(_ name: String, _ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let folder = try ScratchFolder()
        let source = folder.path("in")
        try Data(input).write(to: URL(fileURLWithPath: source))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let output = Pipe()
        process.standardInput = FileHandle(forReadingAtPath: source)
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let result = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.blockUntilEnded()
        guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
        return result
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
