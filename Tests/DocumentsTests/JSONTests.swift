import Documents
import Testing

@Suite struct JSONTests {
    @Test func `what is written is read back the same`() throws {
        let text = #"{"a":[1,-2.5e3,true,null,"x\n\"é😀"],"b":{"c":""}}"#
        #expect(try JSONParser.parse(text).compact == text)
        #expect(try JSONParser.parse(JSONParser.parse(text).pretty) == JSONParser.parse(text))
    }

    @Test func `escapes become what they stand for`() throws {
        #expect(try JSONParser.parse(#""A😀\/""#) == .string("A😀/"))
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "01", "1.", "+1", "\"\\x\"", "\"\\ud800\"", "nul",
        "\"a\nb\"", "1 2", "// c\n1", "'a'", "{\"a\" 1}", "[1 2]", "1e", "truely",
    ])
    func `strict text takes nothing else`(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    }

    @Test func `bad UTF-8 is refused`() {
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
    }

    @Test func `settings may carry comments, bare keys and trailing commas`() throws {
        let value = try JSONParser.parse("// top\n{ a: 'x', /* b */ \"c\": [1, 2,], }", .relaxed)
        #expect(value.compact == #"{"a":"x","c":[1,2]}"#)
    }

    @Test func `nesting has a limit`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSONParser.parse(deep) }
    }

    @Test func `a fault says where it is`() {
        let error = #expect(throws: JSONError.self) {
            try JSONParser.parse("{\n  \"output\": { \"size\": 1, \"size\": 2 }\n}")
        }
        #expect(error?.line == 2 && error?.path == "output.size")
    }

    @Test func `every byte string ends in a value or an error`() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array(#"{}[]",:\u0d8"e-.1tfn/*' "#.utf8)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<24, using: &random)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            for dialect in [JSONParser.Dialect.strict, .relaxed] {
                guard let value = try? JSONParser.parse(bytes, dialect) else { continue }
                #expect((try? JSONParser.parse(value.compact)) == value)
            }
        }
    }
}

@Suite struct FieldReaderTests {
    private enum Colour: String, CaseIterable { case red, green }

    @Test func `unknown keys are named with the nearest right one`() throws {
        let reader = FieldReader(try JSONParser.parse(#"{"promt":"x","size":1}"#))
        _ = reader.string("prompt")
        _ = reader.int("size", in: 1...5)
        let faults = reader.finish()
        #expect(faults == [.init(path: "promt", message: "is not a known key", hint: "did you mean \"prompt\"?")])
    }

    @Test func `wrong types and values are all reported`() throws {
        let reader = FieldReader(try JSONParser.parse(#"{"a":1,"b":"x","c":"geen","d":{"e":true}}"#), at: "top")
        #expect(
            reader.string("a") == nil && reader.int("b", in: 0...1) == nil && reader.choice("c", as: Colour.self) == nil
        )
        let inner = try #require(reader.object("d"))
        #expect(inner.string("e") == nil)
        reader.adopt(inner.finish())
        #expect(reader.finish().map(\.path) == ["top.a", "top.b", "top.c", "top.d.e"])
        #expect(reader.faults[2].hint?.contains("\"green\"") == true)
    }
}
