import Documents
import Domain
import Foundation
import Policies
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

    private func route(_ provider: String, _ more: String) -> String {
        let account =
            [
                "azure-openai": "endpoint: 'https://r', deployment: 'd', family: 'gpt-image-2'",
                "google-gemini": "model: 'gemini-3-pro-image'", "openai": "model: 'gpt-image-2'",
            ][provider] ?? ""
        return "{ models: { a: { provider: '\(provider)', \(account), key: { env: 'K' }, \(more) } } }"
    }

    @Test(arguments: [
        ("azure-openai", "2025-04-01-preview"), ("azure-openai", "2024-10-21"), ("google-gemini", "v1beta"),
        ("google-gemini", "v1"),
    ])
    func `a route may name the version of its API`(provider: String, version: String) throws {
        var configuration = try read(route(provider, "api_version: '\(version)'"))
        #expect(configuration.route("a")?.apiVersion == version)
        let shown = configuration.document.pretty
        configuration.source = "test"
        #expect(try read(shown) == configuration)
        #expect(try read(route(provider, "")).route("a")?.apiVersion == nil)
    }

    @Test(arguments: [
        ("azure-openai", "'v1'", "2025-04-01-preview"), ("azure-openai", "'2025-04-01&x=1'", "2025-04-01-preview"),
        ("azure-openai", "20250401", "2025-04-01-preview"), ("google-gemini", "'v1alpha'", "one of v1beta, v1"),
        ("openai", "'v1'", "is not a known key"),
    ])
    func `a version that the provider does not have is refused with those that it has`(
        provider: String, version: String, words: String
    ) {
        let found = faults(route(provider, "api_version: \(version)"))
        #expect(found.count == 1 && found[0].contains("models.a.api_version") && found[0].contains(words), "\(found)")
    }

    @Test(arguments: [
        "ledger: 'postgresql://x'"
    ])
    func `what is not built yet says so`(setting: String) {
        let found = faults("{ models: { a: { provider: 'simulator' } }, \(setting) }")
        #expect(found.count == 1 && found[0].contains("not built yet"))
    }

    @Test func `a policy's file says what pictures cost, and every fault of it is reported with the others`() throws {
        let scratch = try Scratch("policy")
        let path = scratch.file("shop.json5")
        func configuration(_ policy: String) throws -> String {
            try Data(policy.utf8).write(to: URL(fileURLWithPath: path))
            return "{ models: { a: { provider: 'simulator' } }, policy: '\(path)' }"
        }
        var taken = try read(configuration("{ id: 'shop', credits: { per_output: 3, expire: '365d' } } // ours"))
        #expect(taken.policy.id == "shop" && taken.policy.source == path)
        #expect(taken.policy.credits == CreditRules(perOutput: .same(3), expire: .hours(8760)))
        let shown = taken.document.pretty
        taken.source = "test"
        #expect(try read(shown) == taken)
        #expect(try read(configuration("{ id: 'plain' }")).policy.credits == nil)
        let plans = try read(configuration("{ id: 'shop', credits: { per_output: { free: 2, pro: 0 } } }")).policy
        #expect(plans.credits == CreditRules(perOutput: .byPlan(["free": 2, "pro": 0])))
        for (policy, words) in [
            ("{ id: 'shop', credit: {} }", "did you mean \"credits\"?"), ("{}", "policy.id"),
            ("{ id: 'shop', credits: {} }", "policy.credits.per_output"), ("{ id: '../x' }", "is no name"),
            ("{ id: 'image2' }", "Darkroom brings"), ("{ id: 'shop', credits: { per_output: 0 } }", "from 1 to"),
            ("{ id: 'shop', credits: { per_output: 1, expire: '0s' } }", "policy.credits.expire"), ("[", path),
            ("{ id: 'shop', credits: { per_output: { free: 'x' } } }", "policy.credits.per_output.free"),
            ("{ id: 'shop', credits: { per_output: {} } }", "names no plan"),
            ("{ id: 'shop', credits: { per_output: { 'a b': 1 } } }", "is no plan's name"),
        ] {
            #expect(faults(try configuration(policy)).contains { $0.contains(words) }, "\(policy)")
        }
        #expect(
            faults("{ models: { a: { provider: 'simulator' } }, policy: '/nowhere.json5' }")[0].contains("/nowhere"))
        let near = faults("{ models: { a: { provider: 'simulator' } }, policy: 'defualt' }")
        #expect(near[0].contains("did you mean \"default\"?"))
    }

    @Test func `what a job costs hangs on its plan where the policy says so, and only there`() throws {
        var spec = JobSpec(prompt: "x")
        var policy = Policy()
        #expect(try policy.creditsPerOutput(of: spec) == 0)
        func refusal() -> (ReasonCode?, String?) {
            do throws(Reason) {
                try policy.check(spec, outputs: nil)
                _ = try policy.creditsPerOutput(of: spec)
                return (nil, nil)
            } catch {
                return (error.code, error.field)
            }
        }
        policy.credits = CreditRules(perOutput: .same(2))
        #expect(refusal() == (.invalidManifest, "subject"))
        spec.subject = "s"
        #expect(try policy.creditsPerOutput(of: spec) == 2)
        spec.plan = "pro"
        #expect(refusal() == (.unsupportedParameter, "plan"))
        policy.credits = CreditRules(perOutput: .byPlan(["free": 3, "pro": 0]))
        #expect(try policy.creditsPerOutput(of: spec) == 0)
        spec.plan = "free"
        #expect(try policy.creditsPerOutput(of: spec) == 3)
        spec.plan = "gold"
        #expect(refusal() == (.unsupportedParameter, "plan"))
        spec.plan = nil
        #expect(refusal() == (.invalidManifest, "plan"))
        policy.credits = nil
        spec.plan = "free"
        #expect(refusal() == (.unsupportedParameter, "plan"))
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
