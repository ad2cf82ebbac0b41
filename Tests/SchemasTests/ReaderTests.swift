import Documents
import Domain
import Foundation
import Schemas
import Settings
import Testing

/// What the readers take, the schemas take; what the readers refuse by its form, the schemas refuse.
@Suite struct ReaderTests {
    @Test(arguments: [
        #"{"prompt":"x"}"#,
        #"{"prompt":"x","references":["a.jpg","b c.png"],"mask":"m.png","id":"order-7","model":"mai","count":10}"#,
        #"{"prompt":"é","size":"1536x1024","quality":"high","background":"opaque","seed":7,"parameters":{"a":[1,{}]}}"#,
        #"{"prompt":"x","aspect_ratio":"16:9","subject":"user:42@x","retain":{"inputs":"1h","outputs":"24h"}}"#,
        #"{"prompt":"x","output":{"size":"uhd","fit":"pad","format":"webp","quality":9,"original":true,"upscale":"plain"}}"#,
        #"{"prompt":"x","output":{"upscale":"enhanced"}}"#, #"{"prompt":"x","plan":"free"}"#,
        #"{"template":{"name":"poster","version":3,"variables":{"title":"x"}}}"#, #"{"template":{"name":"poster"}}"#,
        #"{"prompt":"x","output":{"size":"long=2048"},"max_cost":0.25,"priority":-3,"visibility":"private","save":false}"#,
        #"{"prompt":"x","visibility":"unlisted","protect":true}"#, #"{"prompt":"x","visibility":"public"}"#,
        #"{"prompt":"x","save":true,"retain":{"inputs":"1h"},"attestations":["rights_in_inputs"]}"#,
        #"{"prompt":"x","require":{"regions":["eu","CH"],"provider_retention":"none"}}"#,
        #"{"prompt":"x","require":{"provider_retention":"30d"}}"#, #"{"prompt":"x","require":{}}"#,
    ])
    func `a manifest that the reader takes fits the schema`(text: String) throws {
        #expect(throws: Never.self) { try Manifest.read(Array(text.utf8)) }
        #expect(try faults(text, .job) == [])
    }

    @Test(arguments: [
        #"{}"#, #"["prompt"]"#, #"{"prompt":7}"#, #"{"prompt":""}"#, #"{"prompt":" \n"}"#,
        #"{"prompt":"x","promt":"y"}"#,
        #"{"prompt":"x","references":"a.jpg"}"#, #"{"prompt":"x","references":["../a.jpg"]}"#,
        #"{"prompt":"x","references":["/etc/passwd"]}"#, #"{"prompt":"x","references":[".."]}"#,
        #"{"prompt":"x","references":["a.jpg","a.jpg"]}"#, #"{"prompt":"x","references":["a\\b.jpg"]}"#,
        #"{"prompt":"x","mask":".m.png"}"#, #"{"prompt":"x","id":".x"}"#, #"{"prompt":"x","count":0}"#,
        #"{"prompt":"x","count":1.5}"#, #"{"prompt":"x","count":11}"#, #"{"prompt":"x","aspect_ratio":"wide"}"#,
        #"{"prompt":"x","size":"4k"}"#, #"{"prompt":"x","size":"1024x1024","aspect_ratio":"1:1"}"#,
        #"{"prompt":"x","output":{"size":"5k"}}"#, #"{"prompt":"x","output":{"colour":"red"}}"#,
        #"{"prompt":"x","output":{"format":"heif"}}"#, #"{"prompt":"x","output":{"upscale":"magic"}}"#,
        #"{"prompt":"x","output":{"quality":0}}"#, #"{"prompt":"x","template":{"name":"poster"}}"#,
        #"{"template":{}}"#, #"{"template":{"name":"../x"}}"#, #"{"template":{"name":"x","variables":{"a":1}}}"#,
        #"{"prompt":"x","retain":{"inputs":"soon"}}"#, #"{"prompt":"x","max_cost":-1}"#, #"{"prompt":"x","seed":-1}"#,
        #"{"prompt":"x","plan":"a b"}"#, #"{"prompt":"x","save":true,"retain":{"outputs":"1h"}}"#,
        #"{"prompt":"x","require":{"regions":[]}}"#, #"{"prompt":"x","require":{"regions":"eu"}}"#,
        #"{"prompt":"x","require":{"regions":["e u"]}}"#, #"{"prompt":"x","require":{"provider_retention":"unknown"}}"#,
        #"{"prompt":"x","require":{"training":"never"}}"#, #"{"prompt":"x","require":true}"#,
        #"{"prompt":"x","visibility":"everybody"}"#, #"{"prompt":"x","attestations":["Rights"]}"#,
        #"{"prompt":"x","protect":"yes"}"#,
        #"{"prompt":"x","parameters":[]}"#, #"{"prompt":"x","subject":"a b"}"#, #"{"prompt":"x","priority":1001}"#,
    ])
    func `a manifest that the reader refuses does not fit`(text: String) throws {
        #expect(throws: Reason.self) { try Manifest.read(Array(text.utf8)) }
        #expect(try faults(text, .job) != [])
    }

