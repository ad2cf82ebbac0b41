import Documents
import Domain
import Testing

@Suite struct AbuseTests {
    @Test(arguments: [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "pay with 5500005555555559 please",
        "378282246310005", "3782 822463 10005", "6011111111111117", "3530111333300000", "4222222222222",
        "2223003122003222", "card:4111\u{A0}1111\u{A0}1111\u{A0}1111.", "12 4111 1111 1111 1111", "卡号4111111111111111",
        "４１１１１１１１１１１１１１１１", "4111 1111 1111 1111 12/29", "30569309025904", "6200000000000005",
    ])
    func `a card's number is found, however it is written`(text: String) {
        #expect(CardNumber.stands(in: text))
    }

    @Test(arguments: [
        "4111111111111112", "41111111111111111", "411111111111111", "a fox at 1024x768, seed 20261121083015",
        "2026-11-21 08:30:15", "1732212345678", "1732212345678901", "0.4111111111 1111111", "4111  1111 1111 1111",
        "+4915123456789", "+49 1512 3456787", "550e8400-e29b-41d4-a716-446655440000",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "9780306406157", "", "4111,1111,1111,1111", "0000000000000000",
    ])
    func `other numbers are none`(text: String) {
        #expect(!CardNumber.stands(in: text))
    }

    @Test func `ids of the usual kinds are not taken for cards`() {
        // Milliseconds since 1970, of every minute of a year.
        for minute in 0..<525_600 {
            let text = String(1_767_225_600_000 + minute * 60_000)
            if CardNumber.stands(in: text) { Issue.record("\(text)") }
        }
    }

