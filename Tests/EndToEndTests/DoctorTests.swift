import Foundation
import Support
import Testing

/// Machines and spools that are set up wrongly, each in one way, and what doctor says of them.
@Suite(.serialized) struct DoctorTests {
    struct Check {
        let level: String
        let message: String
        let remedy: String?
    }

    static let key = ["TEST_MAI_KEY": "canary-key-0123456789"]

    /// What doctor found, by name, and its exit code; every finding that is not `ok` names a remedy.
    func checks(
        _ spool: TestSpool, environment: [String: String] = key, wrapper: [String] = []
    ) async throws -> (code: Int32, all: [String: Check]) {
        let command = wrapper + [Darkroom.path, "doctor", "--json"] + spool.arguments
        let result = try await Darkroom.run(tool: "/usr/bin/env", command, environment: environment)
        #expect(result.json["schema"] as? String == "darkroom.doctor/1", "\(result.out)\(result.err)")
        #expect(result.json["ok"] as? Bool == (result.code == 0))
        var all: [String: Check] = [:]
        for entry in result.json["checks"] as? [[String: Any]] ?? [] {
            let name = try #require(entry["name"] as? String)
            let check = Check(
                level: entry["level"] as? String ?? "", message: entry["message"] as? String ?? "",
                remedy: entry["remedy"] as? String)
            #expect(["ok", "warning", "error"].contains(check.level))
            #expect((check.level == "ok") == (check.remedy == nil), "\(name): \(check.message)")
            all[name] = check
        }
        #expect(result.code != 0 || !all.values.contains { $0.level == "error" })
        return (result.code, all)
    }

