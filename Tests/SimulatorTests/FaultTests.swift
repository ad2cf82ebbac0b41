import Documents
import Domain
import Providers
import Settings
import Simulator
import Testing
import Transport

@Suite struct FaultTests {
    @Test(arguments: [
        ("{}", "no list"), ("[]", "no list"), ("[{]", "line 1"),
        (
            "[{ name: 'a', answer: { refuse: 'overloaded' } }, { name: 'late', answer: { delay: 3 } }]",
            "rule 2 (late).answer.delay"
        ),
        ("[{ match: { provider: 'opnai' }, answer: { hang: true } }]", "rule 1.match.provider"),
        ("[{ match: { marked: 'x' }, answer: { hang: true } }]", "rule 1.match.marked"),
        ("[{ match: { percent: 0 }, answer: { hang: true } }]", "rule 1.match.percent"),
        ("[{ answer: { refuse: 'overload' } }]", "did you mean \"overloaded\"?"),
        ("[{ answer: { hang: true, spoil: 'html' } }]", "contradicts"),
        ("[{ answer: { retry_after_as: 'date' } }]", "add retry_after"),
        ("[{ name: 'empty' }]", "rule 1 (empty).answer"), ("[{ answer: {} }]", "rule 1.answer"),
        ("[{ answer: { spoil: 'empty', beside: 'auth' } }]", "contradicts"),
        ("[{ answer: { url: { host: 'a/b' } } }]", "rule 1.answer.url.host"),
        ("[{ answer: { url: { times: 2 } } }]", "add answer"), ("[{ answer: { url: { answer: {} } } }]", "url.answer"),
        ("[{ answer: { url: { }, status: 500 } }]", "leave status and body out"),
        ("[{ answer: { beside: 'no_image_returned' } }]", "has no error object"),
        ("[{ answer: { error: { a: 1 } } }]", "add one of them"), ("[{ answer: { headers: { a: 1 } } }]", "headers.a"),
        ("[{ answer: { error: 'x', refuse: 'auth' } }]", "is not an object"),
    ])
    func `a bad rule is named with what is wrong`(text: String, words: String) {
        let error = #expect(throws: FaultFileError.self) { try FaultScript(Array(text.utf8)) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
    }

    private func classes(_ service: Service, _ prompts: [String]) async throws -> [CallClass?] {
        var classes: [CallClass?] = []
        for prompt in prompts {
            classes.append(try await service.call(.openAI, isEdit: false, prompt: prompt).verdict?.callClass)
        }
        return classes
    }

    @Test func `rules meet requests by number, by turn, by marker and as often as they may`() async throws {
        let service = try Service(
            faults: """
                [ { match: { marker: "busy" }, times: 1, per_prompt: true, answer: { refuse: "overloaded" } },
                  { match: { request: [2, 5] }, answer: { refuse: "auth" } },
                  { match: { every: 3 }, times: 1, answer: { refuse: "server_error" } } ]
                """, isCached: true)
        let plain = try await classes(service, ["a", "a", "a", "a", "a", "a", "a"])
        #expect(plain == [.success, .auth, .success, .serverError, .auth, .success, .success])
        let marked = try await classes(service, ["x [[fault:busy]]", "x [[fault:busy]]", "y [[fault:busy]]"])
        #expect(marked == [.overloaded, .success, .overloaded])
        await service.stop()
    }

    @Test func `a share of the requests is the same share for the same seed`() async throws {
        func run(_ seed: Int) async throws -> [CallClass?] {
            let service = try Service(
                faults: "[{ match: { percent: 30, seed: \(seed) }, answer: { refuse: 'auth' } }]", isCached: true)
            let found = try await classes(service, [String](repeating: "a", count: 60))
            await service.stop()
            return found
        }
        let first = try await run(7)
        let again = try await run(7)
        let other = try await run(8)
        #expect(first == again && first != other)
        #expect((8...30).contains(first.filter { $0 == .auth }.count))
    }

