import Documents

extension Program {
    private static let shells = ["bash", "zsh", "fish"]

    static let completionVerb = Verb(
        name: "completion", summary: "what a shell needs to complete darkroom's verbs, options, values and job ids",
        arguments: "bash|zsh|fish", words: 1...1, choices: shells,
        examples: [
            "darkroom completion bash > /etc/bash_completion.d/darkroom",
            "darkroom completion zsh > \"${fpath[1]}/_darkroom\"",
            "darkroom completion fish > ~/.config/fish/completions/darkroom.fish",
        ]
    ) { invocation throws(CommandError) in
        switch invocation.words[0] {
        case "bash": Console.print(BashCompletion.script(allVerbs))
        case "zsh": Console.print(ZshCompletion.script(allVerbs))
        case "fish": Console.print(FishCompletion.script(allVerbs))
        default:
            let nearest = NearestName.of(invocation.words[0], among: shells)
            throw CommandError(
                .usage, "completion knows \(shells.joined(separator: ", "))",
                hint: nearest.map { "did you mean \($0)?" })
        }
        return ExitCode.fine.rawValue
    }
}

extension Program {
    /// For what speaks of the table and stands in it.
    private static var allVerbs: [Verb] { verbs }
}

/// What may stand in a place of the command line, as far as a shell can tell.
enum Completable: Equatable {
    case words([String])
    case files
    case folders
    case jobs
    /// Anything; nothing is offered.
    case free
}

extension Option {
    /// What its value may be; nil for a switch.
    var completable: Completable? {
        guard let value else { return nil }
        if !choices.isEmpty { return .words(choices) }
        return switch value {
        case "FILE", "OUT", "PATH": .files
        case "DIR": .folders
        case "JOB": .jobs
        default: .free
        }
    }

    /// Its dashes and what else it may be written as.
    var spellings: [String] { name == "--output" ? ["-o", name] : [name] }
}

extension Verb {
    /// What its words may be, besides `choices` in the first place.
    var completableWords: Completable {
        if arguments.contains("JOB") { return .jobs }
        return arguments.contains("FILE") || arguments == "IN" ? .files : .free
    }
}