    static let mai =
        #""mai":{"provider":"microsoft-mai","endpoint":"https://r.services.ai.azure.com","deployment":"d","family":"2.6","key":{"env":"K"}}"#

    @Test(arguments: [
        #"{"models":{"offline":{"provider":"simulator"}}}"#,
        #"{"models":{"a":{"provider":"azure-openai","endpoint":"https://r","deployment":"d","family":"gpt-image-2","key":{"env":"K"},"api_version":"2025-04-01-preview"}}}"#,
        #"{"models":{"a":{"provider":"google-gemini","model":"gemini-3-pro-image","key":{"env":"K"},"api_version":"v1"}}}"#,
        #"{"spool":"/srv/x","models":{"default":"mai",\#(mai),"b":{"provider":"simulator","timeout":"90s"}}}"#,
        #"{"spool":{"path":"/srv/x","requests_group":null},"models":{\#(mai)},"network":{"proxy":null,"ca_file":"/x.pem"}}"#,
        #"{"models":{\#(mai)},"listen":"[::1]:8484","ledger":"sqlite","rates":{},"formats":{"gif":false,"tiff":true},"inbox":{"owners":[]}}"#,
        #"{"models":{\#(mai)},"policy":"default"}"#,
        #"{"models":{\#(mai)},"seal":{"key":{"credential":"darkroom-kek"}}}"#,
        #"{"models":{\#(mai)},"policy":"maiimage2","retention":{"outputs":"1h"}}"#,
        #"{"models":{\#(mai)},"rates":{"per_subject":"60/h"}}"#,
        #"{"models":{\#(mai)},"workers":{"sandbox":"required"}}"#, #"{"models":{\#(mai)},"workers":{"sandbox":"off"}}"#,
        #"{"models":{\#(mai)},"output":{"upscale":"enhanced","png":"small"}}"#,
        #"{"models":{\#(mai)},"on_settled":["tell","it"],"on_held":null,"page":{"pictures":true}}"#,
        #"{"models":{\#(mai)},"templates":"/etc/darkroom/templates"}"#, #"{"models":{\#(mai)},"templates":null}"#,
        #"{"models":{\#(mai.replacingOccurrences(of: #"{"env":"K"}"#, with: #"{"token_command":["az","x"]}"#))}}"#,
        #"{"models":{\#(mai.replacingOccurrences(of: #"{"env":"K"}"#, with: #"{"token_file":"/run/t"}"#))}}"#,
        #"{"models":{"default":"g","g":{"provider":"openai","model":"gpt-image-2","key":{"env":"K"},"fallback":"mai"},\#(mai)}}"#,
        #"{"models":{\#(mai)},"processors":{}}"#,
        #"{"models":{\#(mai)},"processors":{"microsoft-mai":{"legal_name":"M","hosts":["r.services.ai.azure.com"],"regions":["eu"],"retention":"30d","training":"never","dpa":"1","from":"2026-01-31","source":"x","purpose":"p","categories":["prompt","parameters"]}}}"#,
        #"{"models":{"a":{"provider":"simulator","processor":"us"}},"processors":{"us":{"legal_name":"us","retention":"unknown"}}}"#,
        #"{"models":{\#(mai)},"retention":{"inputs":"0s","outputs":"keep"},"budget":{"per_job":0.5},"disk":{"min_free":"1GB"}}"#,
    ])
    func `a configuration that the reader takes fits the schema`(text: String) throws {
        #expect(throws: Never.self) { try Configuration.read(Array(text.utf8), source: "test") }
        #expect(try faults(text, .configuration) == [])
    }

