import Documents

/// What a manifest says instead of a prompt: which template, and what to put into it.
package struct TemplateUse: Sendable, Hashable {
    package var name: String
    /// nil takes the newest.
    package var version: Int?
    package var variables: [Variable]

    /// One variable, as the caller wrote it.
    package struct Variable: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(name: String, version: Int? = nil, variables: [Variable] = []) {
        self.name = name
        self.version = version
        self.variables = variables
    }

    /// As `init(stored:)` reads it back.
    var stored: JSONValue {
        .fields([
            "name": .string(name), "version": version.map { .integer($0) },
            "variables": .object(variables.map { .init(key: $0.name, value: .string($0.value)) }),
        ])
    }

    init?(stored: JSONValue) {
        guard let name = stored["name"]?.string else { return nil }
        self.init(
            name: name, version: stored["version"]?.int,
            variables: (stored["variables"]?.members ?? []).map {
                Variable(name: $0.key, value: $0.value.string ?? "")
            })
    }

    /// The manifest's field of a variable; the name is the caller's word, and shown with plain signs only.
    static func field(_ variable: String) -> String { "template.variables.\(JSONParser.shown(variable))" }
}

/// What a template gave.
package struct ExpandedTemplate: Sendable, Hashable {
    package let prompt: String
    /// The version that was taken.
    package let version: Int?

    package init(prompt: String, version: Int?) {
        self.prompt = prompt
        self.version = version
    }
}

/// A prompt with places for variables, `{{title}}`, as the operator wrote it down.
package struct PromptTemplate: Sendable, Hashable {
    /// What a variable may be.
    struct Rule: Sendable, Hashable {
        /// In Unicode scalars.
        var maxLength = standardLength
        /// What is taken where a job says nothing; without it a job has to.
        var standard: String?
        /// Empty where every text will do.
        var choices: [String] = []

        func accepts(_ value: String) -> Bool {
            value.unicodeScalars.count <= maxLength && (choices.isEmpty || choices.contains(value))
        }
    }

    enum Piece: Sendable, Hashable {
        case text(String)
        case variable(String)
    }

    /// Longest value of a variable whose rule does not say it, in Unicode scalars.
    package static let standardLength = 1000

    /// What the file itself says; a file's name says it otherwise.
    package var name: String?
    package var version: Int?
    var pieces: [Piece] = []
    var rules: [String: Rule] = [:]

    /// The prompt with every variable in its place. Values are put in as they are: what looks like a variable in one stays.
    package func expanded(with variables: [TemplateUse.Variable]) throws(Reason) -> String {
        var values = rules.compactMapValues(\.standard)
        for variable in variables {
            guard let rule = rules[variable.name] else {
                let nearest = NearestName.of(variable.name, among: rules.keys.sorted())
                throw Reason(
                    .invalidManifest, "is no variable of the template", field: TemplateUse.field(variable.name),
                    hint: nearest.map { "did you mean \"\($0)\"?" } ?? "leave it out")
            }
            try check(variable, rule)
            values[variable.name] = variable.value
        }
        if let missing = rules.keys.sorted().first(where: { values[$0] == nil }) {
            throw Reason(
                .invalidManifest, "the template's variable is missing", field: TemplateUse.field(missing),
                hint: "give it a value")
        }
        let prompt = pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .variable(let name): values[name] ?? ""
            }
        }.joined()
        if var reason = Manifest.checkPrompt(prompt) {
            reason.field = "template"
            throw reason
        }
        return prompt
    }

    private func check(_ variable: TemplateUse.Variable, _ rule: Rule) throws(Reason) {
        let length = variable.value.unicodeScalars.count
        if length > rule.maxLength {
            throw Reason(
                .invalidManifest, "the value is too long for the template", field: TemplateUse.field(variable.name),
                limit: String(rule.maxLength), value: String(length), hint: "shorten it")
        }
        if !rule.accepts(variable.value) {
            throw Reason(
                .invalidManifest, "the value is none that the template takes", field: TemplateUse.field(variable.name),
                hint: "one of " + rule.choices.joined(separator: ", "))
        }
    }
}
