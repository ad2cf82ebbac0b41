import Domain

/// Help texts, made from the table of verbs.
enum Help {
    static func overview(_ verbs: [Verb]) -> String {
        let width = verbs.map(\.name.count).max() ?? 0
        let lines = verbs.map { verb in
            "  " + verb.name + String(repeating: " ", count: width - verb.name.count + 2) + verb.summary
        }
        return """
            Darkroom \(Product.version): a spool daemon for AI pictures.
            Drop a prompt, with or without reference pictures, into a folder; a 4K picture comes back.

            usage: darkroom VERB [OPTIONS] [WORDS]

            \(lines.joined(separator: "\n"))

            darkroom VERB --help shows a verb's options and examples; darkroom help --man prints the manual page.
            First picture, no key, no network:
              darkroom submit --spool /tmp/spool --prompt "a lighthouse at dusk" && darkroom drain --spool /tmp/spool

            """
    }

    /// Lines of at most 100 columns.
    private static func folded(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines.removeLast()
            lines +=
                line.isEmpty
                ? [String(word)] : line.count + word.count < 100 ? ["\(line) \(word)"] : [line, String(word)]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func text(_ verb: Verb) -> String {
        let left = verb.allOptions.map { option in
            // The one short form there is.
            (option.name == "--output" ? "-o, " : "") + option.name + (option.value.map { " " + $0 } ?? "")
        }
        let width = left.map(\.count).max() ?? 0
        let lines = zip(left, verb.allOptions).map { name, option in
            "  " + name + String(repeating: " ", count: width - name.count + 2) + option.help
                + (option.repeats ? " (may be repeated)" : "")
        }
        let words = verb.arguments.isEmpty ? "" : " " + verb.arguments
        var text = "darkroom \(verb.name): \(verb.summary)\n\nusage: darkroom \(verb.name) [OPTIONS]\(words)\n\n"
        text += lines.joined(separator: "\n") + "\n"
        text += verb.notes.map { "\n" + folded($0) }.joined()
        if !verb.examples.isEmpty {
            text += "\nexamples:\n" + verb.examples.map { "  " + $0 }.joined(separator: "\n") + "\n"
        }
        return text
    }
}