    /// Expects one thing to be found amiss, and the exit code that follows from it.
    func expect(
        _ name: String, _ level: String, _ words: String, in spool: TestSpool,
        environment: [String: String] = key, wrapper: [String] = [], at location: SourceLocation = #_sourceLocation
    ) async throws {
        let (code, all) = try await checks(spool, environment: environment, wrapper: wrapper)
        let found = all[name]
        #expect(found?.level == level, "\(name): \(found?.message ?? "not looked at")", sourceLocation: location)
        #expect(found?.message.contains(words) == true, "\(found?.message ?? "")", sourceLocation: location)
        #expect(
            code == (level == "error" ? 1 : 0), "\(all.filter { $0.value.level == "error" })", sourceLocation: location)
    }

    /// A spool with a configuration that is right.
    func made(_ more: String = "", route: String = "", key: String = #"{ env: "TEST_MAI_KEY" }"#) throws
        -> TestSpool
    {
        try TestSpool(
            "doctor",
            config: """
                { spool: "SPOOL",
                  models: { mai: { provider: "microsoft-mai", endpoint: "https://x.services.ai.azure.com",
                                   deployment: "mai26", family: "2.6", key: \(key), \(route) } },
                  budget: { per_day: 5 }, disk: { min_free: "1MB" }, \(more) }
                """)
    }

    /// The same after the daemon has been there.
    func used(_ more: String = "") async throws -> TestSpool {
        let spool = try TestSpool(
            "doctor",
            config:
                #"{ spool: "SPOOL", models: { offline: { provider: "simulator" } }, disk: { min_free: "1MB" }, \#(more) }"#
        )
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        let drained = try await spool.darkroom("drain")
        try #require(drained.code == 0, "\(drained.err)")
        return spool
    }

    func sql(_ spool: TestSpool, _ statement: String) async throws {
        try await Darkroom.tool("sqlite3", spool.path + "/.darkroom/ledger.sqlite", statement)
    }

    // MARK: all is well

    @Test func `where all is well it says so in words, exits 0, and changes nothing`() async throws {
        let spool = try await used()
        let before = spool.files(holding: [""]).sorted()
        let told = try await spool.darkroom("doctor")
        #expect(told.code == 0 && told.out.contains("a job could run") && told.err.isEmpty, "\(told.out)")
        for group in [
            "configuration", "spool", "disk", "ledger", "pictures", "routes", "network", "machine", "retention",
        ] {
            #expect(told.out.contains("\n\(group)\n") || told.out.hasPrefix(group), "\(group)")
        }
        #expect(told.out.contains("deleted 24h after the job has settled"))
        #expect(!told.out.split(separator: "\n").contains { $0.count > 110 })
        #expect(
            spool.files(holding: [""]).sorted().filter { !$0.contains("ledger.sqlite-") }
                == before.filter { !$0.contains("ledger.sqlite-") })
    }

    @Test func `a spool that is not there is not made`() async throws {
        let scratch = try Scratch("doctor")
        let told = try await Darkroom.run(["doctor", "--json", "--spool", scratch.file("a/b/spool")])
        #expect(told.code == 0 && told.out.contains("run makes it"))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("a")))
    }

    @Test func `beside a running daemon it says so, and the daemon goes on`() async throws {
        let spool = try await used()
        let daemon = try spool.daemon()
        try await eventually("it runs") { daemon.printed.contains("darkroom is running") }
        let (code, all) = try await checks(spool)
        #expect(code == 0 && all["spool.daemon"]?.message.contains("a daemon works on this spool") == true)
        try spool.drop("k", manifest: #"{"prompt":"a barn","id":"k","output":{"size":"native"}}"#)
        try await eventually("the next job is done") { spool.outcomes("done").contains("k") }
        #expect(await daemon.end() == 0)
    }

    @Test func `no key and no token is ever shown`() async throws {
        let spool = try made(
            #"policy: "default""#,
            route: """
                }, default: "mai", az: { provider: "azure-openai", endpoint: "https://x.openai.azure.com",
                deployment: "img2", family: "gpt-image-2",
                key: { token_command: ["/bin/echo", "canary-token-0123456789"] }
                """)
        for form in [[], ["--json"]] {
            let told = try await Darkroom.run(["doctor"] + form + spool.arguments, environment: Self.key)
            #expect(told.code == 0, "\(told.out)")
            #expect(!(told.out + told.err).contains("canary"))
            #expect(told.out.contains("there is a key") && told.out.contains("a token was got"))
        }
    }

    // MARK: configuration and routes

    @Test func `a configuration that is wrong is the one finding, and exit code 78`() async throws {
        let spool = try TestSpool("doctor", config: "{ models: { a: { provider: 'simulator' } }, retension: {} }")
        let (code, all) = try await checks(spool)
        #expect(code == 78 && all.count == 1 && all["configuration.file"]?.message.contains("retention") == true)
    }

    @Test func `a key that is not set`() async throws {
        try await expect("routes.mai.key", "error", "TEST_MAI_KEY is not set", in: made(), environment: [:])
    }

    @Test func `a key file that everybody may read`() async throws {
        let folder = try Scratch("key")
        let file = folder.file("mai.key")
        try "canary-key-0123456789".write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        try await expect("routes.mai.key", "error", "may be read by everybody", in: made(key: #"{ file: "\#(file)" }"#))
    }

    @Test func `a systemd credential outside its unit`() async throws {
        try await expect(
            "routes.mai.key", "error", "CREDENTIALS_DIRECTORY", in: made(key: #"{ credential: "mai-key" }"#))
    }

    @Test func `a token command that fails`() async throws {
        try await expect(
            "routes.mai.key", "error", "exit code 3",
            in: made(key: #"{ token_command: ["/bin/sh", "-c", "echo canary-token; exit 3"] }"#))
    }

    @Test func `an endpoint that was copied from the example`() async throws {
        let spool = try made()
        let config = try #require(spool.config)
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try text.replacingOccurrences(of: "https://x.", with: "https://RESOURCE.").write(
            toFile: config, atomically: true, encoding: .utf8)
        try await expect("routes.mai.endpoint", "error", "RESOURCE", in: spool)
    }

    @Test func `money without a limit`() async throws {
        let spool = try made()
        let config = try #require(spool.config)
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try text.replacingOccurrences(of: "budget: { per_day: 5 },", with: "").write(
            toFile: config, atomically: true, encoding: .utf8)
        try await expect("configuration.budget", "warning", "nothing limits", in: spool)
    }

    @Test func `a route that the provider refused`() async throws {
        let provider = try Provider { _, _ in .error(401) }
        let spool = try TestSpool("doctor", config: provider.configuration("budget: { per_day: 5 }"))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        _ = try await Darkroom.run(["drain"] + spool.arguments, environment: Self.key)
        try await expect("routes.mai.state", "warning", "paused since", in: spool)
        await provider.stop()
    }

    @Test func `the only way of most jobs is paused while the daemon runs`() async throws {
        let provider = try Provider { _, _ in .error(401) }
        let spool = try TestSpool("doctor", config: provider.configuration("budget: { per_day: 5 }"))
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: Self.key, log: spool.scratch.file("daemon.log"))
        try spool.drop("j", manifest: #"{"prompt":"a mill","id":"j","output":{"size":"native"}}"#)
        try await eventually("the route is paused") { !provider.requests.isEmpty && !spool.outcomes("failed").isEmpty }
        try await expect("routes.mai.state", "error", "paused since", in: spool)
        // A second daemon is what it says it would be.
        let second = try await Darkroom.run(["run"] + spool.arguments, environment: Self.key)
        #expect(second.code == 75, "\(second.err)")
        await daemon.end()
        await provider.stop()
    }

    @Test func `a command that can not be run`() async throws {
        try await expect(
            "configuration.on_held", "warning", "/no/such/program can not be run",
            in: made(#"on_held: ["/no/such/program"], on_settled: ["sh", "-c", "exit 0"]"#))
    }

    @Test func `a template that is none`() async throws {
        let folder = try Scratch("templates")
        try "{ nonsense".write(toFile: folder.file("poster@1.json5"), atomically: true, encoding: .utf8)
        try await expect(
            "configuration.templates", "warning", "poster@1", in: made(#"templates: "\#(folder.path)""#))
    }

    // MARK: the network

    @Test func `a file of roots that is not there`() async throws {
        let spool = try made(#"network: { ca_file: "/nonexistent/ca.pem" }"#)
        let (code, all) = try await checks(spool)
        #expect(code == 1 && all["network.client"]?.level == "error" && all["network.roots"]?.level == "error")
    }

    @Test func `an address of the status page that is taken, or open to all`() async throws {
        let provider = try Provider()
        let spool = try made(#"listen: "127.0.0.1:\#(provider.port)""#)
        try await expect("network.listen", "error", "can not be listened on", in: spool)
        let daemon = try await Darkroom.run(["run"] + spool.arguments, environment: Self.key)
        #expect(daemon.code == 69, "as doctor said: \(daemon.err)")
        await provider.stop()
        try await expect("network.listen", "warning", "without a login", in: made(#"listen: "0.0.0.0:0""#))
    }

    @Test func `a root that has expired`() async throws {
        let folder = try ToolFolder("ca")
        try folder.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                "-subj", "/CN=root", "-keyout", "k.pem", "-out", "fresh.pem",
            ])
        let path = folder.folder.path + "/fresh.pem"
        try await expect("network.roots", "warning", "ends in", in: made(#"network: { ca_file: "\#(path)" }"#))
        try folder.run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k2.pem"])
        try folder.run("openssl", ["req", "-new", "-key", "k2.pem", "-subj", "/CN=old", "-out", "old.csr"])
        try folder.run(
            "openssl", ["x509", "-req", "-in", "old.csr", "-signkey", "k2.pem", "-days", "-1", "-out", "old.pem"])
        let old = folder.folder.path + "/old.pem"
        try await expect("network.roots", "error", "has expired", in: made(#"network: { ca_file: "\#(old)" }"#))
    }

    // MARK: the spool and its disk

    @Test func `a file where the spool should be`() async throws {
        let scratch = try Scratch("doctor")
        try "x".write(toFile: scratch.file("spool"), atomically: true, encoding: .utf8)
        let told = try await Darkroom.run(["doctor", "--spool", scratch.file("spool")])
        #expect(told.code == 1 && told.out.contains("is no folder"))
    }

    @Test(arguments: [("inbox", "spool.inbox"), ("done", "spool.outcomes"), (".darkroom", "spool.private")])
    func `a file where a folder of the spool should be`(part: String, name: String) async throws {
        let spool = try made()
        try? FileManager.default.removeItem(atPath: spool.path + "/" + part)
        try "x".write(toFile: spool.path + "/" + part, atomically: true, encoding: .utf8)
        try await expect(name, "error", "is no folder", in: spool)
    }

    @Test func `keys that others may look at`() async throws {
        let spool = try await used()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: spool.path + "/.darkroom")
        try await expect("spool.private", "error", "others may look", in: spool)
    }

    @Test(.enabled(if: geteuid() == 0)) func `a spool of another user`() async throws {
        let spool = try await used()
        try await Darkroom.tool("chown", "-R", "65534:65534", spool.path + "/.darkroom")
        try await expect("spool.private", "warning", "belongs to the user of number 65534", in: spool)
    }

    @Test(.enabled(if: geteuid() == 0)) func `a spool that another user may not write to`() async throws {
        let spool = try TestSpool("doctor")
        try await Darkroom.tool("chmod", "755", spool.scratch.path)
        let told = try await Darkroom.run(
            tool: "/usr/bin/env",
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", Darkroom.path, "doctor", "--json"]
                + spool.arguments)
        #expect(told.code == 1 && told.out.contains("can not be worked in"), "\(told.out)\(told.err)")
    }

    @Test func `outcomes that everybody may look at`() async throws {
        let spool = try await used()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: spool.path + "/done")
        try await expect("spool.outcomes", "warning", "everybody on this machine", in: spool)
    }

    @Test func `an inbox that is not the group's`() async throws {
        let spool = try await used()
        let config = try #require(spool.config)
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try text.replacingOccurrences(
            of: "spool: \"\(spool.path)\"", with: "spool: { path: \"\(spool.path)\", group: \"daemon\" }"
        )
        .write(toFile: config, atomically: true, encoding: .utf8)
        try await expect("spool.inbox", "warning", "not the group daemon's", in: spool)
    }

    @Test func `a disk with less room than must stay free`() async throws {
        let spool = try made()
        let config = try #require(spool.config)
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try text.replacingOccurrences(of: "1MB", with: "900000GB").write(
            toFile: config, atomically: true, encoding: .utf8)
        try await expect("disk.space", "error", "nothing new is taken", in: spool)
    }

    @Test func `events that do not arrive`() async throws {
        let wrapper = [
            "strace", "-f", "-o", "/dev/null", "-e", "trace=inotify_add_watch", "-e",
            "inject=inotify_add_watch:error=ENOSPC",
        ]
        try await expect("spool.events", "warning", "all watches of this user are taken", in: made(), wrapper: wrapper)
    }

    @Test func `hand-overs that nobody takes`() async throws {
        let spool = try made(#"inbox: { orphan_after: "1s" }"#)
        #expect(try await checks(spool).all["spool.waiting"]?.message == "the inbox is empty")
        try "a mill".write(toFile: spool.path + "/inbox/secret-name.txt", atomically: true, encoding: .utf8)
        var found = try await checks(spool).all
        for _ in 0..<200 where found["spool.waiting"]?.level == "ok" { found = try await checks(spool).all }
        #expect(found["spool.waiting"]?.level == "warning")
        #expect(
            found["spool.waiting"]?.message.hasPrefix("1 file or folder waits in the inbox, the oldest for") == true)
        #expect(!found.values.contains { ($0.message + ($0.remedy ?? "")).contains("secret-name") })
    }

    @Test func `a run that crashed`() async throws {
        let spool = try await used()
        try Data([11]).write(to: URL(fileURLWithPath: spool.path + "/.darkroom/crash"))
        try await expect("spool.crash", "warning", "fault of its own", in: spool)
    }
}
