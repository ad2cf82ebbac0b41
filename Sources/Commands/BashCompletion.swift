/// Completion for bash, from the table of verbs.
enum BashCompletion {
    static func script(_ verbs: [Verb]) -> String {
        let names = verbs.map(\.name).joined(separator: " ")
        return """
            # bash completion for darkroom -*- shell-script -*-
            # Made by `darkroom completion bash`; samples/generate makes it anew.

            _darkroom_jobs() {
                local at where=()
                for ((at = 2; at < COMP_CWORD; at++)); do
                    case ${COMP_WORDS[at]} in
                    --spool | --config) where+=("${COMP_WORDS[at]}" "${COMP_WORDS[at + 1]}") ;;
                    esac
                done
                "${COMP_WORDS[0]}" jobs --limit 200 "${where[@]}" 2>/dev/null | sed -n '2,$s/ .*//p'
            }

            _darkroom() {
                local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} first=2
                COMPREPLY=()
                # --option=value comes as three words.
                if [[ $current == = ]]; then
                    current=
                elif [[ $before == = ]]; then
                    before=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                if ((COMP_CWORD == 1)); then
                    mapfile -t COMPREPLY < <(compgen -W "\(names) help --help --version" -- "$current")
                    return
                fi
                case $verb:$before in
            \(verbs.flatMap(values).joined(separator: "\n"))
                esac
                if [[ $current == -* ]]; then
                    case $verb in
            \(verbs.map(options).joined(separator: "\n"))
                    esac
                    return
                fi
                case $verb in
            \(verbs.compactMap(words).joined(separator: "\n"))
                esac
            }

            complete -F _darkroom darkroom

            """
    }

    private static func values(_ verb: Verb) -> [String] {
        verb.allOptions.compactMap { option in
            guard let value = option.completable else { return nil }
            let places = option.spellings.map { "\(verb.name):\($0)" }.joined(separator: " | ")
            return "    \(places)) \(reply(value)); return ;;"
        }
    }

    private static func options(_ verb: Verb) -> String {
        let names = verb.allOptions.flatMap(\.spellings).joined(separator: " ")
        return "        \(verb.name)) \(reply(.words(names.split(separator: " ").map(String.init)))) ;;"
    }

    private static func words(_ verb: Verb) -> String? {
        var lines: [String] = []
        if !verb.choices.isEmpty { lines.append("((COMP_CWORD == first)) && \(reply(.words(verb.choices)))") }
        if verb.completableWords != .free {
            lines.append((verb.choices.isEmpty ? "" : "((COMP_CWORD > first)) && ") + reply(verb.completableWords))
        }
        return lines.isEmpty ? nil : "    \(verb.name)) " + lines.joined(separator: "; ") + " ;;"
    }

    private static func reply(_ value: Completable) -> String {
        let made =
            switch value {
            case .words(let words): "compgen -W \"\(words.joined(separator: " "))\" -- \"$current\""
            case .files: "compgen -f -- \"$current\""
            case .folders: "compgen -d -- \"$current\""
            case .jobs: "compgen -W \"$(_darkroom_jobs)\" -- \"$current\""
            case .free: ""
            }
        guard !made.isEmpty else { return ":" }
        let names = value == .files || value == .folders ? "; compopt -o filenames" : ""
        return "{ mapfile -t COMPREPLY < <(\(made))\(names); }"
    }
}
