import Foundation
import Workers

enum Program {
    /// A program built beside the tests.
    static func besideTests(_ name: String) -> String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name).path
    }

    /// A picture of the samples.
    static func sample(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "samples/jobs/\(name)")
    }

    /// Waits until a process that was idle has used a tenth of a second of processor time.
    static func waitUntilBusy(_ process: Int32) async throws {
        let before = try ticks(process)
        while try ticks(process) < before + 10 { await Task.yield() }
    }

    /// Waits until a worker of the pool has a job, and gives its process.
    static func waitUntilServed(by pool: WorkerPool) async -> Int32 {
        while true {
            if let busy = pool.busy.first { return busy.process }
            await Task.yield()
        }
    }

    static func waitUntilGone(_ process: Int32) async {
        while state(process).map({ $0 != "Z" }) ?? false { await Task.yield() }
    }

    /// The words of /proc/N/stat after the name, which may hold anything.
    private static func words(_ process: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return nil }
        return text[name...].split(separator: " ")
    }

    private static func state(_ process: Int32) -> Substring? { words(process)?.dropFirst().first }

    private static func ticks(_ process: Int32) throws -> Int {
        guard let words = words(process), words.count > 13, let user = Int(words[12]), let system = Int(words[13])
        else { throw CocoaError(.fileReadNoSuchFile) }
        return user + system
    }
}
