import Foundation
import Support
import Testing

/// The built program, run as a user runs it.
enum Darkroom {
    struct Finished {
        let code: Int32
        let out: String
        let err: String

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(out.utf8))) as? [String: Any] ?? [:]
        }
    }

    /// The program stands beside the test runner in the build folder.
    static let path: String = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        for _ in 0..<6 {
            let candidate = folder.appendingPathComponent("darkroom").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        return ProcessInfo.processInfo.environment["DARKROOM_PROGRAM"] ?? ".build/debug/darkroom"
    }()

    static let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("samples/jobs").path

    fileprivate static func environment(_ more: [String: String]) -> [String: String] {
        var all = ProcessInfo.processInfo.environment
        all["DARKROOM_CONFIG"] = nil
        // A daemon that a test crashes is to be gone: the toolchain's crash reporter takes minutes.
        all["SWIFT_BACKTRACE"] = "enable=no"
        return all.merging(more) { $1 }
    }

    /// Runs to the end.
    static func run(_ arguments: [String], environment: [String: String] = [:], input: Data? = nil) async throws
        -> Finished
    {
        try await Self.run(tool: path, arguments, environment: environment, input: input)
    }

    static func run(
        tool: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil
    ) async throws -> Finished {
        // Files, not pipes: what is printed may be larger than a pipe holds.
        let scratch = try Scratch("run")
        let streams = ["out", "err", "in"].map { scratch.file($0) }
        try (input ?? Data()).write(to: URL(fileURLWithPath: streams[2]))
        let process = try Spawned(
            tool, arguments, environment: Self.environment(environment), input: streams[2], output: streams[0],
            errors: streams[1])
        let code = await ended(process)
        func text(_ path: String) -> String {
            String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        }
        return Finished(code: code, out: text(streams[0]), err: text(streams[1]))
    }

    /// Waits on a thread of its own: the test's own services need the shared ones.
    fileprivate static func ended(_ process: Spawned) async -> Int32 { await onOwnThread { process.wait() } }

    /// Runs a tool of the system and gives what it printed.
    @discardableResult
    static func tool(_ arguments: String...) async throws -> String {
        let result = try await run(tool: "/usr/bin/env", arguments)
        try #require(result.code == 0, "\(arguments.joined(separator: " ")): \(result.err)")
        return result.out
    }

    /// A simulator in a process of its own that takes 150 ms a picture, and where it listens.
    static func simulator(_ scratch: Scratch, ledger: String) async throws -> (Running, url: String) {
        let simulator = try Running(
            ["simulate", "--listen", "127.0.0.1:0", "--latency", "150ms", "--cached", "--ledger", ledger],
            log: scratch.file("simulator.log"))
        try await eventually("the simulator listens") { simulator.printed.contains("listening on") }
        return (simulator, try #require(simulator.printed.split(separator: " ").last.map { String($0).trimmed }))
    }

    /// A program that goes on until it is stopped.
    final class Running {
        let process: Spawned
        private let log: String

        init(
            tool: String = Darkroom.path, _ arguments: [String], environment: [String: String] = [:], log: String
        ) throws {
            self.log = log
            process = try Spawned(
                tool, arguments, environment: Darkroom.environment(environment), output: log, errors: log)
        }

        var printed: String { String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self) }

        func signal(_ number: Int32) { process.signal(number) }

        /// Ends it by a signal and waits until it is gone.
        @discardableResult
        func end(_ number: Int32 = SIGTERM) async -> Int32 {
            signal(number)
            return await Darkroom.ended(process)
        }

        /// Waits until it is gone.
        func ended() async { _ = await Darkroom.ended(process) }

        deinit { signal(SIGKILL) }
    }
}

/// One spool in a folder of its own.
struct TestSpool {
    let scratch: Scratch
    let path: String
    let config: String?

    /// - Parameter config: a configuration text; `SPOOL` in it stands for the spool's path.
    init(_ name: String, config text: String? = nil) throws {
        scratch = try Scratch(name)
        path = scratch.file("spool")
        if let text {
            let file = scratch.file("darkroom.json5")
            try text.replacingOccurrences(of: "SPOOL", with: path).write(
                toFile: file, atomically: true, encoding: .utf8)
            config = file
        } else {
            config = nil
        }
        try FileManager.default.createDirectory(atPath: path + "/inbox", withIntermediateDirectories: true)
    }

    var arguments: [String] { config.map { ["--config", $0] } ?? ["--spool", path] }

    func darkroom(_ verb: String, _ rest: String...) async throws -> Darkroom.Finished {
        try await Darkroom.run([verb] + arguments + rest)
    }

    func daemon() throws -> Darkroom.Running {
        try Darkroom.Running(["run"] + arguments, log: scratch.file("daemon.log"))
    }

    /// Drops a folder job by one rename.
    func drop(_ name: String, manifest: String, files: [String: Data] = [:]) throws {
        let beside = path + "/inbox/.\(name)-being-made"
        try FileManager.default.createDirectory(atPath: beside, withIntermediateDirectories: true)
        for (file, data) in files { try data.write(to: URL(fileURLWithPath: beside + "/" + file)) }
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: beside + "/job.json"))
        try FileManager.default.moveItem(atPath: beside, toPath: path + "/inbox/" + name)
    }

    func outcomes(_ outcome: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + outcome)) ?? []).sorted()
    }

    func json(_ file: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + file))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    func status(_ outcome: String, _ job: String) throws -> [String: Any] { try json("\(outcome)/\(job)/status.json") }

    /// The reason's code and field of a failed job.
    func reason(_ job: String) throws -> (code: String?, field: String?, limit: String?, value: String?) {
        let reason = try status("failed", job)["reason"] as? [String: Any]
        return (
            reason?["code"] as? String, reason?["field"] as? String, reason?["limit"] as? String,
            reason?["value"] as? String
        )
    }

    /// Files below the spool whose bytes hold one of `needles`.
    func files(holding needles: [String]) -> [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            guard let data = FileManager.default.contents(atPath: path + "/" + name) else { return false }
            return needles.contains { data.range(of: Data($0.utf8)) != nil || name.contains($0) }
        }
    }
}

/// Waits for a fact; an issue is recorded when it does not come true in time.
func eventually(
    _ what: String, within seconds: Double = 180, at location: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) async throws {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("did not happen within \(Int(seconds)) s: \(what)", sourceLocation: location)
    throw CancellationError()
}
