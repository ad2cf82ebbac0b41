import Documents
import Domain
import Settings
import Testing

@Suite struct ProcessorTests {
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

    static func openAI(_ more: String = "") -> String {
        "{ models: { a: { provider: 'openai', model: 'gpt-image-2', key: { env: 'K' }\(more) } }"
    }

    @Test func `a route that names no row goes by the one of its provider, which claims no more than is known`() throws
    {
        let configuration = try read(Self.openAI() + " }")
        let route = try #require(configuration.routes["a"])
        let row = try #require(configuration.processor(of: route))
        #expect(row.hosts == ["api.openai.com"] && row.terms.regions.isEmpty && row.terms.training == .never)
        #expect(row.terms.retention == .atMost(.hours(720)))
        for provider in Route.Provider.allCases {
            let row = Processor.builtIn(provider)
            #expect(row.source != nil && row.categories.starts(with: Processor.Category.always))
            #expect(provider == .simulator || row.terms.regions.isEmpty, "where it is processed is the account's")
        }
        #expect(Processor.builtIn(.microsoftMAI).terms == ProcessorTerms())
        #expect(Processor.builtIn(.googleGemini).terms == ProcessorTerms())
        #expect(Processor.builtIn(.openRouter).terms == ProcessorTerms())
    }

    @Test func `a row of the file stands in for the one of the provider, also by its name`() throws {
        let row = "{ legal_name: 'X', hosts: ['api.openai.com'], regions: ['EU'], retention: 'none' }"
        for (route, name) in [("", "openai"), (", processor: 'x'", "x")] {
            let configuration = try read(Self.openAI(route) + ", processors: { \(name): \(row) } }")
            let found = configuration.routes["a"].flatMap(configuration.processor)
            #expect(found?.legalName == "X" && found?.terms.regions == ["eu"] && found?.terms.training == .unknown)
            var shown = configuration
            shown.source = "test"
            #expect(try read(configuration.document.pretty) == shown)
        }
    }

    @Test func `a route goes to no host that its row does not name, but for loopback addresses`() throws {
        let rows = ", processors: { x: { legal_name: 'X', hosts: ['EU.example.com'] } } }"
        func fault(_ endpoint: String) -> String? {
            faults(Self.openAI(", processor: 'x', endpoint: '\(endpoint)'") + rows).first
        }
        for good in [
            "https://eu.example.com", "https://EU.example.com:8443/base", "http://127.0.0.1:9", "http://[::1]:9",
        ] {
            #expect(fault(good) == nil, "\(good)")
        }
        for bad in [
            "https://example.com", "https://eu.example.com.evil.net", "https://xeu.example.com",
            "https://127.0.0.1.evil.net",
        ] {
            #expect(fault(bad)?.contains("models.a.endpoint") == true, "\(bad)")
        }
        #expect(faults(Self.openAI(", processor: 'x'") + rows).first?.contains("api.openai.com") == true)
        // What comes along for a provider goes to wherever the configuration says.
        let own = try read(Self.openAI(", endpoint: 'https://gateway.example'") + " }")
        #expect(own.processors["openai"]?.hosts == ["api.openai.com", "gateway.example"])
    }

    @Test func `a row that there is not is named, with the nearest one`() {
        let found = faults(Self.openAI(", processor: 'acmee'") + ", processors: { acme: { legal_name: 'A' } } }")
        #expect(found.count == 1 && found[0].contains("models.a.processor") && found[0].contains("\"acme\""))
    }

    @Test(arguments: [
        ("30d", "none", false), ("none", "none", true), ("none", "30d", true), ("30d", "720h", true),
        ("31d", "30d", false), ("unknown", "90d", false), ("0s", "none", true),
    ])
    func `how long something may be kept is compared as time, and what is not known is never short enough`(
        kept: String, limit: String, isMet: Bool
    ) throws {
        let terms = ProcessorTerms(regions: ["eu"], retention: try #require(KeptFor(kept)))
        let demand = ProcessorDemand(retention: KeptFor(limit: limit))
        #expect((demand.shortfall(of: terms) == nil) == isMet)
        #expect(KeptFor(limit: "unknown") == nil && KeptFor("soon") == nil)
    }

    @Test(arguments: [
        (["eu"], ["eu"], true), (["eu-north", "eu-west"], ["eu"], true), (["eu", "us"], ["eu"], false),
        (["europe"], ["eu"], false), ([], ["eu"], false), (["local"], ["eu"], true), (["us"], ["eu", "us"], true),
        (["eu"], ["eu-north"], false),
    ])
    func `every place of a row lies in those that are allowed, or the row does not meet them`(
        places: [String], allowed: [String], isMet: Bool
    ) {
        let demand = ProcessorDemand(regions: allowed)
        #expect((demand.shortfall(of: ProcessorTerms(regions: places)) == nil) == isMet)
    }

    @Test func `no row, no adapter, and no job`() throws {
        var configuration = try read(Self.openAI() + " }")
        configuration.processors = [:]
        let route = try #require(configuration.routes["a"])
        let reason = #expect(throws: Reason.self) {
            try configuration.checkReceiver(of: route, for: JobSpec(prompt: "x"))
        }
        #expect(reason?.code == .policyForbids)
    }
}
