/// Completion for zsh, from the table of verbs.
enum ZshCompletion {
    static func script(_ verbs: [Verb]) -> String {
        """
        #compdef darkroom
        # Made by `darkroom completion zsh`; samples/generate makes it anew.

        _darkroom_jobs() {
            local -a where jobs
            local at
            for ((at = 1; at < CURRENT; at++)); do
                [[ $words[at] == (--spool|--config) ]] && where+=("$words[at]" "$words[at+1]")
            done
            jobs=(${(f)"$(darkroom jobs --limit 200 $where 2>/dev/null | sed -n '2,$s/ .*//p')"})
            compadd -a jobs
        }

        _darkroom() {
            local curcontext=$curcontext state line
            local -a verbs
            _arguments -C '(- *)--help[show the verbs]' '(- *)--version[show the version]' '1: :->verb' '*:: :->rest'
            case $state in
            verb)
                verbs=(
        \(verbs.map { "            " + quoted(colons($0.name) + ":" + $0.summary) }.joined(separator: "\n"))
                    'help:show the verbs, or one verb'
                )
                _describe -t verbs verb verbs
                ;;
            rest)
                case $words[1] in
        \(verbs.map(verb).joined(separator: "\n"))
                esac
                ;;
            esac
        }

        # Read by the completion system it is the function's body; sourced, it only makes it known.
        if [[ $funcstack[1] == _darkroom ]]; then
            _darkroom "$@"
        else
            compdef _darkroom darkroom
        fi

        """
    }

    private static func verb(_ verb: Verb) -> String {
        var parts = verb.allOptions.flatMap { option in option.spellings.map { argument(option, $0) } }
        if !verb.choices.isEmpty { parts.append("'1:\(verb.name):(\(verb.choices.joined(separator: " ")))'") }
        if let action = action(verb.completableWords) { parts.append("'*:word:\(action)'") }
        return "        \(verb.name))\n            _arguments -s \\\n"
            + parts.map { "                \($0)" }.joined(separator: " \\\n") + "\n            ;;"
    }

    private static func argument(_ option: Option, _ spelling: String) -> String {
        let many =
            option.repeats ? "*" : option.spellings.count > 1 ? "(\(option.spellings.joined(separator: " ")))" : ""
        let help = option.help.replacing("\\", with: "\\\\").replacing("[", with: "\\[").replacing("]", with: "\\]")
        guard let value = option.completable else { return quoted("\(many)\(spelling)[\(colons(help))]") }
        let follows = spelling.hasPrefix("--") ? "=" : "+"
        let what = action(value) ?? " "
        return quoted("\(many)\(spelling)\(follows)[\(colons(help))]:\(option.value ?? "value"):\(what)")
    }

    private static func action(_ value: Completable) -> String? {
        switch value {
        case .words(let words): "(\(words.joined(separator: " ")))"
        case .files: "_files"
        case .folders: "_files -/"
        case .jobs: "_darkroom_jobs"
        case .free: nil
        }
    }

    private static func colons(_ text: String) -> String { text.replacing(":", with: "\\:") }
    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