    @Test func `the default file and what is shown of a configuration fit the schema`() throws {
        #expect(try faults(Configuration.commentedDefault, .configuration, .relaxed) == [])
        var shown = Configuration()
        #expect(try faults(shown.document.compact, .configuration) == [])
        shown = try Configuration.read(Array("{\"models\":{\(Self.mai)}}".utf8), source: "test")
        #expect(try faults(shown.document.compact, .configuration) == [])
    }

    @Test(arguments: [
        #"{}"#, #"{"models":{}}"#, #"{"models":{"default":"x"}}"#, #"{"models":{"a b":{"provider":"simulator"}}}"#,
        #"{"models":{"a":{"provider":"simulator"},"b":{"provider":"simulator"}}}"#,
        #"{"models":{"a":{"provider":"simulater"}}}"#, #"{"models":{"a":{"provider":"openai","key":{"env":"K"}}}}"#,
        #"{"models":{"a":{"provider":"azure-openai","deployment":"d","family":"gpt-image-2","key":{"env":"K"}}}}"#,
        #"{"models":{"a":{"provider":"azure-openai","endpoint":"https://r","deployment":"d","family":"gpt-image-2","key":{"env":"K"},"api_version":"v1"}}}"#,
        #"{"models":{"a":{"provider":"google-gemini","model":"gemini-3-pro-image","key":{"env":"K"},"api_version":"v2"}}}"#,
        #"{"models":{"a":{"provider":"openai","model":"gpt-image-2","key":{"env":"K"},"api_version":"v1"}}}"#,
        #"{"models":{"a":{"provider":"google-gemini","model":"../x","key":{"env":"K"}}}}"#,
        #"{"models":{"a":{"provider":"simulator","endpoint":"https://x"}}}"#,
        #"{"models":{"a":{"provider":"microsoft-mai"}}}"#,
        #"{"models":{\#(mai)},"rates":{"per_subject":"often"}}"#, #"{"models":{\#(mai)},"rates":{"per_subject":60}}"#,
        #"{"models":{\#(mai)},"on_settled":"tell it"}"#, #"{"models":{\#(mai)},"on_held":[]}"#,
        #"{"models":{\#(mai)},"page":{"pictures":"yes"}}"#, #"{"models":{\#(mai)},"templates":"here"}"#,
        #"{"models":{\#(mai)},"templates":{}}"#,
        #"{"models":{"a":{"provider":"openai","model":"gpt-image-2","key":{"token_file":"/run/t"}}}}"#,
        #"{"models":{\#(mai.replacingOccurrences(of: #"{"env":"K"}"#, with: #"{"token_command":[]}"#))}}"#,
        #"{"models":{\#(mai.replacingOccurrences(of: #"{"env":"K"}"#, with: #"{"token_command":"az"}"#))}}"#,
        #"{"models":{\#(mai.replacingOccurrences(of: #"{"env":"K"}"#, with: #"{"env":"K","token_file":"/run/t"}"#))}}"#,
        #"{"models":{\#(mai)},"processors":{"a":{}}}"#,
        #"{"models":{\#(mai)},"processors":{"a b":{"legal_name":"x"}}}"#,
        #"{"models":{\#(mai)},"processors":{"a":{"legal_name":"x","regions":[]}}}"#,
        #"{"models":{\#(mai)},"processors":{"a":{"legal_name":"x","retention":"long"}}}"#,
        #"{"models":{\#(mai)},"processors":{"a":{"legal_name":"x","training":"no"}}}"#,
        #"{"models":{\#(mai)},"processors":{"a":{"legal_name":"x","categories":["prompt"]}}}"#,
        #"{"models":{\#(mai)},"processors":{"a":{"legal_name":"x","hosts":["https://x"]}}}"#,
        #"{"models":{\#(mai)},"processors":{"a":{"legal_name":"x","from":"soon"}}}"#,
        #"{"models":{\#(mai)},"retension":{}}"#, #"{"models":{\#(mai)},"spool":"relative"}"#,
        #"{"models":{\#(mai)},"workers":{"count":"many"}}"#, #"{"models":{\#(mai)},"workers":{"sandbox":"on"}}"#,
        #"{"models":{\#(mai)},"listen":"localhost:8484"}"#, #"{"models":{\#(mai)},"listen":8484}"#,
        #"{"models":{\#(mai)},"output":{"upscale":"magic"}}"#,
        #"{"models":{\#(mai)},"output":{"png":"tiny"}}"#, #"{"models":{\#(mai)},"policy":"image3"}"#,
        #"{"models":{\#(mai)},"log":{"level":"loud"}}"#,
        #"{"models":{\#(mai)},"disk":{"min_free":"2 gigabytes"}}"#, #"{"models":{\#(mai)},"formats":{"heif":"yes"}}"#,
        #"{"models":{"m":{"provider":"microsoft-mai","endpoint":"http://127.0.0.1.evil.com","deployment":"d","family":"2.6","key":{"env":"K"}}}}"#,
        #"{"models":{"m":{"provider":"microsoft-mai","endpoint":"https://x","deployment":"d","family":"9","key":{"env":"K"}}}}"#,
        #"{"models":{"m":{"provider":"microsoft-mai","endpoint":"https://x","deployment":"d","family":"2.6","key":"secret"}}}"#,
        #"{"models":{"m":{"provider":"microsoft-mai","endpoint":"https://x","deployment":"d","family":"2.6","key":{"env":"K","file":"/k"}}}}"#,
    ])
    func `a configuration that the reader refuses does not fit`(text: String) throws {
        #expect(throws: ConfigurationError.self) { try Configuration.read(Array(text.utf8), source: "test") }
        #expect(try faults(text, .configuration) != [])
    }

