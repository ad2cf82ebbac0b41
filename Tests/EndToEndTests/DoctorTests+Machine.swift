import Foundation
import Support
import Testing

extension DoctorTests {
    // MARK: mounts of a namespace of our own

    /// Whether this machine lets the tests mount something that nobody else sees.
    static let mayMount =
        geteuid() == 0
        && (try? Spawned(
            "/usr/bin/env", ["unshare", "-m", "true"], environment: ["PATH": "/usr/bin:/bin"],
            output: "/dev/null", errors: "/dev/null"
        ).wait()) == 0

    /// Runs what follows after `mount` was run in a mount namespace.
    private func mounted(_ mount: String) -> [String] {
        ["unshare", "-m", "/bin/sh", "-ec", mount + "; exec \"$@\"", "sh"]
    }

    @Test(.enabled(if: mayMount)) func `a spool that is read-only`() async throws {
        let spool = try await used()
        let path = spool.path
        let (code, all) = try await checks(
            spool, wrapper: mounted("mount --bind \(path) \(path); mount -o remount,ro,bind \(path)"))
        #expect(code == 1 && all["spool.folder"]?.level == "error")
        #expect(all["spool.folder"]?.remedy?.contains("mount the file system for writing") == true)
        #expect(all["ledger.file"]?.level == "error")
    }

    @Test(.enabled(if: mayMount)) func `a disk without inodes`() async throws {
        let spool = try made()
        try await expect(
            "disk.inodes", "error", "no file can be made", in: spool,
            wrapper: mounted("mount -t tmpfs -o nr_inodes=900 none \(spool.path)"))
    }

    @Test(.enabled(if: mayMount)) func `outcomes on another file system`() async throws {
        let spool = try await used()
        try await expect(
            "spool.outcomes", "error", "another file system", in: spool,
            wrapper: mounted("mount -t tmpfs none \(spool.path)/failed"))
    }

    @Test(.enabled(if: mayMount)) func `a codec that is missing`() async throws {
        let without = "for f in /usr/lib/*/vips-modules-*/vips-heif.so; do mount --bind /dev/null $f; done"
        let spool = try made()
        let (code, all) = try await checks(spool, wrapper: mounted(without))
        #expect(code == 0 && all["pictures.read.avif"]?.level == "warning")
        #expect(all["pictures.read.heif"]?.remedy?.contains("formats.heif") == true)
        #expect(all["pictures.write.avif"]?.level == "warning")
        try await expect(
            "pictures.write.avif", "error", "can not be made", in: made(#"output: { format: "avif" }"#),
            wrapper: mounted(without))
    }

    @Test(.enabled(if: mayMount)) func `swap in the clear, and a collector of core files`() async throws {
        let spool = try made()
        let swaps = spool.scratch.file("swaps")
        try "Filename Type Size Used Priority\n/dev/sdz9 partition 1 0 -2\n".write(
            toFile: swaps, atomically: true, encoding: .utf8)
        try await expect(
            "machine.swap", "warning", "/dev/sdz9", in: spool, wrapper: mounted("mount --bind \(swaps) /proc/swaps"))
        let pattern = spool.scratch.file("pattern")
        try "|/usr/lib/systemd/systemd-coredump".write(toFile: pattern, atomically: true, encoding: .utf8)
        try await expect(
            "machine.core_files", "warning", "collector", in: spool,
            wrapper: mounted("mount --bind \(pattern) /proc/sys/kernel/core_pattern"))
    }

    // MARK: the ledger

    @Test func `a ledger that is damaged`() async throws {
        let spool = try await used()
        let path = spool.path + "/.darkroom/ledger.sqlite"
        try await sql(spool, "PRAGMA wal_checkpoint(TRUNCATE)")
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0x5A, count: 3 * 4096))
        try file.close()
        let before = FileManager.default.contents(atPath: path)
        try await expect("ledger.file", "error", "damaged", in: spool)
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test func `a file that is no ledger`() async throws {
        let spool = try await used()
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: spool.path + "/.darkroom/ledger.sqlite" + suffix)
        }
        try Data("no database at all".utf8).write(to: URL(fileURLWithPath: spool.path + "/.darkroom/ledger.sqlite"))
        try await expect("ledger.file", "error", "the ledger is damaged", in: spool)
    }

    @Test func `a ledger of a newer Darkroom`() async throws {
        let spool = try await used()
        try await sql(spool, "PRAGMA user_version=999")
        try await expect("ledger.file", "error", "version 999", in: spool)
    }

    @Test func `credits that do not add up`() async throws {
        let spool = try await used()
        let policy = spool.scratch.file("shop.json5")
        try #"{ id: "shop", credits: { per_output: 1 } }"#.write(toFile: policy, atomically: true, encoding: .utf8)
        let config = try #require(spool.config)
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try text.replacingOccurrences(of: "disk:", with: "policy: \"\(policy)\", disk:").write(
            toFile: config, atomically: true, encoding: .utf8)
        #expect(try await spool.darkroom("account", "credit", "user-42", "--amount", "5").code == 0)
        let (well, _) = try await checks(spool)
        #expect(well == 0)
        try await sql(spool, "UPDATE credit_account SET free = free + 1")
        try await expect("ledger.credits", "error", "do not add up", in: spool)
    }

    @Test func `inputs that should be gone`() async throws {
        let spool = try await used()
        try await sql(spool, "UPDATE job SET inputs_delete_by = inputs_delete_by - 172800000")
        try await expect("ledger.deletions", "error", "should have been deleted", in: spool)
        #expect(try await spool.darkroom("sweep").code == 0)
        let (code, all) = try await checks(spool)
        #expect(code == 0 && all["ledger.deletions"]?.level == "ok")
    }

    @Test func `a clock that went back`() async throws {
        let spool = try await used()
        try await sql(spool, "UPDATE clock SET wall = wall + 7200000")
        try await expect("ledger.clock", "warning", "went back by", in: spool)
    }

    // MARK: pictures and the machine

    @Test func `workers that are not locked`() async throws {
        try await expect("pictures.lock", "warning", "not locked", in: made(#"workers: { sandbox: "off" }"#))
    }

    @Test func `a kernel that refuses a part of the lock`() async throws {
        let wrapper = ["strace", "-f", "-o", "/dev/null", "-e", "trace=seccomp", "-e", "inject=seccomp:error=EPERM"]
        try await expect("pictures.lock", "error", "(86)", in: made(), wrapper: wrapper)
    }

    @Test func `too few open files`() async throws {
        try await expect(
            "machine.open_files", "warning", "files may be open", in: made(route: "concurrency: 5000"),
            wrapper: ["prlimit", "--nofile=1024:1024"])
    }

    @Test func `core files`() async throws {
        try await expect(
            "machine.core_files", "warning", "core file", in: made(),
            wrapper: ["prlimit", "--core=unlimited:unlimited"])
    }

    @Test func `prompts that stay`() async throws {
        try await expect("retention.prompts", "warning", "prompt", in: made("sidecar: { include_prompt: true }"))
    }
}
