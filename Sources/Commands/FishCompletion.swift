/// Completion for fish, from the table of verbs.
enum FishCompletion {
    static func script(_ verbs: [Verb]) -> String {
        """
        # fish completion for darkroom
        # Made by `darkroom completion fish`; samples/generate makes it anew.

        function __darkroom_verb --description 'whether the verb is one of these'
            set --local words (commandline --tokenize --cut-at-cursor --current-process)
            test (count $words) -gt 1; and contains -- $words[2] $argv
        end

        function __darkroom_at --description 'whether so many words stand before the cursor'
            test (count (commandline --tokenize --cut-at-cursor --current-process)) -eq $argv[1]
        end

        function __darkroom_jobs
            set --local words (commandline --tokenize --cut-at-cursor --current-process)
            set --local where
            for at in (seq (count $words))
                if contains -- $words[$at] --spool --config
                    set --append where $words[$at] $words[(math $at + 1)]
                end
            end
            darkroom jobs --limit 200 $where 2>/dev/null | sed -n '2,$s/ .*//p'
        end

        complete -c darkroom -f
        complete -c darkroom -n '__darkroom_at 1' -l help -d 'show the verbs'
        complete -c darkroom -n '__darkroom_at 1' -l version -d 'show the version'
        complete -c darkroom -n '__darkroom_at 1' -a help -d 'show the verbs, or one verb'
        \(verbs.map { "complete -c darkroom -n '__darkroom_at 1' -a \($0.name) -d \(quoted($0.summary))" }
            .joined(separator: "\n"))

        \(verbs.flatMap(lines).joined(separator: "\n"))

        """
    }

    private static func lines(_ verb: Verb) -> [String] {
        let start = "complete -c darkroom -n '__darkroom_verb \(verb.name)"
        var lines = verb.allOptions.map { option in
            let short = option.spellings.count > 1 ? " -s o" : ""
            return "\(start)'\(short) -l \(option.name.dropFirst(2)) -d \(quoted(option.help))"
                + (option.completable.map { action($0, isValue: true) } ?? "")
        }
        if !verb.choices.isEmpty {
            lines.append("\(start); and __darkroom_at 2'" + action(.words(verb.choices), isValue: false))
        }
        if verb.completableWords != .free { lines.append("\(start)'" + action(verb.completableWords, isValue: false)) }
        return lines
    }

    private static func action(_ value: Completable, isValue: Bool) -> String {
        switch value {
        case .words(let words): (isValue ? " -x" : "") + " -a '\(words.joined(separator: " "))'"
        case .files: isValue ? " -r -F" : " -F"
        case .folders: " -x -a '(__fish_complete_directories)'"
        case .jobs: (isValue ? " -x" : "") + " -a '(__darkroom_jobs)'"
        case .free: isValue ? " -x" : ""
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