    @Test(arguments: ContractTests.providers, ["seconds", "date", "milliseconds", "retry_info"])
    func `a wait to ask for is written in every form that a client may meet`(provider: Route.Provider, form: String)
        async throws
    {
        let service = try Service(
            faults: "[{ answer: { refuse: 'rate_limited', retry_after: '7s', retry_after_as: '\(form)' } }]")
        let verdict = try #require(try await service.call(provider, isEdit: false).verdict)
        let wait = try #require(verdict.wait)
        #expect(verdict.callClass == .rateLimited && (.seconds(7)...(.seconds(9))).contains(wait))
        await service.stop()
    }

    @Test(arguments: [
        ("spoil: 'truncated_json'", CallClass.badResponse), ("spoil: 'malformed_json'", .badResponse),
        ("spoil: 'bad_base64'", .badResponse), ("spoil: 'html'", .badResponse), ("redirect: '/x'", .badResponse),
        ("spoil: 'escaped_slashes'", .success), ("spoil: 'several_pictures'", .success),
        ("spoil: 'wrong_type'", .success), ("spoil: 'usage_missing'", .success), ("reset: 'after'", .success),
        ("bytes_per_second: '20kB'", .success), ("status: 418, body: 'no'", .invalidRequest),
        ("spoil: 'base64_lines'", .success), ("spoil: 'base64_data_url'", .success),
        ("spoil: 'base64_unpadded'", .success), ("spoil: 'base64_url_safe'", .success),
        ("spoil: 'second_place'", .success), ("spoil: 'event_stream'", .badResponse), ("spoil: 'empty'", .badResponse),
        ("body: ''", .badResponse), ("beside: 'server_error'", .success),
    ])
    func `a spoiled answer is read for what it is`(answer: String, wanted: CallClass) async throws {
        let service = try Service(faults: "[{ answer: { \(answer) } }]")
        for provider in ContractTests.providers {
            let (verdict, _, _) = try await service.call(provider, isEdit: true)
            #expect(verdict?.callClass == wanted, "\(provider.rawValue)")
            if wanted == .success { #expect((verdict?.bill?.usage == nil) == answer.contains("usage_missing")) }
        }
        await service.stop()
    }

    @Test(arguments: ["base64_lines", "base64_data_url", "base64_unpadded", "base64_url_safe", "second_place"])
    func `a picture that was wrapped is the picture`(spoil: String) async throws {
        let service = try Service(faults: "[{ answer: { spoil: '\(spoil)' } }]")
        for provider in ContractTests.providers {
            let answer = try await service.call(provider, isEdit: false).answer
            guard case .bytes(let bytes)? = answer?.pictures.first else {
                Issue.record("no picture from \(provider.rawValue)")
                continue
            }
            #expect(bytes.starts(with: Service.pixel.prefix(8)) && bytes.suffix(12) == Service.pixel.suffix(12))
        }
        await service.stop()
    }

    @Test(arguments: [
        ("reset: 'before'", TransportFault.Kind.connectionLost), ("reset: 'within'", .connectionLost),
        ("close: 'before'", .connectionLost), ("close: 'within'", .connectionLost), ("close: 'after'", .connectionLost),
        ("spoil: 'gzip_bomb'", .tooLarge), ("spoil: 'huge'", .tooLarge),
    ])
    func `an answer that breaks off or never ends is known as such`(answer: String, kind: TransportFault.Kind)
        async throws
    {
        let service = try Service(faults: "[{ name: 'it', answer: { \(answer) } }]")
        let result = try await service.call(.googleGemini, isEdit: false).result
        guard case .unknown(let fault) = result else {
            Issue.record("the exchange ended as \(result)")
            return await service.stop()
        }
        #expect(fault.kind == kind)
        #expect(service.ledger.last?["billed"]?.bool == true && service.ledger.last?["fault"]?.string == "it")
        await service.stop()
    }
}