    @Test(arguments: [
        (#"{"id":"shop"}"#, true), (#"{"id":"shop","credits":{"per_output":1}}"#, true),
        (#"{"id":"shop","credits":{"per_output":{"free":2,"pro":0},"expire":"365d"}}"#, true),
        (#"{"id":"shop","allowed_regions":["eu"],"provider_retention":"30d","training":"never"}"#, true),
        (#"{"id":"shop","statistics":{"k":20}}"#, true), (#"{"id":"shop","statistics":{}}"#, true),
        (#"{"id":"shop","statistics":"off"}"#, true), (#"{"id":"shop","statistics":{"k":19}}"#, false),
        (#"{"id":"shop","statistics":true}"#, false), (#"{"id":"shop","statistics":{"n":50}}"#, false),
        (#"{"id":"shop","allowed_regions":[]}"#, false), (#"{"id":"shop","provider_retention":"unknown"}"#, false),
        (#"{"id":"shop","training":"may"}"#, false),
        (#"{}"#, false), (#"{"id":"a b"}"#, false), (#"{"id":"shop","credit":{}}"#, false),
        (#"{"id":"shop","plans":{"free":{"outputs":"30d","count":9,"bytes":"1GB","notice":"1d"},"pro":{}}}"#, true),
        (#"{"id":"shop","history":"account"}"#, true), (#"{"id":"shop","history":"90d"}"#, true),
        (#"{"id":"shop","history":"none"}"#, true), (#"{"id":"shop","history":"ever"}"#, false),
        (#"{"id":"shop","plans":{}}"#, false), (#"{"id":"shop","plans":{"free":{"count":0}}}"#, false),
        (#"{"id":"shop","gallery":true,"protect":false}"#, true), (#"{"id":"shop","gallery":"yes"}"#, false),
        (#"{"id":"shop","credits":{}}"#, false), (#"{"id":"shop","credits":{"per_output":0}}"#, false),
        (#"{"id":"shop","credits":{"per_output":"1"}}"#, false), (#"{"id":"shop","credits":{"per_output":{}}}"#, false),
        (#"{"id":"shop","credits":{"per_output":{"a b":1}}}"#, false),
        (#"{"id":"shop","credits":{"per_output":1,"expire":"soon"}}"#, false),
    ])
    func `reader and schema take the same policies`(text: String, isTaken: Bool) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("policy-\(UUID().uuidString).json5")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let configuration = #"{"models":{\#(Self.mai)},"policy":"\#(file.path)"}"#
        #expect(try faults(configuration, .configuration) == [])
        let read = try? Configuration.read(Array(configuration.utf8), source: "test")
        #expect((read != nil) == isTaken)
        #expect(try faults(text, .policy).isEmpty == isTaken)
    }

    // MARK: staleness

    @Test func `the schema of a job has exactly the keys that its reader asks for`() throws {
        let asked = try askedKeys("Sources/Domain/Manifest.swift")
        #expect(PublicSchema.job.document.describedKeys == asked)
        #expect(asked.count > 25, "the readers are written in another way: this test must learn it")
    }

    @Test func `the schema of the configuration has exactly the keys that its readers ask for`() throws {
        let asked = try askedKeys(
            "Sources/Settings/ConfigurationReader.swift", "Sources/Settings/RouteReader.swift",
            "Sources/Settings/KeySource+Reading.swift", "Sources/Settings/ProcessorReader.swift")
        #expect(PublicSchema.configuration.document.describedKeys == asked)
        #expect(asked.count > 60, "the readers are written in another way: this test must learn it")
    }

    @Test func `the schema of a policy has exactly the keys that its reader asks for`() throws {
        #expect(PublicSchema.policy.document.describedKeys == (try askedKeys("Sources/Policies/PolicyReader.swift")))
    }

    @Test(arguments: MAIFamilies.names)
    func `every family of a provider stands in the schema`(family: String) throws {
        let text = Self.mai.replacingOccurrences(of: "2.6", with: family)
        #expect(try faults("{\"models\":{\(text)}}", .configuration) == [])
    }

    // MARK: tools

    private func faults(
        _ text: String, _ schema: PublicSchema, _ dialect: JSONParser.Dialect = .strict
    ) throws -> [String] {
        Validator().faults(of: try JSONParser.parse(text, dialect), by: schema.document)
    }

    /// The keys that readers ask a `FieldReader` for, found in their source.
    private func askedKeys(_ files: String...) throws -> Set<String> {
        var keys: Set<String> = []
        for file in files {
            let text = try String(contentsOfFile: Self.top + "/" + file, encoding: .utf8)
            for pattern in [
                #"\.(?:string|bool|int|read|choice|object|value|has|command)\(\s*"([a-z0-9_]+)""#,
                #"\b(?:span|size|unbuilt|line)\(\s*(?:section|reader|fields), "([a-z0-9_]+)""#,
                #"\bsection\("([a-z0-9_]+)""#,
            ] {
                keys.formUnion(try matches(of: pattern, in: text))
            }
            for list in try matches(of: #"for (?:key|name) in \[([a-z0-9_", ]+)\]"#, in: text) {
                keys.formUnion(try matches(of: #""([a-z0-9_]+)""#, in: list))
            }
        }
        return keys
    }

    private func matches(of pattern: String, in text: String) throws -> [String] {
        let expression = try NSRegularExpression(pattern: pattern)
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
            Range(match.range(at: 1), in: text).map { String(text[$0]) }
        }
    }

    private static let top = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
}
