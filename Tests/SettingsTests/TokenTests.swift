import Domain
import Foundation
import Settings
import Support
import Synchronization
import Testing

/// Access tokens by command and by file, with real programs and a clock of the test's own.
@Suite struct TokenTests {
    static let start = Timestamp(milliseconds: 1_790_000_000_000)

    /// A command that prints something new each time; `N` in the text is the number of the run.
    final class Printer: Sendable {
        let scratch: Scratch
        private let now = Mutex(TokenTests.start)
        let learned = Mutex<[String]>([])

        init(_ text: String, then last: String = "exit 0") throws {
            scratch = try Scratch("token")
            let script = """
                echo run >> \(scratch.file("runs"))
                N=$(wc -l < \(scratch.file("runs")))
                env > \(scratch.file("environment"))
                echo shouting-canary >&2
                cat <<END
                \(text.replacingOccurrences(of: "N", with: "$N"))
                END
                \(last)
                """
            try script.write(toFile: scratch.file("script"), atomically: true, encoding: .utf8)
        }

        var command: KeySource { .tokenCommand(["sh", scratch.file("script")]) }
        var runs: Int { text("runs").split(separator: "\n").count }

        func text(_ name: String) -> String {
            (try? String(contentsOfFile: scratch.file(name), encoding: .utf8)) ?? ""
        }

        func source() -> TokenSource {
            TokenSource(
                command, now: { self.now.withLock { $0 } },
                learned: { token in self.learned.withLock { $0.append(token.exposed) } })
        }

        func pass(_ span: Span) { now.withLock { $0 = $0.after(span) } }
    }

    @Test func `a plain token is kept for a few minutes and then got anew`() async throws {
        let printer = try Printer("token-N")
        let source = printer.source()
        #expect(printer.runs == 0, "nothing is run before a call needs it")
        #expect(try await source.token().exposed == "token-1")
        printer.pass(.minutes(3))
        #expect(try await source.token().exposed == "token-1")
        printer.pass(.minutes(2))
        #expect(try await source.token().exposed == "token-2" && printer.runs == 2)
        #expect(printer.learned.withLock { $0 } == ["token-1", "token-2"])
    }

    @Test(arguments: [
        #"{"accessToken":"t-N","expires_on":1790003600,"expiresOn":"2001-01-01 00:00:00.000000"}"#,
        #"{"accessToken":"t-N","expires_on":"1790003600","tokenType":"Bearer"}"#,
        #"{"token":"t-N","expiresOn":"2026-09-21T15:13:20Z"}"#,
        #"{"access_token":"t-N","expires_in":3600}"#, #"{"access_token":"t-N","expires_in":"3600"}"#,
    ])
    func `a document's token is kept until shortly before its end`(text: String) async throws {
        let printer = try Printer(text)
        let source = printer.source()
        #expect(try await source.token().exposed == "t-1")
        printer.pass(.minutes(58))
        #expect(try await source.token().exposed == "t-1" && printer.runs == 1)
        printer.pass(.minutes(1))
        #expect(try await source.token().exposed == "t-2")
    }

    @Test func `an end in local time is read in this machine's zone`() async throws {
        let local = DateFormatter()
        local.dateFormat = "yyyy-MM-dd HH:mm:ss.SSSSSS"
        local.locale = Locale(identifier: "en_US_POSIX")
        let end = local.string(from: Date(timeIntervalSince1970: 1_790_003_600))
        let printer = try Printer(#"{"accessToken":"t-N","expiresOn":"\#(end)"}"#)
        let source = printer.source()
        #expect(try await source.token().exposed == "t-1")
        printer.pass(.minutes(58))
        #expect(try await source.token().exposed == "t-1")
        printer.pass(.minutes(1))
        #expect(try await source.token().exposed == "t-2")
    }

    @Test func `a refused token is got anew once, however many were refused with it`() async throws {
        let printer = try Printer("token-N")
        let source = printer.source()
        let old = try await source.token()
        let others = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await source.token(inPlaceOf: old).exposed } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(others) == ["token-2"] && printer.runs == 2)
        // Whoever comes late with the old one finds the new one there.
        #expect(try await source.token(inPlaceOf: old).exposed == "token-2" && printer.runs == 2)
    }

    @Test func `the command gets its way and its home, and no key of ours`() async throws {
        unsafe setenv("OTHER_API_KEY", "canary", 1)
        let printer = try Printer("token-N")
        _ = try await printer.source().token()
        let names = Set(printer.text("environment").split(separator: "\n").map { $0.prefix { $0 != "=" } })
        #expect(names.contains("PATH") && !names.contains("OTHER_API_KEY"))
        #expect(
            names.isSubset(of: [
                "PATH", "HOME", "USER", "TZ", "LANG", "AZURE_CONFIG_DIR", "XDG_CONFIG_HOME", "PWD", "_", "SHLVL",
                "OLDPWD",
            ]))
    }

    @Test(arguments: [
        ("token", "exit 3", "ended with exit code 3"), ("", "exit 0", "is empty"),
        (#"{"error":"canary"}"#, "exit 0", "is empty"), ("{ canary", "exit 0", "is empty"),
        ("canary-é", "exit 0", "holds characters that no key has"),
        ("t", "head -c 70000 /dev/zero", "printed more than 64 kB"), ("t", "kill -9 $$", "ended with exit code 137"),
    ])
    func `a command that gives no token is said so, without a word of what it printed`(
        text: String, last: String, why: String
    ) async throws {
        let printer = try Printer(text, then: last)
        do {
            _ = try await printer.source().token()
            Issue.record("there was a token")
        } catch {
            let text = "\(error)"
            #expect(text.contains(why) && text.contains("token command sh"), "\(text)")
            #expect(!text.contains("canary") && !text.contains(printer.scratch.file("script")))
        }
        #expect(printer.learned.withLock { $0 } == [])
    }

    @Test func `a program that is not there is said so`() async throws {
        let source = TokenSource(.tokenCommand(["no-such-program-9"]))
        await #expect(throws: ConfigurationError.self) { _ = try await source.token() }
    }

    @Test func `what a command leaves running does not keep its token back`() async throws {
        let printer = try Printer("token-N", then: "sleep 600 & exit 0")
        #expect(try await printer.source().token().exposed == "token-1")
    }

    @Test func `a token file is read when needed, and anew after a refusal`() async throws {
        let scratch = try Scratch("token-file")
        let path = scratch.file("token")
        func keep(_ text: String) throws {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        try keep("first\n")
        let source = TokenSource(.tokenFile(path))
        let first = try await source.token()
        #expect(first.exposed == "first")
        try keep(#"{"access_token":"second","expires_in":60}"#)
        #expect(try await source.token().exposed == "first")
        #expect(try await source.token(inPlaceOf: first).exposed == "second")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        await #expect(throws: ConfigurationError.self) { _ = try await source.token() }
    }
}
