import Domain
import Testing

@Suite struct TemplateTests {
    private func read(_ text: String) throws -> PromptTemplate { try PromptTemplate.read(Array(text.utf8)) }

    private func expand(_ template: PromptTemplate, _ values: KeyValuePairs<String, String>) throws -> String {
        try template.expanded(with: values.map { .init(name: $0.key, value: $0.value) })
    }

    private static let poster = #"""
        {
          // What people get to choose.
          version: 3, name: "poster",
          text: "A {{style}} poster that says \"{{ title }}\", in {{style}}. {{note}}Ends with } and { and }}.",
          variables: {
            title: { max_length: 12 },
            style: { default: "woodcut", choices: ["woodcut", "risograph"] },
            note: { default: "" },
          },
        }
        """#

    @Test func `variables stand in their places, and defaults where a job says nothing`() throws {
        let template = try read(Self.poster)
        #expect(template.name == "poster" && template.version == 3)
        #expect(
            try expand(template, ["title": "Élan 🎨"])
                == "A woodcut poster that says \"Élan 🎨\", in woodcut. Ends with } and { and }}.")
        #expect(
            try expand(template, ["style": "risograph", "title": ""]).hasPrefix("A risograph poster that says \"\""))
        #expect(try expand(try read("{ text: 'plain' }"), [:]) == "plain")
    }

    @Test(arguments: ["{{style}}", "{{title}}", "{{", "}}", "{{note}}{{", "\\(title)", "%@ $1 {0}"])
    func `a value is never expanded again`(value: String) throws {
        let made = try expand(try read(Self.poster), ["title": value])
        #expect(made.contains("says \"\(value)\", in woodcut"))
    }

    @Test(
        arguments: [
            ([], "template.variables.title"), (["titel"], "template.variables.titel"),
            (["title", "style"], "template.variables.style"), (["long"], "template.variables.title"),
            (["title", "naïve name"], "template.variables.na?ve?name"),
        ] as [([String], String)])
    func `a variable that is missing, unknown or not allowed is named`(names: [String], field: String) throws {
        let values = names.map { name in
            name == "long"
                ? TemplateUse.Variable(name: "title", value: "thirteen char")
                : TemplateUse.Variable(name: name, value: "x")
        }
        let template = try read(Self.poster)
        let reason = #expect(throws: Reason.self) { try template.expanded(with: values) }
        #expect(reason?.code == .invalidManifest && reason?.field == field)
        if names == ["long"] { #expect(reason?.limit == "12" && reason?.value == "13") }
        if names == ["titel"] { #expect(reason?.hint == "did you mean \"title\"?") }
    }

    @Test func `what comes out is a prompt like any other`() throws {
        let bare = try read("{ text: '{{a}}', variables: { a: { max_length: 32000, default: ' ' } } }")
        let empty = #expect(throws: Reason.self) { try expand(bare, [:]) }
        #expect(empty?.code == .invalidManifest && empty?.field == "template")
        let twice = try read("{ text: '{{a}} {{a}}', variables: { a: { max_length: 32000 } } }")
        let long = #expect(throws: Reason.self) { try expand(twice, ["a": String(repeating: "ä", count: 16_001)]) }
        #expect(long?.code == .promptTooLong && long?.field == "template" && long?.value == "32003")
    }

    @Test(arguments: [
        ("", "line 1"), ("[]", "not an object"), ("{}", "text: is missing"), ("{ text: 7 }", "text: is not a string"),
        ("{ text: 'a {{b}}' }", "{{b}}"), ("{ text: 'a {{b' }", "holds {{"), ("{ text: 'a {{}}' }", "holds {{"),
        ("{ text: 'a {{b c}}' }", "holds {{"), ("{ text: 'a {{1b}}' }", "holds {{"),
        ("{ text: 'a', variables: { b: {} } }", "variables.b: does not stand"),
        ("{ text: 'a{{b}}', variables: { b: { default: 'x', choices: ['y'] } } }", "variables.b.default"),
        ("{ text: 'a{{b}}', variables: { b: { max_length: 0 } } }", "variables.b.max_length"),
        ("{ text: 'a{{b}}', variables: { b: { choices: [] } } }", "variables.b.choices"),
        ("{ text: 'a{{b}}', variables: { b: { max_length: 1, choices: ['yy'] } } }", "variables.b.choices"),
        ("{ text: 'a{{b}}', variables: { b: { defualt: 'x' } } }", "did you mean \"default\"?"),
        ("{ text: 'a{{b}}', variables: { b: 'x' } }", "variables.b: is a string"),
        ("{ text: 'a', version: 0 }", "version"), ("{ text: 'a', model: 'x' }", "model: is not a known key"),
    ])
    func `what is wrong with a template is named`(text: String, part: String) throws {
        let error = #expect(throws: PromptTemplate.Unreadable.self) { try read(text) }
        #expect(error?.faults.joined(separator: "\n").contains(part) == true, "\(error?.faults ?? [])")
    }
}
