import Domain
import Foundation
import Settings
import Support
import Testing

@Suite struct ProgramTests {
    func run(_ script: String, patience: Span = .seconds(20), most: Int = 0) throws -> (code: Int32, printed: [UInt8]) {
        try Program(["/bin/sh", "-c", script], environment: ["TOLD=so"]).run(patience: patience, most: most)
    }

    @Test func `it gets its environment and no other, and what it prints is thrown away unless it is wanted`() throws {
        let own = try run("env | cut -d= -f1 | sort | tr '\\n' ' '", most: 1000)
        #expect(own.code == 0 && String(decoding: own.printed, as: UTF8.self) == "PWD TOLD ")
        let thrownAway = try run("head -c 3000000 /dev/zero; exit 4")
        #expect(thrownAway.code == 4 && thrownAway.printed.isEmpty)
    }

    @Test(arguments: ["exec sleep 600", "sleep 600 & sleep 600", "while :; do echo x; done", "exec yes"])
    func `what takes too long is killed, whatever it prints`(script: String) throws {
        let scratch = try Scratch("program")
        let mark = scratch.file("pid")
        #expect { try run("echo $$ >\(mark); \(script)", patience: Span(milliseconds: 300)) } throws: { error in
            (error as? Program.Failure)?.description == "took longer than 300ms"
        }
        let number = try #require(
            Int32(String(contentsOfFile: mark, encoding: .utf8).trimmingCharacters(in: .newlines)))
        // The kill is sent; that a process is gone shows a moment later.
        for _ in 0..<200 where try !alive(group: number).isEmpty { usleep(20_000) }
        #expect(try alive(group: number) == [], "nothing of its group is left")
    }

    /// Processes of a group, but for those that are dead and wait to be looked at.
    private func alive(group: Int32) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int32(name) != nil, let line = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8)
            else { return false }
            let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
            return fields[3] == "\(group)" && !["Z", "X"].contains(fields[1])
        }
    }

    @Test func `a program is found by its path or by its name, and only where it can be run`() throws {
        let scratch = try Scratch("program")
        let file = scratch.file("tell")
        try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: file))
        #expect(Program.canBeRun("sh") && Program.canBeRun("/bin/sh"))
        #expect(!Program.canBeRun("no-such-program") && !Program.canBeRun("/bin") && !Program.canBeRun(file))
        unsafe chmod(file, 0o755)
        #expect(Program.canBeRun(file))
        #expect(throws: Program.Failure.self) {
            try Program(["no-such-program"], environment: ["PATH=/bin"]).run(patience: .seconds(1))
        }
    }
}
