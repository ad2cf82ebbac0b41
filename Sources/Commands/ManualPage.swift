import Domain

/// The manual page darkroom(1), from the table of verbs (man(7)).
enum ManualPage {
    /// When what the page says last changed by hand; what comes from the table changes with it.
    private static let date = "2026-11-22"

    static func page(_ verbs: [Verb]) -> String {
        let common = [Option.config, .spool, .help]
        return """
            .\\" Made by `darkroom help --man`; samples/generate makes it anew.
            .TH DARKROOM 1 \(date) "Darkroom \(Product.version)" "User Commands"
            .SH NAME
            darkroom \\- a spool daemon for AI pictures
            .SH SYNOPSIS
            .B darkroom
            .I VERB
            .RI [ OPTIONS ]
            .RI [ WORDS ]
            .br
            .B darkroom help
            .RI [ VERB ]
            .SH DESCRIPTION
            A prompt, with or without reference pictures, is dropped into a folder.
            .B darkroom run
            takes everything but the pixels out of the references, calls a model
            service once, enlarges the answer to 4K, marks it as made by a machine, and
            puts picture and a document about it into another folder.
            It keeps a ledger of what was asked and paid, goes on where it was after a
            crash, and deletes prompts and references by a deadline of at most 24 hours.
            .PP
            Without a configuration file jobs go to a simulator on this machine, which
            needs no key and no network.
            All verbs but
            .B run
            and
            .B drain
            work beside a running daemon.
            Results go to standard output, remarks to standard error.
            .SH OPTIONS OF EVERY VERB
            \(common.map(option).joined(separator: "\n"))
            .SH VERBS
            \(verbs.map(verb).joined(separator: "\n"))
            .SH EXIT STATUS
            \(ExitCode.allCases.map { ".TP\n.B \($0.rawValue)\n\(sentence($0.meaning))" }.joined(separator: "\n"))
            .SH SIGNALS
            .TP
            .BR SIGTERM ", " SIGINT
            .B run
            and
            .B drain
            take up nothing new, await paid calls under way for 75 seconds, and end.
            A second one ends them now: what was being paid for is then held, and never
            paid for again by itself.
            .SH ENVIRONMENT
            .TP
            .B DARKROOM_CONFIG
            The configuration, where
            .B \\-\\-config
            names none.
            .TP
            .B CREDENTIALS_DIRECTORY
            Where keys named by
            .I credential
            are read from; systemd sets it (systemd.exec(5),
            .IR LoadCredential= ).
            .TP
            .B NO_COLOR
            No colour, also on a terminal.
            .TP
            .BR NOTIFY_SOCKET ", " WATCHDOG_USEC
            Whom
            .B run
            tells that it is ready, how it goes, and that it lives (sd_notify(3));
            systemd sets them.
            .SH FILES
            .TP
            .I /etc/darkroom/darkroom.json5
            The configuration, where nothing else is named.
            .TP
            .I /var/lib/darkroom
            The spool, unless another one is configured.
            .TP
            .I SPOOL/inbox
            The only place that others write to: folders, prompts and manifests are handed
            over by renaming them in.
            .TP
            .IR SPOOL/done ", " SPOOL/failed ", " SPOOL/held
            One folder for each settled job, complete from the moment it is there.
            .TP
            .I SPOOL/.darkroom
            Private: ledger, audit log, sealed work files and their keys.
            .SH SEE ALSO
            .BR systemd.exec (5),
            .BR age (1)

            """
    }

    private static func verb(_ verb: Verb) -> String {
        var text = ".SS \(prose(verb.name))\n.B darkroom \(literal(verb.name))\n.RI [ OPTIONS ]\n"
        if !verb.arguments.isEmpty { text += ".I \(literal(verb.arguments))\n" }
        text += ".PP\n\(sentence(verb.summary))\n"
        text += verb.options.map { option($0) + "\n" }.joined()
        text += verb.notes.map { ".PP\n\(folded(prose($0)))\n" }.joined()
        if !verb.examples.isEmpty {
            text += ".PP\n.EX\n" + verb.examples.map { "    " + literal($0) + "\n" }.joined() + ".EE\n"
        }
        return String(text.dropLast())
    }

    private static func option(_ option: Option) -> String {
        let names = option.spellings.map { "\\fB\(literal($0))\\fR" }.joined(separator: ", ")
        let value = option.value.map { " \\fI\(literal($0))\\fR" } ?? ""
        return ".TP\n\(names)\(value)\n\(sentence(option.help + (option.repeats ? " (may be repeated)" : "")))"
    }

    /// Begins with a capital and ends with a full stop.
    private static func sentence(_ text: String) -> String {
        let ends = text.hasSuffix(".") || text.hasSuffix("!")
        return folded(prose(text.prefix(1).uppercased() + text.dropFirst() + (ends ? "" : ".")))
    }

    /// Lines of at most 80 bytes; none begins as a request does.
    private static func folded(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines.removeLast()
            let isSafe = word.first != "." && word.first != "'"
            if line.isEmpty {
                lines.append(String(word))
            } else if line.utf8.count + word.utf8.count < 80 || !isSafe {
                lines.append("\(line) \(word)")
            } else {
                lines += [line, String(word)]
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Words that are read: a hyphen stays one, but for those that begin options.
    private static func prose(_ text: String) -> String {
        escaped(text).replacing("--", with: "\\-\\-")
    }

    /// Words that are typed.
    private static func literal(_ text: String) -> String { escaped(text).replacing("-", with: "\\-") }

    private static func escaped(_ text: String) -> String {
        let safe = text.replacing("\\", with: "\\e").replacing("'", with: "\\(aq").replacing("`", with: "\\(ga")
            .replacing("^", with: "\\(ha").replacing("~", with: "\\(ti").replacing("…", with: "\\|.\\|.\\|.")
            .replacing("×", with: "\\(mu")
        // A line that begins so would be a request.
        return safe.hasPrefix(".") ? "\\&" + safe : safe
    }
}
