package import Foundation

/// A folder that is gone when the last copy of it is, and the tools of the distribution run in it.
package struct ToolFolder: Sendable {
    private let scratch: Scratch

    package var folder: URL { URL(filePath: scratch.path) }

    package init(_ name: String = "tools") throws {
        scratch = try Scratch(name)
    }

    package func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.appending(path: name))
    }

    package func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    /// Runs a tool in the folder and gives what it printed on standard output.
    @discardableResult
    package func run(_ tool: String, _ arguments: [String]) throws -> String {
        // What our own use of libvips sets in this process would take the HEIF module from the tool.
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("VIPS") }
        let printed = try Scratch("printed")
        let process = try Spawned(
            "/usr/bin/env", ["-C", scratch.path, tool] + arguments, environment: environment,
            output: printed.file("out"), errors: "/dev/null")
        let code = process.wait()
        guard code == 0 else { throw ToolFailure(tool: tool, code: code) }
        return String(decoding: try Data(contentsOf: URL(filePath: printed.file("out"))), as: UTF8.self)
    }

    @discardableResult
    package func run(_ tool: String, _ arguments: String...) throws -> String { try run(tool, arguments) }
}

/// A tool that did not do what a test needs; is it installed?
package struct ToolFailure: Error, CustomStringConvertible {
    package let tool: String
    package let code: Int32

    package var description: String { "\(tool) ended with \(code)" }
}
