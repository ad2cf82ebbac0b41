import Foundation
import Glibc
import Support
import Testing

/// What the daemon tells a service manager, heard on a real socket.
@Suite(.serialized) struct NoticeTests {
    @Test func `the daemon says that it is ready, that it lives, how it goes, and that it stops`() async throws {
        let spool = try TestSpool(
            "notice", config: "{ spool: 'SPOOL', listen: 'off', models: { a: { provider: 'simulator' } } }")
        let ear = try NoticeSocket(spool.scratch.file("notify"))
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: ["NOTIFY_SOCKET": ear.path, "WATCHDOG_USEC": "600000"],
            log: spool.scratch.file("daemon.log"))
        try await eventually("it is ready") { ear.heard.contains { $0.contains("READY=1") } }
        #expect(daemon.printed.contains("darkroom is running"), "not before it takes work")
        try await eventually("it lives") { ear.heard.filter { $0.contains("WATCHDOG=1") }.count >= 3 }
        let job = try await spool.darkroom("submit", "--prompt", "x", "--size", "native", "--wait")
        #expect(job.code == 0)
        #expect(ear.heard.contains { $0.contains("STATUS=running: no open jobs") })
        #expect(!ear.heard.contains { $0.contains("STOPPING=1") })
        #expect(await daemon.end() == 0)
        try await eventually("it stops") { ear.heard.contains { $0.contains("STOPPING=1") } }
    }

    @Test func `a spool that can not be written to is said, and is no reason to start anew`() async throws {
        let spool = try TestSpool(
            "notice-full",
            config:
                "{ spool: 'SPOOL', listen: 'off', disk: { min_free: '900TB' }, models: { a: { provider: 'simulator' } } }"
        )
        let ear = try NoticeSocket(spool.scratch.file("notify"))
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: ["NOTIFY_SOCKET": ear.path, "WATCHDOG_USEC": "600000"],
            log: spool.scratch.file("daemon.log"))
        try await eventually("it says why, and that it lives") {
            ear.heard.contains { $0.contains("STATUS=not ready: ") && $0.contains("disk") && $0.contains("WATCHDOG=1") }
        }
        #expect(await daemon.end() == 0)
    }

    @Test func `a disk that does not answer keeps the sign of life back`() async throws {
        let spool = try TestSpool(
            "notice-stuck", config: "{ spool: 'SPOOL', listen: 'off', models: { a: { provider: 'simulator' } } }")
        let ear = try NoticeSocket(spool.scratch.file("notify"))
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: ["NOTIFY_SOCKET": ear.path, "WATCHDOG_USEC": "300000"],
            log: spool.scratch.file("daemon.log"))
        try await eventually("it lives") { ear.heard.contains { $0.contains("WATCHDOG=1") } }
        // Each sync takes a minute from now on.
        let slow = try Spawned(
            "/usr/bin/strace",
            [
                "-f", "-p", String(daemon.process.pid), "-e", "trace=fsync,fdatasync", "-e",
                "inject=fsync,fdatasync:delay_enter=60000000",
            ], environment: [:], output: spool.scratch.file("strace.log"), errors: spool.scratch.file("strace.log"))
        try await eventually("nothing more is said") {
            let before = ear.heard.count
            usleep(700_000)
            return ear.heard.count == before
        }
        slow.signal(SIGKILL)
        _ = await onOwnThread { slow.wait() }
        let before = ear.heard.count
        try await eventually("it lives again") { ear.heard.count > before }
        #expect(await daemon.end() == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "rights can be laid down"))
    func `a daemon leaves no core file, and nobody of the same user reads its memory`() async throws {
        let spool = try TestSpool("no-core")
        let log = spool.scratch.file("daemon.log")
        let bare = ["--bounding-set=-all", "--inh-caps=-all"]
        let environment = ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]
        let daemon = try Spawned(
            "/usr/bin/setpriv", bare + [Darkroom.path, "run"] + spool.arguments, environment: environment, output: log,
            errors: log)
        let other = try Spawned(
            "/usr/bin/setpriv", bare + ["sleep", "600"], environment: environment, output: log, errors: log)
        defer { [daemon, other].forEach { $0.signal(SIGKILL) } }
        try await eventually("it runs") {
            String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
                .contains("darkroom is running")
        }
        let limits = try String(contentsOfFile: "/proc/\(daemon.pid)/limits", encoding: .utf8)
        let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ").dropFirst(4).prefix(2).allSatisfy { $0 == "0" }, "\(core)")
        func read(_ process: Spawned) async throws -> Darkroom.Finished {
            try await Darkroom.run(tool: "/usr/bin/setpriv", bare + ["cat", "/proc/\(process.pid)/environ"])
        }
        #expect(try await read(other).code == 0, "another program of the same user can be read")
        #expect(try await read(daemon).code != 0)
        daemon.signal(SIGTERM)
        #expect(await onOwnThread { daemon.wait() } == 0)
    }
}

/// A datagram socket that keeps what is said to it.
private final class NoticeSocket {
    let path: String
    private let number: Int32
    private var said: [String] = []

    init(_ path: String) throws {
        self.path = path
        number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8CString)
        try #require(number >= 0 && bytes.count <= MemoryLayout.size(ofValue: address.sun_path))
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in bytes.enumerated() { unsafe place[index] = UInt8(bitPattern: byte) }
        }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    deinit { close(number) }

    /// Everything up to now, one message an element.
    var heard: [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(number, &buffer, buffer.count, 0)
            guard count > 0 else { return said }
            said.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}
