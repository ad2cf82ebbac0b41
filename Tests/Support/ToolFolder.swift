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
        String(decoding: try Spawned.run(tool, arguments, in: scratch.path), as: UTF8.self)
    }

    @discardableResult
    package func run(_ tool: String, _ arguments: String...) throws -> String { try run(tool, arguments) }
}

/// A tool that did not do what a test needs; is it installed?
package struct ToolFailure: Error, CustomStringConvertible {
    package let tool: String
    package let code: Int32

    package init(tool: String, code: Int32) {
        self.tool = tool
        self.code = code
    }

    package var description: String { "\(tool) ended with \(code)" }
}