    @Test(arguments: [
        (#"{"prompt":"card 4111 1111 1111 1111"}"#, "prompt"),
        (#"{"template":{"name":"x","variables":{"a":"1","b":"4111111111111111"}}}"#, "template.variables.b"),
        (#"{"prompt":"x","subject":"4111111111111111"}"#, "subject"),
        (#"{"prompt":"x","references":["a.jpg","4111-1111-1111-1111.jpg"]}"#, "references[1]"),
        (#"{"prompt":"x","parameters":{"deep":[{"er":"4111111111111111"}]}}"#, "parameters.deep[0].er"),
        (#"{"prompt":"x","parameters":{"4111111111111111":1}}"#, "parameters"),
        (#"{"prompt":"x","4111111111111111":1}"#, nil), (#"{"promt":7,"id":"4111111111111111"}"#, "id"),
        (#"{"prompt":"x","id":"a","4111111111111111":1,"4111111111111111":2}"#, nil),
    ])
    func `a manifest with one anywhere in its texts is refused, and says where, never which`(
        text: String, field: String?
    ) {
        let reason = #expect(throws: Reason.self) { try Manifest.read(Array(text.utf8)) }
        #expect(reason?.code == .policyForbids && reason?.field == field && reason?.value == nil)
        #expect(reason.flatMap(AbuseRule.init) == .cardNumber)
        #expect(reason.map { !"\($0) \($0.json.compact)".contains("4111") } == true)
        #expect(Manifest.claimedID(Array(text.utf8)).map { !$0.contains("4111") } ?? true)
    }

    @Test func `one that comes together in a template, or stands in a plain prompt, is found too`() throws {
        let manifest = try Manifest.read(Array(#"{"template":{"name":"x"}}"#.utf8))
        let reason = #expect(throws: Reason.self) {
            try manifest.spec { _ in ExpandedTemplate(prompt: "4111 1111 1111 1111", version: 1) }
        }
        #expect(reason?.field == "template" && reason?.code == .policyForbids)
        #expect(throws: Reason.self) {
            try Manifest.plain(prompt: Array("a 4111111111111111".utf8), references: [], mask: nil)
        }
        let seeds = #"{"prompt":"x","seed":2147483647,"max_cost":0.25,"id":"job-20261121-0831"}"#
        #expect(try Manifest.read(Array(seeds.utf8)).spec.seed == 2_147_483_647)
    }

    @Test(arguments: [
        (#""video":true"#, "video"), (#""duration":5"#, "duration"), (#""fps":24"#, "fps"),
        (#""output":{"format":"mp4"}"#, "output.format"), (#""output":{"format":"WebM"}"#, "output.format"),
        (#""output":{"fps":24,"size":"4k"}"#, "output.fps"),
        (#""parameters":{"num_frames":24}"#, "parameters.num_frames"),
        (#""video":{"seconds":4},"resolution":"1080p""#, "video"),
    ])
    func `a wish for a video is refused by a code of its own`(more: String, field: String) {
        let reason = #expect(throws: Reason.self) { try Manifest.read(Array(#"{"prompt":"x",\#(more)}"#.utf8)) }
        #expect(reason?.code == .unsupportedParameter && reason?.field == field)
        #expect(reason?.message.contains("not video") == true)
    }

    @Test(arguments: [
        ("forbidden thing", "a FORBIDDEN\n thing!", true), ("forbidden thing", "forbidden-thing", true),
        ("forbidden thing", "forbidden things", false), ("forbidden thing", "forbidden, some thing", false),
        ("thing", "something", false), ("Straße", "STRASSE", true), ("café", "cafe\u{301}", true),
        ("ΟΔΟΣ", "οδος", true),
        ("禁止", "画一个禁止的东西", true), ("禁止", "禁\u{200B}止", true), ("禁止", "禁不止", false),
        ("bad", "b\u{200D}a\u{AD}d", true), ("bad", "ｂａｄ", true), ("मना", "यह मना है", true),
        ("don't", "Don't do it", true),
        ("route 66", "on route 66", true), ("a b c", "a b a b c", true), ("bad", "", false),
    ])
    func `a phrase is found by its words, whatever their case and what stands around`(
        phrase: String, text: String, isFound: Bool
    ) throws {
        #expect(try DeniedPhrases.read(phrase).stand(in: text) == isFound)
    }

    @Test func `a list has remarks and bounds, and a faulty line is named by its number`() throws {
        let list = try DeniedPhrases.read("# remark\n\n  one two \r\nOne  Two\n\tthree\n")
        #expect(list.count == 2 && list.stand(in: "THREE") && !list.stand(in: "remark"))
        #expect(!DeniedPhrases().stand(in: "anything"))
        for (text, line) in [
            ("a\n!!!\n", 2), (String(repeating: "x", count: 1001), 1), (String(repeating: "x ", count: 65), 1),
            ((0...10_000).map { "w\($0)" }.joined(separator: "\n"), 10_001),
        ] {
            let fault = #expect(throws: DeniedPhrases.Unreadable.self) { try DeniedPhrases.read(text) }
            #expect(fault?.line == line)
        }
    }

    @Test func `a long text is looked through in bounds`() throws {
        let list = try DeniedPhrases.read(
            (0..<5000).map { "a a a a a a a a a a a a a a a a a a a a w\($0)" }.joined(separator: "\n"))
        #expect(!list.stand(in: String(repeating: "a ", count: 16_000)))
        #expect(!CardNumber.stands(in: String(repeating: "1 ", count: 16_000) + String(repeating: "4", count: 32_000)))
    }

    @Test(arguments: [
        ("a mill", WritingSystem.latin), ("Мельница у реки", .cyrillic), ("風車と川", .han), ("かぜぐるまと川", .kana),
        ("풍차", .hangul), ("طاحونة", .arabic), ("12345 !?", .none), ("mill 風", .latin), ("पवनचक्की", .devanagari),
        ("ⴰⵣⵓⵍ", .other),
    ])
    func `a text's script is that of most of its letters`(text: String, system: WritingSystem) {
        #expect(WritingSystem(mostOf: text) == system)
    }
}
