import Foundation
import Support

/// A file held open by somebody who writes to it bit by bit.
final class SlowWriter {
    private let handle: FileHandle

    /// Goes on at the end of what stands at `path`.
    init(_ path: String) throws {
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
        handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    func write(_ text: String) throws {
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }
}

/// Runs a line of shell in `folder`, for kinds of files that Foundation can not make.
func shell(_ script: String, in folder: String) throws {
    try Spawned.run("sh", ["-c", script], in: folder)
}
