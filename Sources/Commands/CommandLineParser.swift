import Documents

/// Sorts out what was typed, by the table of verbs.
enum CommandLineParser {
    enum Result: Sendable {
        case run(Invocation)
        case help(Verb?)
        case manual
        case version
    }

    static func parse(_ arguments: [String], verbs: [Verb]) throws(CommandError) -> Result {
        guard let first = arguments.first else { throw CommandError(.usage, "no verb given", hint: "darkroom --help") }
        if first == "--help" || first == "-h" || first == "help" {
            guard let about = arguments.dropFirst().first else { return .help(nil) }
            if about == "--man" { return .manual }
            return .help(try verb(named: about, among: verbs))
        }
        if first == "--version" { return .version }
        return try parse(
            Array(arguments.dropFirst()), of: try verb(named: first, among: verbs))
    }

    private static func verb(named name: String, among verbs: [Verb]) throws(CommandError) -> Verb {
        if let verb = verbs.first(where: { $0.name == name }) { return verb }
        try Unbuilt.check(verb: name)
        let nearest = NearestName.of(name, among: verbs.map(\.name))
        throw CommandError(
            .usage, "there is no verb \"\(JSONParser.shown(name))\"",
            hint: nearest.map { "did you mean \($0)?" } ?? "darkroom --help lists them")
    }

    private static func parse(_ arguments: [String], of verb: Verb) throws(CommandError) -> Result {
        var invocation = Invocation(verb: verb)
        var rest = arguments[...]
        var onlyWords = false
        while let argument = rest.popFirst() {
            if onlyWords || argument == "-" || !argument.hasPrefix("-") {
                invocation.words.append(argument)
            } else if argument == "--" {
                onlyWords = true
            } else if argument == "--help" || argument == "-h" {
                return .help(verb)
            } else {
                try take(argument, &rest, &invocation)
            }
        }
        guard verb.words.contains(invocation.words.count) else {
            let wanted = verb.arguments.isEmpty ? "no words" : verb.arguments
            throw CommandError(.usage, "\(verb.name) takes \(wanted)", hint: "darkroom \(verb.name) --help")
        }
        return .run(invocation)
    }

    private static func take(
        _ argument: String, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation
    ) throws(CommandError) {
        let verb = invocation.verb
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0] == "-o" ? "--output" : parts[0]
        guard let option = verb.allOptions.first(where: { $0.name == name }) else {
            try Unbuilt.check(name, of: verb.name)
            let nearest = NearestName.of(name, among: verb.allOptions.map(\.name))
            throw CommandError(
                .usage, "\(verb.name) has no option \(JSONParser.shown(name))",
                hint: nearest.map { "did you mean \($0)?" } ?? "darkroom \(verb.name) --help")
        }
        var value = ""
        if option.value != nil {
            if parts.count == 2 {
                value = parts[1]
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw CommandError(.usage, "\(name) needs a value (\(option.value ?? ""))")
            }
        } else if parts.count == 2 {
            throw CommandError(.usage, "\(name) takes no value")
        }
        if invocation.has(name), !option.repeats { throw CommandError(.usage, "\(name) stands twice") }
        invocation.values[name, default: []].append(value)
    }
}
