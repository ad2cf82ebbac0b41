import Domain

/// Help texts, made from the table of verbs.
enum Help {
    static func overview(_ verbs: [Verb]) -> String {
        func folded(_ text: String) -> String { Console.folded(text, width: width).joined(separator: "\n") }
        let lines = Console.table(verbs.map { ["  " + $0.name, $0.summary] })
        return """
            Darkroom \(Product.version): a spool daemon for AI pictures.
            \(folded("Drop a prompt, with or without reference pictures, into a folder; a 4K picture comes back."))

            usage: darkroom VERB [OPTIONS] [WORDS]

            \(lines)
            \(folded("darkroom VERB --help shows a verb's options and examples; darkroom help --man prints the manual page."))
            First picture, no key, no network:
              darkroom submit --spool /tmp/spool --prompt "a lighthouse at dusk" && darkroom drain --spool /tmp/spool

            """
    }

    /// Of the terminal; a file's lines are as long as they are.
    private static var width: Int { Console.isTerminal(1) ? Console.columns(1) : .max }

    static func text(_ verb: Verb) -> String {
        let lines = verb.allOptions.map { option in
            [
                "  " + option.spellings.joined(separator: ", ") + (option.value.map { " " + $0 } ?? ""),
                option.help + (option.repeats ? " (may be repeated)" : ""),
            ]
        }
        let words = verb.arguments.isEmpty ? "" : " " + verb.arguments
        let heading = Console.folded("darkroom \(verb.name): \(verb.summary)", width: width).joined(separator: "\n")
        var text = "\(heading)\n\nusage: darkroom \(verb.name) [OPTIONS]\(words)\n\n"
        text += Console.table(lines)
        text += verb.notes.map { "\n" + Console.folded($0, width: min(100, width)).joined(separator: "\n") + "\n" }
            .joined()
        if !verb.examples.isEmpty {
            text += "\nexamples:\n" + verb.examples.map { "  " + $0 }.joined(separator: "\n") + "\n"
        }
        return text
    }
}
