import Documents

/// A file in `requests/`, as its reader takes it.
enum RequestSchema {
    static let verbs = [
        "export", "erase", "restrict", "unrestrict", "amend", "object", "hold", "suspend", "resume", "show",
    ]
    static let causes = ["request", "minor", "consent", "account", "legal", "error"]
    static let purposes = ["statistics", "history", "gallery", "consent"]

    static let body = Shape.closed(
        "What is asked for a subject: the options of `darkroom subject`.", required: ["verb", "subject"],
        [
            "verb": Shape.choice("What is asked for.", verbs),
            "subject": Shape.text("Whose data it is.", "^[A-Za-z0-9._:@-]{1,128}$"),
            "reason": Shape.text(
                "erase: one of \(causes.joined(separator: ", ")); hold: a short public label.",
                "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"),
            "expires": Shape.text("hold: its end, a duration or a day."),
            "job": Shape.text("hold: only this job's outputs."), "end": Shape.text("hold: ends this one."),
            "purpose": Shape.choice("object: to what.", purposes),
            "withdraw": Shape.flag("object: takes the objection back."),
            "set": Shape.map(
                "amend: label, contact, preferences.NAME; an empty text takes a field out.",
                of: Shape.text("What it is to say.", atMost: 1000)),
        ])
}
