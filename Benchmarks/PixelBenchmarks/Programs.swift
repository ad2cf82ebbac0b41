import CPeers
import Disk
import Glibc

/// Other programs, run and talked to.
enum Programs {
    struct Cost {
        let spent: Double
        let wall: Double
    }

    /// Runs a command and gives what it cost, in milliseconds.
    static func run(_ command: [String]) throws -> Cost {
        var spent: Int64 = 0
        var wall: Int64 = 0
        let code = unsafe withCStrings(command) { unsafe pr_run($0, &spent, &wall) }
        guard code != -1 else { throw Unmeasured("\(command[0]) is not installed") }
        guard code == 0 else { throw Unmeasured("\(Paths.name(command[0])) ended with code \(code)") }
        return Cost(spent: Double(spent) / 1e6, wall: Double(wall) / 1e6)
    }
}

/// A program that answers lines with lines.
final class Conversation {
    private let process: Int32
    private let to: Int32
    private let from: Int32
    private var unread: [UInt8] = []

    init(_ command: [String]) throws {
        var to: Int32 = -1
        var from: Int32 = -1
        process = unsafe withCStrings(command) { unsafe pr_start($0, &to, &from) }
        self.to = to
        self.from = from
        guard process > 0 else { throw Unmeasured("\(command[0]) is not installed") }
    }

    deinit {
        guard process > 0 else { return }
        close(to)
        close(from)
        pr_wait(process)
    }

    /// Asks a program to end that does not by itself when nobody speaks to it.
    func stop() { kill(process, SIGTERM) }

    func ask(_ words: [String]) throws -> String {
        let line = Array((words.joined(separator: "\t") + "\n").utf8)
        guard unsafe write(to, line, line.count) == line.count else { throw Unmeasured("the peer is gone") }
        return try answer()
    }

    /// The next line that the program says.
    func answer() throws -> String {
        while true {
            if let end = unread.firstIndex(of: 10) {
                defer { unread.removeSubrange(...end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            var more = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(from, &more, more.count)
            guard count > 0 else { throw Unmeasured("the peer is gone") }
            unread += more[..<count]
        }
    }
}

/// Pillow and OpenCV in one warm Python process that counts its own processor time.
final class PythonPeers {
    private let conversation: Conversation

    init(folder: String, script: String) throws {
        guard Files.exists("\(folder)/venv/bin/python") else { throw Unmeasured("no Python peers; see prepare.sh") }
        conversation = try Conversation(["\(folder)/venv/bin/python", script])
    }

    func version(_ tool: String) throws -> String { try checked(conversation.ask([tool, "version"])) }

    func contender(_ tool: String, _ job: String, _ arguments: [String]) -> Contender {
        Contender(tool) { [conversation] in
            let words = try self.checked(conversation.ask([tool, job] + arguments)).split(separator: " ")
            guard words.count == 3, let spent = Double(words[0]), let wall = Double(words[1]), let bytes = Int(words[2])
            else { throw Unmeasured("\(tool) gave no figures") }
            return Sample(spent: spent / 1e6, wall: wall / 1e6, bytes: bytes)
        }
    }

    private func checked(_ line: String) throws -> String {
        guard !line.hasPrefix("error") else { throw Unmeasured(line) }
        return line
    }
}

enum Paths {
    static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    static func size(of path: String) throws -> Int {
        guard let info = try Files.info(path) else { throw Unmeasured("no \(name(path)) was written") }
        return Int(info.bytes)
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard Files.exists(path), let bytes = try Files.read(path, limit: 1 << 30) else {
            throw Unmeasured("no picture \(name(path)); run Benchmarks/prepare.sh")
        }
        return bytes
    }
}
