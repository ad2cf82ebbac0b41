import Documents
import Domain
import Foundation
import Settings
import Support
import Testing

@Suite struct ConfigurationTests {
    func read(_ text: String) throws(ConfigurationError) -> Configuration {
        try Configuration.read(Array(text.utf8), source: "test")
    }

    func faults(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try read(text)
            return []
        } catch {
            return error.faults
        }
    }

    static let mai = """
        mai: { provider: "microsoft-mai", endpoint: "https://r.services.ai.azure.com/", deployment: "d", family: "2.6",
               key: { env: "MAI_KEY" } }
        """

    @Test func `the default file says what the built-in values are`() throws {
        var read = try read(Configuration.commentedDefault)
        read.source = nil
        var builtIn = Configuration()
        builtIn.budgetPerJob = 1_000_000
        #expect(read == builtIn)
    }

    @Test func `what is shown is read back the same`() throws {
        var configuration = try read("{ models: { default: 'mai', \(Self.mai) }, retention: { outputs: '2h' } }")
        #expect(configuration.route(nil)?.endpoint == "https://r.services.ai.azure.com")
        #expect(configuration.route("mai")?.requestsPerMinute == 2 && configuration.retainOutputs == .hours(2))
        let shown = configuration.document.pretty
        configuration.source = "test"
        #expect(try read(shown) == configuration)
    }

    @Test func `every fault is reported in one go, with the nearest right name`() {
        let found = faults(
            "{ models: { offline: { provider: 'simulater' } }, retension: {}, workers: { count: 'many' } }")
        #expect(found.count == 3)
        #expect(found.contains { $0.contains("retension") && $0.contains("\"retention\"") })
        #expect(found.contains { $0.contains("workers.count") && $0.contains("from 0 to 64") })
        #expect(found.contains { $0.contains("models.offline.provider") && $0.contains("\"simulator\"") })
    }

    @Test(arguments: [
        "{}", "{ models: {} }", "{ models: { default: 'x', a: { provider: 'simulator' } } }",
        "{ models: { a: { provider: 'simulator' }, b: { provider: 'simulator' } } }",
        "{ models: { a: { provider: 'simulator' } }, retention: { inputs: '25h' } }",
        "{ models: { a: { provider: 'simulator' } }, spool: 'relative' }",
        "{ models: { m: { provider: 'microsoft-mai', endpoint: 'http://example.com', deployment: 'd', family: '2.6', key: { env: 'K' } } } }",
        "{ models: { m: { provider: 'microsoft-mai', endpoint: 'http://127.0.0.1.evil.com', deployment: 'd', family: '2.6', key: { env: 'K' } } } }",
        "{ models: { m: { provider: 'microsoft-mai', endpoint: 'https://x', deployment: 'd', family: '9', key: { env: 'K' } } } }",
        "{ models: { m: { provider: 'microsoft-mai', endpoint: 'https://x', deployment: 'd', family: '2.6', key: 'secret' } } }",
        "{ models: { m: { provider: 'microsoft-mai', endpoint: 'https://x', deployment: 'd', family: '2.6' } } }",
    ])
    func `a configuration that could not work is refused`(text: String) {
        #expect(!faults(text).isEmpty)
    }

    @Test(arguments: [
        "listen: '127.0.0.1:8484'", "policy: 'image2'", "seal: { key: { env: 'K' } }", "rates: { per_subject: '60/h' }",
    ])
    func `what is not built yet says so`(setting: String) {
        let found = faults("{ models: { a: { provider: 'simulator' } }, \(setting) }")
        #expect(found.count == 1 && found[0].contains("not built yet"))
    }

    /// Routes of OpenAI by name, each with the fallback that stands behind it.
    private func chain(_ routes: KeyValuePairs<String, String>, more: String = "") -> String {
        let each = routes.map { name, fallback in
            "\(name): { provider: 'openai', model: 'gpt-image-2', key: { env: 'K' }, fallback: \(fallback) }"
        }
        return "{ models: { default: 'a', \(each.joined(separator: ", ")) \(more) } }"
    }

    @Test func `a fallback is another route of the file, and no chain comes back`() throws {
        let text = chain(["a": "'b'", "b": "'c'", "c": "null"])
        let read = try Configuration.read(Array(text.utf8), source: "test")
        #expect(read.routes["a"]?.fallback == "b" && read.routes["c"]?.fallback == nil)
        #expect(
            faults(chain(["a": "'a'"])) == ["models.a.fallback: names its own route: name another one, or leave it out"]
        )
        #expect(
            faults(chain(["a": "'secund'", "second": "null"])) == [
                "models.a.fallback: names no route: did you mean \"second\"?"
            ])
        #expect(faults(chain(["a": "'default'"])).count == 1)
        let circle = faults(chain(["a": "'b'", "b": "'c'", "c": "'b'"]))
        #expect(circle.map { $0.prefix(19) } == ["models.b.fallback: l", "models.c.fallback: l"].map { $0.prefix(19) })
        #expect(circle.first?.hasSuffix("b to c to b") == true)
        let simulator = chain(["b": "null"], more: ", a: { provider: 'simulator', fallback: 'b' }")
        #expect(faults(simulator).first?.hasPrefix("models.a.fallback: is for routes that can fail") == true)
    }

    @Test func `a key comes from a private file and is never printed`() throws {
        let scratch = try Scratch("key")
        let path = scratch.file("mai.key")
        try Data("canary-key\n".utf8).write(to: URL(fileURLWithPath: path))
        chmodFile(path, 0o644)
        #expect(throws: ConfigurationError.self) { try KeySource.file(path).read() }
        chmodFile(path, 0o600)
        let key = try KeySource.file(path).read()
        #expect(key.exposed == "canary-key")
        #expect(!"\(key)\(String(reflecting: key))".contains("canary"))
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("canary"))
    }

    private func chmodFile(_ path: String, _ mode: Int) {
        try? FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}
