import Foundation
import Synchronization

/// A program of its own: posix_spawn and waitpid. Foundation's `Process` waits by turning round without pause, and has crashed
/// where many threads open files.
package final class Spawned: Sendable {
    private enum State {
        case running
        case ended(Int32)
    }

    package let pid: Int32
    private let state = Mutex(State.running)

    /// - Parameters:
    ///   - environment: all of it.
    ///   - output, errors: files that are made where they are missing; what is written goes to their ends.
    package init(
        _ program: String, _ arguments: [String], environment: [String: String], input: String = "/dev/null",
        output: String, errors: String
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if errors == output {
            unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // Closing what is not open is no error here. Sockets of other tests must not live on in a child.
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        for number in 3..<Int32(clamping: min(limit.rlim_cur, 4096)) {
            unsafe posix_spawn_file_actions_addclose(&actions, number)
        }
        let words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        let facts = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + facts).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, program, &actions, nil, words, facts)
        guard code == 0 else { throw ToolFailure(tool: program, code: code) }
        self.pid = pid
    }

    /// Blocks until it has ended, and gives its exit code, or the number of the signal that ended it.
    @discardableResult
    package func wait() -> Int32 {
        // Looked at again and again: no test is to stand still for a wake-up that does not come.
        var pause: useconds_t = 500
        while true {
            if let code = look() { return code }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
    }

    package var isRunning: Bool { look() == nil }

    package func signal(_ number: Int32) {
        // Under the lock: the number could be another's once it was waited for.
        state.withLock { if case .running = $0 { kill(pid, number) } }
    }

    /// Its exit code, or the number of the signal that ended it; nil while it runs.
    private func look() -> Int32? {
        state.withLock { state in
            if case .ended(let code) = state { return code }
            var status: Int32 = 0
            let found = unsafe waitpid(pid, &status, WNOHANG)
            if found == 0 || found < 0 && errno == EINTR { return nil }
            let code = found < 0 ? -1 : status & 0x7F == 0 ? status >> 8 & 0xFF : status & 0x7F
            state = .ended(code)
            return code
        }
    }
}

extension Spawned {
    /// Runs a tool of the system to its end and gives what it printed.
    @discardableResult
    package static func run(
        _ tool: String, _ arguments: [String], in folder: String = "/", input: String = "/dev/null"
    ) throws -> [UInt8] {
        // What our own use of libvips sets in this process would take the HEIF module from the tool.
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("VIPS") }
        let printed = try Scratch("printed")
        let process = try Spawned(
            "/usr/bin/env", ["-C", folder, tool] + arguments, environment: environment, input: input,
            output: printed.file("out"), errors: "/dev/null")
        let code = process.wait()
        guard code == 0 else { throw ToolFailure(tool: tool, code: code) }
        return [UInt8](try Data(contentsOf: URL(filePath: printed.file("out"))))
    }
}
